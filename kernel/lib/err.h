/*
 * Errors in pointers. A function that returns a pointer returns NULL only for "out of memory"; any
 * other error is a small negative number in the last page of the address space, which is never mapped.
 */
#pragma once

#include "lib/compiler.h"
#include "lib/errno.h"

#define MAX_ERRNO 4095

/* The pointer that carries `err`, a value in -MAX_ERRNO..-1. */
static inline void *
ERR_PTR(long err)
{
	return (void *)(uintptr_t)err;
}

/* The error that `ptr` carries; meaningful only if IS_ERR(ptr). */
static inline long
PTR_ERR(const void *ptr)
{
	return (long)(uintptr_t)ptr;
}

static inline bool
IS_ERR(const void *ptr)
{
	return unlikely((uintptr_t)ptr >= (uintptr_t)-MAX_ERRNO);
}

static inline bool
IS_ERR_OR_NULL(const void *ptr)
{
	return unlikely(!ptr) || IS_ERR(ptr);
}

/* 0 if `ptr` is usable, else the error it stands for: NULL is -ENOMEM. */
static inline int
err_or_null_to_errno(const void *ptr)
{
	if (!ptr)
		return -ENOMEM;
	return IS_ERR(ptr) ? (int)PTR_ERR(ptr) : 0;
}
