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

/* The record's call; without a name when it is not in the table. Some depend on their arguments. */
struct call call_of(const struct record *record);

/* The line of a call, without its result, on standard output or where text_open() said. */
void call_show(const struct record *record);
void result_show(const struct record *record);

/* An error's name; "?" when unknown. */
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
