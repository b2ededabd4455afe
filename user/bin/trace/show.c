/*
 * One call as text. What an argument is, is said by a letter:
 *
 *	d l u x o   a number: int, long, unsigned, hexadecimal, octal
 *	p           an address
 *	D           a directory's descriptor
 *	s S         a string that the call reads, or has written
 *	b B         bytes that the call reads (the next argument counts them) or wrote (the result does)
 *	v           execve's list of strings
 *	i           struct stat that was written
 *	t n         struct timespec that is read, or was written
 *	L           struct rlimit, before the call
 *	m           set of signals, before the call
 *	g           a signal
 *	1 2         an int, or two, that were written
 *	others      names: names.c
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"

#define STRING_SHOWN 32

extern FILE *output;

const void *
record_chunk(const struct record *record, unsigned arg, int after, unsigned *bytes)
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

static void
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

/* `nr_shown` of the bytes in quotes, and dots if there are more. */
static void
bytes_show(const unsigned char *bytes, unsigned nr_shown, int more)
{
	fputc('"', output);
	for (unsigned i = 0; i < nr_shown; i++)
		character_show(bytes[i]);
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
	bytes_show((const unsigned char *)text, length, length == bytes);
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
	const char *text = record_chunk(record, arg, 1, &bytes), *end = text + bytes;

	if (!text) {
		address_show(record->args[arg]);
		return;
	}
	fputc('[', output);
	for (const char *next = text; next < end; next += strlen(next) + 1) {
		if (next > text)
			fputs(", ", output);
		bytes_show((const unsigned char *)next, strlen(next), 0);
	}
	fputc(']', output);
}

static const char *
file_type(uint32_t mode)
{
	static const char *const names[] = {"0",       "S_IFIFO", "S_IFCHR", "3",	"S_IFDIR",
					    "5",       "S_IFBLK", "7",	     "S_IFREG", "9",
					    "S_IFLNK", "11",	  "S_IFSOCK"};
	uint32_t type = mode >> 12;

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "?";
}

static void
stat_show(const struct stat *st)
{
	fprintf(output, "{st_mode=%s|0%o, st_size=%ld}", file_type(st->st_mode),
		st->st_mode & 07777, (long)st->st_size);
}

static void
set_show(uint64_t set)
{
	const char *separator = "";

	fputc('[', output);
	for (int sig = 1; sig <= 64; sig++) {
		if (!(set >> (sig - 1) & 1))
			continue;
		fprintf(output, "%s%s", separator, signal_name(sig));
		separator = " ";
	}
	fputc(']', output);
}

/* A structure: its bytes as the letter says, or only its address. */
static void
structure_show(const struct record *record, unsigned arg, char letter)
{
	int after = strchr("in12", letter) != NULL;
	uint64_t words[8] = {0};
	unsigned bytes;
	const void *data = record_chunk(record, arg, after, &bytes);
	int numbers[2];

	if (!data || bytes < (letter == 'i' ? 56 : letter == 'm' ? 8 : letter == '1' ? 4 : 8)) {
		address_show(record->args[arg]);
		return;
	}
	memcpy(words, data, bytes < sizeof(words) ? bytes : sizeof(words));
	memcpy(numbers, words, sizeof(numbers));
	if (letter == 'i')
		stat_show((const struct stat *)words);
	else if (letter == 'm')
		set_show(words[0]);
	else if (letter == '1')
		fprintf(output, "[0x%x]", numbers[0]);
	else if (letter == '2')
		fprintf(output, "[%d, %d]", numbers[0], numbers[1]);
	else if (letter == 'L')
		fprintf(output, "{rlim_cur=%ld, rlim_max=%ld}", words[0], words[1]);
	else
		fprintf(output, "{tv_sec=%ld, tv_nsec=%ld}", words[0], words[1]);
}

/* Names of a value, and what is left over as a number. */
static void
names_show(const struct name_set *set, uint64_t value)
{
	const char *separator = "";
	uint64_t left = value;

	for (const struct name *name = set->names; name->text; name++) {
		int is_number = !(name->value & ~set->one_of);

		if (is_number ? (value & set->one_of) != name->value
			      : (left & name->value) != name->value)
			continue;
		fprintf(output, "%s%s", separator, name->text);
		separator = "|";
		left &= ~(is_number ? set->one_of : name->value);
	}
	if (left || !*separator)
		fprintf(output, left > 9 ? "%s0x%lx" : "%s%lu", separator, left);
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
		fprintf(output, "SIG%s", signal_name(value));
	else if (letter == 'D' && (int)value == AT_FDCWD)
		fputs("AT_FDCWD", output);
	else if (letter == 'D')
		fprintf(output, "%d", (int)value);
	else if (letter == 'p')
		address_show(value);
	else if (set)
		names_show(set, value);
	else
		fprintf(output, "0x%lx", value);
}

static void
argument_show(const struct record *record, unsigned arg, char letter)
{
	switch (letter) {
	case 's':
		string_show(record, arg, 0);
		break;
	case 'S':
		string_show(record, arg, 1);
		break;
	case 'b':
		buffer_show(record, arg, 0, record->args[arg + 1]);
		break;
	case 'B':
		buffer_show(record, arg, 1, record->result);
		break;
	case 'v':
		list_show(record, arg);
		break;
	case 'i':
	case 't':
	case 'n':
	case 'L':
	case 'm':
	case '1':
	case '2':
		structure_show(record, arg, letter);
		break;
	default:
		number_show(letter, record->args[arg]);
	}
}

void
call_show(const struct record *record)
{
	const struct call *call = call_find(record->number);
	const char *args = call ? call->args : "xxxxxx";
	unsigned nr_args = strlen(args);

	/* A mode is looked at by an open that may create alone. */
	if (call && strcmp(call->name, "openat") == 0 && !(record->args[2] & O_CREAT))
		nr_args--;
	if (call)
		fprintf(output, "%s(", call->name);
	else
		fprintf(output, "syscall_%lu(", record->number);
	for (unsigned i = 0; i < nr_args; i++) {
		if (i > 0)
			fputs(", ", output);
		argument_show(record, i, args[i]);
	}
	fputc(')', output);
}

void
result_show(const struct record *record)
{
	const struct call *call = call_find(record->number);
	int64_t result = record->result;

	if (record->kind == RECORD_NO_RETURN)
		fputs(" = ?\n", output);
	else if (result <= -512 && result >= -516)
		fprintf(output, " = ? %s\n", errno_name(-result));
	else if (result < 0 && result > -4096)
		fprintf(output, " = -1 %s (%s)\n", errno_name(-result), strerror(-result));
	else if (call && call->result == 'x')
		fprintf(output, " = 0x%lx\n", result);
	else
		fprintf(output, " = %ld\n", result);
}
