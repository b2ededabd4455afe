/* swapon --show: /proc/swaps in the columns of util-linux. */

#include "swapon.h"

#include <cmd_swap.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum column { NAME, TYPE, SIZE, USED, PRIO, UUID, LABEL, NR_COLUMNS };

#define NR_BY_DEFAULT 5
#define MAX_CHOSEN    16

static const char *const names[] = {"NAME", "TYPE", "SIZE", "USED", "PRIO", "UUID", "LABEL"};

static enum column chosen[MAX_CHOSEN] = {NAME, TYPE, SIZE, USED, PRIO};
static int nr_chosen = NR_BY_DEFAULT;

static void
columns_choose(const char *list)
{
	char *copy = strdup(list), *word, *rest;

	if (!copy)
		err(1, "strdup");
	nr_chosen = 0;
	for (word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		enum column column = 0;

		while (column < NR_COLUMNS && strcasecmp(word, names[column]) != 0)
			column++;
		if (column == NR_COLUMNS)
			errx(1, "unknown column: %s", word);
		if (nr_chosen == MAX_CHOSEN)
			errx(1, "too many columns");
		chosen[nr_chosen++] = column;
	}
	free(copy);
}

/* The text in memory of its own; what would spoil the table, in raw ones also blanks, is written as \xHH. */
static char *
escaped(const char *text, bool raw)
{
	char *copy = malloc(4 * strlen(text) + 1), *to = copy;

	if (!copy)
		err(1, "malloc");
	for (; *text; text++) {
		unsigned char c = *text;

		if (c < ' ' || c == 0x7f || (raw && (c == ' ' || c == '\\')))
			to += sprintf(to, "\\x%02x", c);
		else
			*to++ = (char)c;
	}
	*to = '\0';
	return copy;
}

static char *
cell(const struct swap_use *use, enum column column, const struct table_style *style)
{
	char text[UUID_TEXT_BYTES + SIZE_TEXT_BYTES] = "";
	unsigned long long bytes = column == SIZE ? use->bytes : use->used_bytes;
	struct swap_header header = {0};

	if (column == NAME || column == TYPE)
		return escaped(column == NAME ? use->name : use->type, style->raw);
	if (column == PRIO)
		snprintf(text, sizeof(text), "%d", use->priority);
	else if (column == SIZE || column == USED)
		style->bytes ? (void)snprintf(text, sizeof(text), "%llu", bytes)
			     : (void)size_text(bytes, false, text);
	else if (swap_header_read(use->name, &header) && column == UUID)
		uuid_text(header.uuid, text);
	else
		snprintf(text, sizeof(text), "%.*s", SWAP_LABEL_BYTES, header.label);
	return escaped(text, style->raw);
}

static void
row_show(char **cells, const size_t *widths, const struct table_style *style)
{
	for (int i = 0; i < nr_chosen; i++) {
		bool number = chosen[i] >= SIZE && chosen[i] <= PRIO;
		int width = (int)(style->raw ? 0 : widths[i]);

		if (!number)
			width = i + 1 < nr_chosen ? -width : 0;
		printf("%s%*s", i ? " " : "", width, cells[i]);
	}
	putchar('\n');
}

static void
rows_show(char *(*rows)[MAX_CHOSEN], int nr_rows, const struct table_style *style)
{
	size_t widths[MAX_CHOSEN] = {0};
	int first = style->no_headings;

	for (int row = first; row < nr_rows; row++)
		for (int i = 0; i < nr_chosen; i++)
			if (strlen(rows[row][i]) > widths[i])
				widths[i] = strlen(rows[row][i]);
	for (int row = first; row < nr_rows; row++)
		row_show(rows[row], widths, style);
}

void
table_show(const struct table_style *style)
{
	char *(*rows)[MAX_CHOSEN];
	struct swap_uses uses;

	if (style->columns && *style->columns)
		columns_choose(style->columns);
	swap_uses_read(&uses);
	if (uses.nr == 0)
		return;
	rows = calloc(uses.nr + 1, sizeof(*rows));
	if (!rows)
		err(1, "calloc");
	for (int i = 0; i < nr_chosen; i++) {
		rows[0][i] = (char *)names[chosen[i]];
		for (int row = 0; row < uses.nr; row++)
			rows[row + 1][i] = cell(&uses.list[row], chosen[i], style);
	}
	rows_show(rows, uses.nr + 1, style);
}
