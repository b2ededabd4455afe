/* POSIX path splitting; both may change their argument. */
#pragma once

char *dirname(char *path);
