#pragma once

#include <stdint.h>

/* References that follow from the seed; the harness makes the same (grading/harness/replace.py). */
struct ref_string {
	unsigned nr_frames, nr_pages, nr_refs;
	unsigned first_word;
	unsigned nr_hot;    /* of the pages, or of a phase */
	unsigned phase_len; /* references */
	/* => the page of reference n, for which r was drawn */
	unsigned (*page_of)(const struct ref_string *string, unsigned n, uint64_t r);
};

/* Recorded memory for a string, not touched; there must be swap. */
uint64_t *record_start(const struct ref_string *string);

/* Uses its pages one after another. => how often one did not hold what was written there last */
uint64_t record_drive(const struct ref_string *string, uint64_t *at);

/* Faults of the recording so far. */
uint64_t record_faults(void);
