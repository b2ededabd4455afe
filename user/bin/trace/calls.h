/* What trace knows of system calls. */
#pragma once

#include "record.h"

struct call {
	const char *name;
	const char *args; /* a letter for each: show.c */
	char result;	  /* likewise; 0 for a plain number */
};

/* => NULL for a call that is not in the table */
const struct call *call_find(uint64_t number);

/* The line of a call, without its result, on standard output or where text_open() said. */
void call_show(const struct record *record);
void result_show(const struct record *record);

/* A signal's name without SIG, an error's name; "?" when unknown. */
const char *signal_name(uint64_t sig);
const char *errno_name(int error);

/* Names of bits or of one value (names.c), printed by show.c. */
struct name {
	uint64_t value;
	const char *text;
};
struct name_set {
	char letter;
	uint64_t one_of; /* these bits are one number; the others are flags */
	const struct name *names;
};
const struct name_set *name_set_find(char letter);
