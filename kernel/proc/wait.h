#pragma once

/* Waiting for children: wait4(2) and waitid(2). */

#include "proc/process.h"

#define WNOHANG	   0x00000001U
#define WUNTRACED  0x00000002U /* of waitid: WSTOPPED */
#define WEXITED	   0x00000004U
#define WCONTINUED 0x00000008U
#define WNOWAIT	   0x01000000U

#define WAIT_FLAGS_IGNORED 0xe0000000U /* __WNOTHREAD, __WALL, __WCLONE: all children are alike */

struct wait_request {
	s32 pid;     /* this child; 0: any */
	s32 pgid;    /* any child of this group; 0: any */
	u32 options; /* what is waited for: WEXITED, WUNTRACED, WCONTINUED; WNOHANG, WNOWAIT */
};

struct wait_result {
	s32 pid;    /* 0: WNOHANG, and nothing has happened */
	u32 status; /* as wait4 reports it */
	struct process_usage usage;
};

/* => 0; -ECHILD when there is no such child, -ERESTARTSYS */
int process_wait(const struct wait_request *request, struct wait_result *result);
