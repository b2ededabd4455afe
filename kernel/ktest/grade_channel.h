#pragma once

/*
 * Results of ktests for the grading harness, on the result channel beside the console (boot argument
 * ktest.channel; grading/harness/channel.py has the protocol).
 */

#include "lib/types.h"

/* Reads this run's nonce, when the boot arguments ask for it. May sleep. */
void grade_channel_open(void);

/* Tells whether a test passed; nothing when the channel is not open. May sleep. */
void grade_channel_tell(const char *test, bool passed);
