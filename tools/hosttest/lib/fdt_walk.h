/* Calls every function of the tree reader on everything in a tree; for trees that may be damaged. */
#pragma once

#include "lib/fdt.h"

/* Returns how many nodes it saw. Aborts if the functions contradict each other. */
unsigned fdt_walk_all(const struct fdt *fdt);
