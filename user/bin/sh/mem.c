/* Allocation, growing strings, arenas. */
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES 4000

struct arena_block {
	struct arena_block *below;
	size_t used;
	size_t capacity;
	char data[] __attribute__((aligned(16)));
};

static void *
mem_check(void *block)
{
	if (!block) {
		dprintf(2, "sh: out of memory\n");
		_exit(2);
	}
	return block;
}

void *
mem_alloc(size_t bytes)
{
	return mem_check(malloc(bytes));
}

void *
mem_resize(void *block, size_t bytes)
{
	return mem_check(realloc(block, bytes));
}

char *
mem_copy(const char *text)
{
	return mem_check(strdup(text));
}

char *
mem_copy_n(const char *text, size_t n)
{
	return mem_check(strndup(text, n));
}

void
buf_add(struct strbuf *buf, const char *text, size_t n)
{
	if (buf->len + n + 1 > buf->capacity) {
		buf->capacity = (buf->len + n + 1) * 2;
		buf->text = mem_resize(buf->text, buf->capacity);
	}
	memcpy(buf->text + buf->len, text, n);
	buf->len += n;
	buf->text[buf->len] = '\0';
}

void
buf_puts(struct strbuf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_putc(struct strbuf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void
buf_free(struct strbuf *buf)
{
	free(buf->text);
	*buf = (struct strbuf){0};
}

void *
arena_alloc(struct arena *arena, size_t bytes)
{
	struct arena_block *block = arena->top;
	void *result;

	bytes = (bytes + 15) & ~(size_t)15;
	if (!block || block->capacity - block->used < bytes) {
		size_t capacity = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;

		block = mem_alloc(sizeof(*block) + capacity);
		block->below = arena->top;
		block->used = 0;
		block->capacity = capacity;
		arena->top = block;
	}
	result = block->data + block->used;
	block->used += bytes;
	return result;
}

char *
arena_copy_n(struct arena *arena, const char *text, size_t n)
{
	char *copy = arena_alloc(arena, n + 1);

	memcpy(copy, text, n);
	copy[n] = '\0';
	return copy;
}

char *
arena_copy(struct arena *arena, const char *text)
{
	return arena_copy_n(arena, text, strlen(text));
}

struct arena_mark
arena_mark(const struct arena *arena)
{
	return (struct arena_mark){arena->top, arena->top ? arena->top->used : 0};
}

void
arena_release(struct arena *arena, struct arena_mark mark)
{
	while (arena->top != mark.block) {
		struct arena_block *below = arena->top->below;

		free(arena->top);
		arena->top = below;
	}
	if (arena->top)
		arena->top->used = mark.used;
}

void
arena_free(struct arena *arena)
{
	arena_release(arena, (struct arena_mark){0});
}
