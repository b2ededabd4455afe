/* The basic types. They mean the same on the kernel and on a 64-bit host, next to libc's headers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

typedef s64 ssize_t;
typedef s64 loff_t;
typedef s32 pid_t;

/* An address in a user program. Never cast to a pointer: only vm/usercopy.h and vm/uio.h use it. */
typedef u64 uva_t;
