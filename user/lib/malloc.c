/*
 * The allocator: boundary tags over the break, mmap for large blocks.
 *
 *	chunk:  | prev_size | size+flags | payload ...            | (next chunk's prev_size)
 *	        ^ struct chunk            ^ what malloc returns
 *
 * Sizes are multiples of 16 and count the header. A chunk's size holds IN_USE and, when mapped on
 * its own, MAPPED. prev_size is always valid, so both neighbours of a chunk can be found and free
 * ones merged at once: no two free chunks are ever adjacent.
 *
 * Free chunks wait in bins: one for each size below 1 KiB, then four for each power of two. A
 * bitmap says which bins are not empty. Allocation takes the first fit from the smallest bin that
 * can serve, and splits it.
 *
 * The heap is a list of regions, each obtained from sbrk and closed by a fence: a chunk that is
 * never free. Others may move the break too; then the next region just begins further up. When
 * the break is ours to extend, the old fence becomes part of the new space.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALIGNMENT   16UL
#define HEADER	    16UL
#define CHUNK_MIN   32UL
#define IN_USE	    1UL
#define MAPPED	    2UL
#define FLAGS	    15UL
#define SMALL_LIMIT 1024UL
#define SMALL_BINS  (SMALL_LIMIT / ALIGNMENT)
#define NR_BINS	    128
#define GROW_BYTES  (64UL * 1024)
#define MMAP_LIMIT  (256UL * 1024)
#define PAGE	    4096UL

struct chunk {
	size_t prev_size; /* 0 for the first of a region */
	size_t size;
	struct chunk *next; /* these two only while free */
	struct chunk *prev;
};

static struct chunk *bins[NR_BINS];
static uint64_t bin_bits[NR_BINS / 64];
static char *heap_end; /* where the last region's fence ends */

static size_t
chunk_size(const struct chunk *chunk)
{
	return chunk->size & ~FLAGS;
}

static struct chunk *
chunk_after(const struct chunk *chunk)
{
	return (struct chunk *)((char *)chunk + chunk_size(chunk));
}

static struct chunk *
chunk_before(const struct chunk *chunk)
{
	return (struct chunk *)((char *)chunk - chunk->prev_size);
}

static void *
chunk_payload(struct chunk *chunk)
{
	return (char *)chunk + HEADER;
}

static struct chunk *
payload_chunk(void *block)
{
	return (struct chunk *)((char *)block - HEADER);
}

/* Sets the size here and in the following chunk's prev_size. */
static void
chunk_set_size(struct chunk *chunk, size_t size, size_t flags)
{
	chunk->size = size | flags;
	chunk_after(chunk)->prev_size = size;
}

static int
bin_index(size_t size)
{
	int log2, index;

	if (size < SMALL_LIMIT)
		return (int)(size / ALIGNMENT);
	log2 = 63 - __builtin_clzl(size);
	index = (int)SMALL_BINS + (log2 - 10) * 4 + (int)(size >> (log2 - 2) & 3);
	return index < NR_BINS ? index : NR_BINS - 1;
}

static void
bin_insert(struct chunk *chunk)
{
	int index = bin_index(chunk_size(chunk));

	chunk->prev = NULL;
	chunk->next = bins[index];
	if (chunk->next)
		chunk->next->prev = chunk;
	bins[index] = chunk;
	bin_bits[index / 64] |= 1UL << index % 64;
}

static void
bin_remove(struct chunk *chunk)
{
	int index = bin_index(chunk_size(chunk));

	if (chunk->next)
		chunk->next->prev = chunk->prev;
	if (chunk->prev)
		chunk->prev->next = chunk->next;
	else
		bins[index] = chunk->next;
	if (!bins[index])
		bin_bits[index / 64] &= ~(1UL << index % 64);
}

/* The first bin at or after index that holds a chunk; NR_BINS when there is none. */
static int
bin_next(int index)
{
	for (int word = index / 64; word < NR_BINS / 64; word++) {
		uint64_t bits = bin_bits[word];

		if (word == index / 64)
			bits &= ~0UL << index % 64;
		if (bits)
			return word * 64 + __builtin_ctzl(bits);
	}
	return NR_BINS;
}

/* Takes a free chunk of at least size bytes out of its bin. */
static struct chunk *
bin_take(size_t size)
{
	for (int index = bin_next(bin_index(size)); index < NR_BINS; index = bin_next(index + 1)) {
		for (struct chunk *chunk = bins[index]; chunk; chunk = chunk->next) {
			if (chunk_size(chunk) >= size) {
				bin_remove(chunk);
				return chunk;
			}
		}
		if (index == NR_BINS - 1)
			break;
	}
	return NULL;
}

/* Frees a chunk that is in no bin: merges it with free neighbours and files it. */
static void
chunk_release(struct chunk *chunk)
{
	struct chunk *after = chunk_after(chunk);
	size_t size = chunk_size(chunk);

	if (!(after->size & IN_USE)) {
		bin_remove(after);
		size += chunk_size(after);
	}
	if (chunk->prev_size && !(chunk_before(chunk)->size & IN_USE)) {
		chunk = chunk_before(chunk);
		bin_remove(chunk);
		size += chunk_size(chunk);
	}
	chunk_set_size(chunk, size, 0);
	bin_insert(chunk);
}

/* Marks the chunk used with size bytes and gives the rest back when it is worth having. */
static void
chunk_use(struct chunk *chunk, size_t size)
{
	size_t rest = chunk_size(chunk) - size;

	if (rest < CHUNK_MIN) {
		chunk->size |= IN_USE;
		return;
	}
	chunk_set_size(chunk, size, IN_USE);
	chunk_set_size(chunk_after(chunk), rest, IN_USE);
	chunk_release(chunk_after(chunk));
}

/* Adds a region, or extends the last one, so that a chunk of size bytes fits. */
static int
heap_grow(size_t size)
{
	size_t bytes = (size + CHUNK_MIN + GROW_BYTES - 1) & ~(GROW_BYTES - 1);
	size_t misaligned = (uintptr_t)sbrk(0) % ALIGNMENT;
	struct chunk *chunk;
	char *start;

	if (misaligned && sbrk((intptr_t)(ALIGNMENT - misaligned)) == (void *)-1)
		return -1;
	start = sbrk((intptr_t)bytes);
	if (start == (void *)-1)
		return -1;
	if (start == heap_end) {
		chunk = (struct chunk *)(start - HEADER);
		chunk_set_size(chunk, bytes, IN_USE);
	} else {
		chunk = (struct chunk *)start;
		chunk->prev_size = 0;
		chunk_set_size(chunk, bytes - HEADER, IN_USE);
	}
	heap_end = start + bytes;
	chunk_after(chunk)->size = HEADER | IN_USE;
	chunk_release(chunk);
	return 0;
}

static void *
mapped_alloc(size_t size)
{
	size_t bytes = (size + PAGE - 1) & ~(PAGE - 1);
	struct chunk *chunk;

	chunk = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		return NULL;
	chunk->size = bytes | IN_USE | MAPPED;
	return chunk_payload(chunk);
}

void *
malloc(size_t bytes)
{
	size_t size = (bytes + HEADER + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	struct chunk *chunk;

	if (bytes > PTRDIFF_MAX - PAGE) {
		errno = ENOMEM;
		return NULL;
	}
	if (size < CHUNK_MIN)
		size = CHUNK_MIN;
	if (size >= MMAP_LIMIT)
		return mapped_alloc(size);
	chunk = bin_take(size);
	if (!chunk) {
		if (heap_grow(size) < 0)
			return mapped_alloc(size);
		chunk = bin_take(size);
	}
	chunk_use(chunk, size);
	return chunk_payload(chunk);
}

void
free(void *block)
{
	struct chunk *chunk;

	if (!block)
		return;
	chunk = payload_chunk(block);
	if (!(chunk->size & IN_USE))
		abort();
	if (chunk->size & MAPPED)
		munmap(chunk, chunk_size(chunk));
	else
		chunk_release(chunk);
}

void *
calloc(size_t count, size_t bytes)
{
	size_t total;
	void *block;

	if (__builtin_mul_overflow(count, bytes, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	block = malloc(total);
	if (block && !(payload_chunk(block)->size & MAPPED))
		memset(block, 0, total);
	return block;
}

/* Grows a used chunk over a free one behind it, or shrinks it; false when it must move. */
static int
chunk_resize(struct chunk *chunk, size_t size)
{
	struct chunk *after = chunk_after(chunk);

	if (chunk->size & MAPPED)
		return size <= chunk_size(chunk) && size > chunk_size(chunk) / 2;
	if (size > chunk_size(chunk)) {
		if (after->size & IN_USE || chunk_size(chunk) + chunk_size(after) < size)
			return 0;
		bin_remove(after);
		chunk_set_size(chunk, chunk_size(chunk) + chunk_size(after), IN_USE);
	}
	chunk_use(chunk, size);
	return 1;
}

void *
realloc(void *block, size_t bytes)
{
	size_t size = (bytes + HEADER + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	size_t old_bytes;
	void *moved;

	if (!block)
		return malloc(bytes);
	if (bytes <= PTRDIFF_MAX - PAGE &&
	    chunk_resize(payload_chunk(block), size < CHUNK_MIN ? CHUNK_MIN : size))
		return block;
	moved = malloc(bytes);
	if (!moved)
		return NULL;
	old_bytes = malloc_usable_size(block);
	memcpy(moved, block, old_bytes < bytes ? old_bytes : bytes);
	free(block);
	return moved;
}

void *
reallocarray(void *block, size_t count, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(count, bytes, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(block, total);
}

size_t
malloc_usable_size(void *block)
{
	return block ? chunk_size(payload_chunk(block)) - HEADER : 0;
}

/*
 * Allocates room enough to move the block up to the alignment, and frees what is before it. Such
 * a block never comes from mapped_alloc, whose chunks cannot be cut: it is carved from the heap.
 */
void *
aligned_alloc(size_t alignment, size_t bytes)
{
	size_t size = (bytes + HEADER + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	struct chunk *chunk, *aligned;
	uintptr_t payload;
	size_t room;

	if (alignment == 0 || alignment & (alignment - 1) || bytes > PTRDIFF_MAX / 2 ||
	    alignment > PTRDIFF_MAX / 2) {
		errno = EINVAL;
		return NULL;
	}
	if (alignment <= ALIGNMENT)
		return malloc(bytes);
	if (size < CHUNK_MIN)
		size = CHUNK_MIN;
	room = size + alignment + CHUNK_MIN;
	chunk = bin_take(room);
	if (!chunk) {
		if (heap_grow(room) < 0)
			return NULL;
		chunk = bin_take(room);
	}
	chunk_use(chunk, room);
	payload = ((uintptr_t)chunk + HEADER + alignment - 1) & ~(alignment - 1);
	if (payload != (uintptr_t)chunk_payload(chunk)) {
		size_t before;

		if (payload - (uintptr_t)chunk_payload(chunk) < CHUNK_MIN)
			payload += alignment;
		aligned = payload_chunk((void *)payload);
		before = (size_t)((char *)aligned - (char *)chunk);
		room = chunk_size(chunk) - before;
		chunk_set_size(chunk, before, IN_USE);
		chunk_set_size(aligned, room, IN_USE);
		chunk_release(chunk);
		chunk = aligned;
	}
	chunk_use(chunk, size);
	return chunk_payload(chunk);
}

int
posix_memalign(void **block, size_t alignment, size_t bytes)
{
	int error = errno;

	if (alignment < sizeof(void *))
		return EINVAL;
	*block = aligned_alloc(alignment, bytes);
	if (*block)
		return 0;
	alignment = (size_t)errno;
	errno = error;
	return (int)alignment;
}
