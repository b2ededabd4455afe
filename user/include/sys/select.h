/* Waiting for descriptors, by bit sets. */
#pragma once

#include <sys/types.h>

#define FD_SETSIZE 1024

typedef struct {
	unsigned long bits[FD_SETSIZE / 64];
} fd_set;

#define FD_ZERO(set)	  ((void)(*(set) = (fd_set){{0}}))
#define FD_SET(fd, set)	  ((set)->bits[(fd) / 64] |= 1UL << (fd) % 64)
#define FD_CLR(fd, set)	  ((set)->bits[(fd) / 64] &= ~(1UL << (fd) % 64))
#define FD_ISSET(fd, set) ((set)->bits[(fd) / 64] >> (fd) % 64 & 1)

int select(int nfds, fd_set *restrict readfds, fd_set *restrict writefds,
	   fd_set *restrict exceptfds, struct timeval *restrict timeout);
