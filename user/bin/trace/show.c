/*
 * One call as text. What an argument is, is said by a letter:
 *
 *	d l u x o   a number: int, long, unsigned, hexadecimal, octal
 *	p           an address
 *	D           a directory's descriptor
 *	s           a string
 *	b           bytes: the next argument counts those that the call reads, the result those written
 *	v           execve's list of strings
 *	g           a signal
 *	-           nothing: the call does not look at it
 *	others      structures (structures.c) and names (names.c)
 *
 * What lies behind an argument is shown as it was before the call; after a `>` as it was written, and
 * only by its address if the call failed; after a `=` as both.
 *
 * A result has a letter of the same list, or is a number: x o, names, and 7 for a poll.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "show.h"

#define STRING_SHOWN 32

int
record_is_failed(const struct record *record)
{
	return record->result < 0 && record->result > -4096;
}

static const void *
chunk_find(const struct record *record, unsigned arg, int after, unsigned *bytes)
{
	const unsigned char *at = record->chunks, *end = at + record->chunk_bytes;

	while (at + 4 <= end) {
		unsigned len = at[2] | at[3] << 8;

		if (at[0] == arg && at[1] == after) {
			*bytes = len;
			return at + 4;
		}
		at += 4 + (len + 1) / 2 * 2;
	}
	*bytes = 0;
	return NULL;
}

const void *
record_chunk(const struct record *record, unsigned arg, int after, unsigned *bytes)
{
	*bytes = 0;
	if (after && record_is_failed(record))
		return NULL;
	return chunk_find(record, arg, after, bytes);
}

void
address_show(uint64_t value)
{
	if (value)
		fprintf(output, "0x%lx", value);
	else
		fputs("NULL", output);
}

static void
character_show(unsigned char c)
{
	const char *special = strchr("\nn\tt\rr\"\"\\\\", c);

	if (special && c && (special - "\nn\tt\rr\"\"\\\\") % 2 == 0)
		fprintf(output, "\\%c", special[1]);
	else if (c >= ' ' && c < 0x7f)
		fputc(c, output);
	else
		fprintf(output, "\\%o", c);
}

void
bytes_show(const void *bytes, unsigned nr_shown, int more)
{
	const unsigned char *at = bytes;

	fputc('"', output);
	for (unsigned i = 0; i < nr_shown; i++)
		character_show(at[i]);
	fputs(more ? "\"..." : "\"", output);
}

static void
string_show(const struct record *record, unsigned arg, int after)
{
	unsigned bytes, length;
	const char *text = record_chunk(record, arg, after, &bytes);

	if (!text) {
		address_show(record->args[arg]);
		return;
	}
	length = strnlen(text, bytes);
	bytes_show(text, length, length == bytes);
}

static void
buffer_show(const struct record *record, unsigned arg, int after, int64_t length)
{
	unsigned bytes;
	const void *data = record_chunk(record, arg, after, &bytes);

	if (!data || length < 0) {
		address_show(record->args[arg]);
		return;
	}
	if (bytes > STRING_SHOWN)
		bytes = STRING_SHOWN;
	if (bytes > length)
		bytes = length;
	bytes_show(data, bytes, bytes < length);
}

static void
list_show(const struct record *record, unsigned arg)
{
	unsigned bytes;
	const char *text = chunk_find(record, arg, 1, &bytes), *end = text + bytes;

	if (!text) {
		address_show(record->args[arg]);
		return;
	}
	fputc('[', output);
	for (const char *next = text; next < end; next += strlen(next) + 1) {
		if (next > text)
			fputs(", ", output);
		bytes_show(next, strlen(next), 0);
	}
	fputc(']', output);
}

/* A name of no bits is that of the number 0. */
static int
name_is_meant(const struct name_set *set, const struct name *name, uint64_t value, uint64_t left)
{
	if (!name->value && !set->one_of)
		return !value;
	if (!(name->value & ~set->one_of))
		return (value & set->one_of) == name->value;
	return (left & name->value) == name->value;
}

static void
set_names_show(const struct name_set *set, uint64_t value)
{
	const char *separator = "";
	uint64_t left = value;

	for (const struct name *name = set->names; name->text; name++) {
		if (!name_is_meant(set, name, value, left))
			continue;
		fprintf(output, "%s%s", separator, name->text);
		separator = "|";
		left &= ~(name->value & ~set->one_of ? name->value : set->one_of);
	}
	if (left || !*separator)
		fprintf(output, left > 9 ? "%s0x%lx" : "%s%lu", separator, left);
}

void
names_show(char letter, uint64_t value)
{
	set_names_show(name_set_find(letter), value);
}

static void
number_show(char letter, uint64_t value)
{
	const struct name_set *set = name_set_find(letter);

	if (letter == 'd')
		fprintf(output, "%d", (int)value);
	else if (letter == 'l')
		fprintf(output, "%ld", value);
	else if (letter == 'u')
		fprintf(output, "%lu", value);
	else if (letter == 'o')
		fprintf(output, "0%o", (unsigned)value);
	else if (letter == 'g')
		signal_show(value);
	else if (letter == 'D' && (int)value == AT_FDCWD)
		fputs("AT_FDCWD", output);
	else if (letter == 'D')
		fprintf(output, "%d", (int)value);
	else if (letter == 'p')
		address_show(value);
	else if (set)
		set_names_show(set, value);
	else
		fprintf(output, "0x%lx", value);
}

static void
argument_show(const struct record *record, unsigned arg, char letter, int after)
{
	if (letter == 's')
		string_show(record, arg, after);
	else if (letter == 'b')
		buffer_show(record, arg, after,
			    after ? record->result : (int64_t)record->args[arg + 1]);
	else if (letter == 'v')
		list_show(record, arg);
	else if (!structure_show(record, arg, letter, after))
		number_show(letter, record->args[arg]);
}

/* The arguments that the letters tell of, with commas. */
static void
arguments_show(const struct record *record, const char *letters)
{
	const char *separator = "";

	for (unsigned arg = 0; *letters; arg++, letters++) {
		char mark = strchr(">=", *letters) ? *letters++ : 0;

		if (*letters == '-')
			continue;
		fputs(separator, output);
		separator = ", ";
		argument_show(record, arg, *letters, mark == '>');
		if (mark == '=' && record->args[arg] && !record_is_failed(record)) {
			fputs(" => ", output);
			argument_show(record, arg, *letters, 1);
		}
	}
}

void
call_show(const struct record *record)
{
	struct call call = call_of(record);

	if (call.name)
		fprintf(output, "%s(", call.name);
	else
		fprintf(output, "syscall_%lu(", record->number);
	arguments_show(record, call.args);
	fputc(')', output);
}

/* A result that is more than a number. */
static void
value_show(const struct record *record, char letter)
{
	uint64_t value = record->result;

	if (!letter || letter == '7')
		fprintf(output, " = %ld", record->result);
	else if (letter == 'o')
		fprintf(output, " = 0%lo", value);
	else
		fprintf(output, value ? " = 0x%lx" : " = %lu", value);
	if (letter == '7' && value)
		polled_show(record);
	else if (letter == '7')
		fputs(" (Timeout)", output);
	else if (letter == 'O' || (value && letter == '^')) {
		fputs(" (flags ", output);
		names_show(letter, value);
		fputc(')', output);
	}
	fputc('\n', output);
}

void
result_show(const struct record *record)
{
	int64_t result = record->result;

	if (record->kind == RECORD_NO_RETURN)
		fputs(" = ?\n", output);
	else if (result <= -512 && result >= -516)
		fprintf(output, " = ? %s\n", errno_name(-result));
	else if (record_is_failed(record))
		fprintf(output, " = -1 %s (%s)\n", errno_name(-result), strerror(-result));
	else
		value_show(record, call_of(record).result);
}
