#pragma once

/* Waiting for children: wait4(2) and waitid(2). */

#include "proc/process.h"

#define WNOHANG	   0x00000001U
#define WUNTRACED  0x00000002U /* of waitid: WSTOPPED */
#define WEXITED	   0x00000004U
#define WCONTINUED 0x00000008U
#define WNOWAIT	   0x01000000U

#define WNOTHREAD 0x20000000U /* ignored: every thread may wait for all children of the process */
#define WALL	  0x40000000U
#define WCLONE \
	0x80000000U /* the children whose end is not told by SIGCHLD, instead of the others */

#define WAIT_FLAGS_WHOM (WNOTHREAD | WALL | WCLONE)

struct wait_request {
	s32 pid;     /* this child; 0: any */
	s32 pgid;    /* any child of this group; 0: any */
	u32 options; /* what is waited for: WEXITED, WUNTRACED, WCONTINUED; WNOHANG, WNOWAIT; whom */
};

struct wait_result {
	s32 pid;    /* 0: WNOHANG, and nothing has happened */
	u32 status; /* as wait4 reports it */
	struct process_usage usage;
};

/* => 0; -ECHILD when there is no such child, -ERESTARTSYS */
int process_wait(const struct wait_request *request, struct wait_result *result);
