/*
 * A sparse array: index (any u64) -> entry (a pointer that is not NULL), with up to three marks per
 * entry by which entries can be found. The page cache, the swap cache and the process table are such.
 *
 * An entry is a pointer to something aligned to 2 or more, or a value of 63 bits (xa_mk_value), which
 * lives in the array without anything behind it. Loads cost one memory access per 6 bits of the highest
 * index used. The caller locks: shared for loads and finds, exclusive for the rest.
 */
#pragma once

#include "lib/compiler.h"

#define XA_SLOT_BITS 6
#define XA_SLOTS     (1 << XA_SLOT_BITS)

enum xa_mark {
	XA_MARK_0,
	XA_MARK_1,
	XA_MARK_2,
	XA_NR_MARKS,
	XA_PRESENT = XA_NR_MARKS, /* set by the array itself for every entry */
	XA_NR_BITMAPS,
};

struct xa_node {
	struct xa_node *parent;
	u8 shift;  /* slot = (index >> shift) % XA_SLOTS; 0 in a leaf */
	u8 offset; /* our slot in the parent; 0 in the root */
	void *slots[XA_SLOTS];
	u64 bits[XA_NR_BITMAPS]; /* which slots are present, or lead to something marked */
};

struct xarray {
	void *head;   /* height 0: the entry at index 0, or NULL; else the root node */
	u8 height;    /* levels of nodes */
	u8 head_bits; /* height 0: the bits of the entry, by enum xa_mark */
};

#define XARRAY_INIT        \
	{                  \
		NULL, 0, 0 \
	}

/*
 * The environment provides the memory of nodes. Alloc returns NULL if there is none; the contents do
 * not matter. Both are called with the caller's lock held: they may not sleep if it is a spinlock.
 */
struct xa_node *xa_node_alloc(void);
void xa_node_free(struct xa_node *node);

static inline void
xa_init(struct xarray *xa)
{
	*xa = (struct xarray)XARRAY_INIT;
}

static inline bool
xa_empty(const struct xarray *xa)
{
	return xa->head == NULL;
}

/* A number below 2^63 as an entry, and back. */
static inline void *
xa_mk_value(u64 value)
{
	return (void *)(uintptr_t)(value << 1 | 1);
}

static inline bool
xa_is_value(const void *entry)
{
	return (uintptr_t)entry & 1;
}

static inline u64
xa_to_value(const void *entry)
{
	return (uintptr_t)entry >> 1;
}

void *xa_load_deep(const struct xarray *xa, u64 index);

/* The entry at `index`, or NULL. */
static inline void *
xa_load(const struct xarray *xa, u64 index)
{
	if (xa->height == 1 && index < XA_SLOTS)
		return ((const struct xa_node *)xa->head)->slots[index];
	if (xa->height > 1)
		return xa_load_deep(xa, index);
	return xa->height == 0 && index == 0 ? xa->head : NULL;
}

/*
 * The entries (NULL for none) at `index` and behind it, as far as they lie in a row: *nr is how many,
 * at least 1. Returns NULL if these are all empty. Valid until the array is changed.
 */
void *const *xa_load_run(const struct xarray *xa, u64 index, unsigned *nr);

/*
 * Puts `entry` at `index`. What was there is replaced, keeping its marks; this never allocates. A new
 * entry has no marks. NULL erases. Returns 0, or -ENOMEM with nothing changed.
 */
int xa_store(struct xarray *xa, u64 index, void *entry) MUST_CHECK;

/* The same for an index that must be empty, else -EEXIST. `entry` is not NULL. */
int xa_insert(struct xarray *xa, u64 index, void *entry) MUST_CHECK;

/* Takes the entry with its marks out, and returns it (NULL if there was none). */
void *xa_erase(struct xarray *xa, u64 index);

/* The first entry at *index .. max, and *index set to where it is; NULL (and *index kept) if none. */
void *xa_find(const struct xarray *xa, u64 *index, u64 max);
/* The same, only entries with this mark. */
void *xa_find_marked(const struct xarray *xa, u64 *index, u64 max, enum xa_mark mark);
/* The same, beginning behind *index. */
void *xa_find_after(const struct xarray *xa, u64 *index, u64 max);
void *xa_find_marked_after(const struct xarray *xa, u64 *index, u64 max, enum xa_mark mark);

/* Marks belong to an entry: nothing happens, and get is false, where there is none. */
void xa_set_mark(struct xarray *xa, u64 index, enum xa_mark mark);
void xa_clear_mark(struct xarray *xa, u64 index, enum xa_mark mark);
bool xa_get_mark(const struct xarray *xa, u64 index, enum xa_mark mark);

/* Does any entry have this mark? Constant time. */
bool xa_is_marked(const struct xarray *xa, enum xa_mark mark);

/* Frees all nodes; the entries are the caller's business. The array is empty afterwards. */
void xa_destroy(struct xarray *xa);

/* Verifies the whole structure. Returns the number of entries, or -1 if something is wrong. */
ssize_t xa_check(const struct xarray *xa);

/* `index` is a u64 variable. The body may erase or store at `index`. */
#define xa_for_each(xa, index, entry)                                   \
	for (index = 0, entry = xa_find(xa, &index, UINT64_MAX); entry; \
	     entry = xa_find_after(xa, &index, UINT64_MAX))

#define xa_for_each_marked(xa, index, entry, mark)                                   \
	for (index = 0, entry = xa_find_marked(xa, &index, UINT64_MAX, mark); entry; \
	     entry = xa_find_marked_after(xa, &index, UINT64_MAX, mark))
