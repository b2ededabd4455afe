/* Redirections, and undoing them. */
#pragma once

#include "node.h"

/* Where the descriptors were before: a list in temporary memory. */
struct saved_fd;

/*
 * Does all redirections of the list. With saved, what they replace is kept there to be restored;
 * without, they are for good. -1 with a message when one fails; those before it stay done.
 */
int redirs_do(const struct redir *redirs, struct saved_fd **saved);

/* Puts the descriptors back. */
void redirs_undo(struct saved_fd *saved);

/* Makes the redirections permanent after all. */
void redirs_keep(struct saved_fd *saved);
