/* The kernel's, with the register variable of the current thread turned into a plain variable. */
#pragma once

#define register extern
#include_next "core/thread_info.h"
#undef register
