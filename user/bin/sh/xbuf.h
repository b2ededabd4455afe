/*
 * Text in the middle of an expansion: each character carries where it came from, which decides
 * whether it may split a field, and whether it may be a pattern character.
 */
#pragma once

#include "mem.h"

enum {
	X_QUOTED = 1, /* stands for itself */
	X_SPLIT = 2,  /* came from an expansion outside quotes: split at IFS */
	X_BREAK = 4,  /* no character: a field ends here (between the parameters of "$@") */
	X_EMPTY = 8,  /* no character: a quoted null string, so there is a field */
};

struct xbuf {
	struct strbuf text;
	struct strbuf flags;
};

void xbuf_putc(struct xbuf *buf, char c, int flags);
void xbuf_puts(struct xbuf *buf, const char *text, int flags);
void xbuf_free(struct xbuf *buf);

/* All characters in one temporary string; escaped: with backslashes before quoted ones. */
char *xbuf_string(const struct xbuf *buf, int escaped);

/* Appends the fields to the growing list: split, path names expanded, quotes removed. */
struct field_list {
	char **fields;
	int count;
	int capacity;
};

void xbuf_split(const struct xbuf *buf, struct field_list *list);
void field_add(struct field_list *list, char *field);
