/* Annotated text, and splitting it into fields. */
#include "xbuf.h"

#include <glob.h>
#include <string.h>

#include "shell.h"
#include "vars.h"

void
xbuf_putc(struct xbuf *buf, char c, int flags)
{
	buf_putc(&buf->text, c);
	buf_putc(&buf->flags, (char)flags);
}

void
xbuf_puts(struct xbuf *buf, const char *text, int flags)
{
	for (; *text; text++)
		xbuf_putc(buf, *text, flags);
}

void
xbuf_free(struct xbuf *buf)
{
	buf_free(&buf->text);
	buf_free(&buf->flags);
}

/* Characters that a backslash must protect in a pattern. */
static int
is_special(char c)
{
	return strchr("*?[]\\!-^", c) != NULL;
}

/* The part from start to end as a temporary string; a break is a blank. */
static char *
part_string(const struct xbuf *buf, size_t start, size_t end, int escaped)
{
	char *out = arena_alloc(&shell.temp, (end - start) * 2 + 1), *p = out;

	for (size_t i = start; i < end; i++) {
		int flags = buf->flags.text[i];

		if (flags & X_EMPTY)
			continue;
		if (escaped && flags & X_QUOTED && is_special(buf->text.text[i]))
			*p++ = '\\';
		*p++ = buf->text.text[i];
	}
	*p = '\0';
	return out;
}

char *
xbuf_string(const struct xbuf *buf, int escaped)
{
	return part_string(buf, 0, buf->text.len, escaped);
}

void
field_add(struct field_list *list, char *field)
{
	if (list->count == list->capacity) {
		int capacity = list->capacity ? list->capacity * 2 : 16;
		char **grown = arena_alloc(&shell.temp, (size_t)capacity * sizeof(*grown));

		if (list->count)
			memcpy(grown, list->fields, (size_t)list->count * sizeof(*grown));
		list->fields = grown;
		list->capacity = capacity;
	}
	list->fields[list->count++] = field;
}

/* Adds one field, or the path names that it matches when it is a pattern. */
static void
field_finish(const struct xbuf *buf, size_t start, size_t end, struct field_list *list)
{
	int magic = 0;
	glob_t paths;

	for (size_t i = start; i < end && !shell.noglob; i++)
		if (buf->flags.text[i] != X_QUOTED && strchr("*?[", buf->text.text[i]) &&
		    buf->text.text[i])
			magic = 1;
	if (!magic || glob(part_string(buf, start, end, 1), 0, NULL, &paths) != 0) {
		field_add(list, part_string(buf, start, end, 0));
		return;
	}
	for (size_t i = 0; i < paths.gl_pathc; i++)
		field_add(list, arena_copy(&shell.temp, paths.gl_pathv[i]));
	globfree(&paths);
}

/* How the character at i takes part in splitting. */
enum split { SPLIT_NO, SPLIT_BLANK, SPLIT_MARK, SPLIT_BREAK };

static enum split
split_of(const struct xbuf *buf, size_t i, const char *ifs)
{
	char c = buf->text.text[i];

	if (buf->flags.text[i] & X_BREAK)
		return SPLIT_BREAK;
	if (!(buf->flags.text[i] & X_SPLIT) || !c || !strchr(ifs, c))
		return SPLIT_NO;
	return c == ' ' || c == '\t' || c == '\n' ? SPLIT_BLANK : SPLIT_MARK;
}

/*
 * Blanks of IFS around fields vanish; each other character of IFS ends a field, even an empty
 * one. Breaks end a field always; an empty one there remains only if it was quoted (X_EMPTY).
 */
void
xbuf_split(const struct xbuf *buf, struct field_list *list)
{
	const char *ifs = var_get("IFS");
	size_t len = buf->text.len, i = 0, start;

	if (!ifs)
		ifs = " \t\n";
	while (i < len) {
		while (i < len && split_of(buf, i, ifs) == SPLIT_BLANK)
			i++;
		start = i;
		while (i < len && split_of(buf, i, ifs) == SPLIT_NO)
			i++;
		if (i > start || (i < len && split_of(buf, i, ifs) == SPLIT_MARK))
			field_finish(buf, start, i, list);
		while (i < len && split_of(buf, i, ifs) == SPLIT_BLANK)
			i++;
		if (i < len && split_of(buf, i, ifs) >= SPLIT_MARK)
			i++;
	}
}
