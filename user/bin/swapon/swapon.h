#pragma once

#include <stdbool.h>

struct table_style {
	const char *columns; /* names, apart by commas; NULL: those that are shown by default */
	bool bytes, raw, no_headings;
};

/* The areas in use, one a line; nothing when there is none. */
void table_show(const struct table_style *style);
