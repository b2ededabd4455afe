/* Memory of the shell: allocation that cannot fail, growing strings, arenas. */
#pragma once

#include <stddef.h>

/* As malloc and friends, but they end the shell with a message when there is no memory. */
void *mem_alloc(size_t bytes);
void *mem_resize(void *block, size_t bytes);
char *mem_copy(const char *text);
char *mem_copy_n(const char *text, size_t n);

/* A growing string; text is always terminated once something was added. */
struct strbuf {
	char *text;
	size_t len;
	size_t capacity;
};

void buf_add(struct strbuf *buf, const char *text, size_t n);
void buf_puts(struct strbuf *buf, const char *text);
void buf_putc(struct strbuf *buf, char c);
void buf_free(struct strbuf *buf);

/* Memory that is freed all at once, or back to a mark taken before. */
struct arena_block;

struct arena {
	struct arena_block *top;
};

struct arena_mark {
	struct arena_block *block;
	size_t used;
};

void *arena_alloc(struct arena *arena, size_t bytes);
char *arena_copy(struct arena *arena, const char *text);
char *arena_copy_n(struct arena *arena, const char *text, size_t n);
struct arena_mark arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, struct arena_mark mark);
void arena_free(struct arena *arena);
