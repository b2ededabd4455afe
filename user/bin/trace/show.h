/* How values are printed: the parts of call_show. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "record.h"

extern FILE *output;

/* NULL or a hexadecimal number. */
void address_show(uint64_t value);

/* `nr_shown` of the bytes in quotes, and dots if there are more. */
void bytes_show(const void *bytes, unsigned nr_shown, int more);

/* The names that a letter of names.c has for a value, and what is left over as a number. */
void names_show(char letter, uint64_t value);

/* A signal with SIG before it, and a set of signals (signals.c). */
void signal_show(uint64_t sig);
void set_show(uint64_t set);

/* The fields of a signal's information, in braces: some have an address, the others a sender. */
void signal_info_show(uint64_t sig, int code, int pid, int uid, uint64_t address,
		      const int *status);

/*
 * What argument `arg` points at, before the call or after it (structures.c).
 * => 0 when the letter is not a structure's
 */
int structure_show(const struct record *record, unsigned arg, char letter, int after);

/* The descriptors of a poll that something has happened to. */
void polled_show(const struct record *record);
