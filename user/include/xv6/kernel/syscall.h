/* The numbers are Linux's. */
#pragma once

#include <sys/syscall.h>
