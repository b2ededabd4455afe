/* Flags of open(), and of mmap() for course work that has it here; the values are the kernel's. */
#pragma once

#define O_RDONLY   00
#define O_WRONLY   01
#define O_RDWR	   02
#define O_CREATE   0100
#define O_TRUNC	   01000
#define O_APPEND   02000
#define O_NOFOLLOW 0400000

#define PROT_NONE  0
#define PROT_READ  1
#define PROT_WRITE 2
#define PROT_EXEC  4

#define MAP_SHARED  0x01
#define MAP_PRIVATE 0x02
