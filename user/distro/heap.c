/* malloc under load: sizes of every kind, many threads, memory that is given back. */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>

#include "distro.h"

#define NR_BLOCKS  1000
#define NR_THREADS 4

struct block {
	unsigned char *bytes;
	size_t size;
	unsigned char fill;
};

static uint32_t
random_next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static size_t
random_size(uint32_t *state)
{
	uint32_t kind = random_next(state) % 100;

	if (kind < 80)
		return random_next(state) % 256;
	if (kind < 99)
		return random_next(state) % 16384;
	return random_next(state) % (512 * 1024);
}

static void
block_check(const struct block *block)
{
	for (size_t i = 0; i < block->size; i += 97)
		CHECK(block->bytes[i] == block->fill);
}

/* A thousand blocks, each now and then replaced, grown or shrunk, and compared whenever it is. */
static void *
churn(void *seed)
{
	struct block *blocks = calloc(NR_BLOCKS, sizeof(*blocks));
	uint32_t random = (uint32_t)(uintptr_t)seed;

	CHECK(blocks);
	for (int round = 0; round < 20000; round++) {
		struct block *block = &blocks[random_next(&random) % NR_BLOCKS];
		size_t size = random_size(&random);

		block_check(block);
		if (random_next(&random) % 2 == 0) {
			free(block->bytes);
			block->bytes = malloc(size + 1);
		} else {
			block->bytes = realloc(block->bytes, size + 1);
		}
		CHECK(block->bytes);
		block->size = size;
		block->fill = (unsigned char)round;
		memset(block->bytes, block->fill, size);
	}
	for (int i = 0; i < NR_BLOCKS; i++) {
		block_check(&blocks[i]);
		free(blocks[i].bytes);
	}
	free(blocks);
	return NULL;
}

static void
one_thread(void)
{
	churn((void *)1);
}

static void
many_threads(void)
{
	pthread_t threads[NR_THREADS];

	for (uintptr_t i = 0; i < NR_THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, churn, (void *)(i + 2)) == 0);
	for (int i = 0; i < NR_THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

static void
aligned(void)
{
	for (size_t alignment = 16; alignment <= 1 << 20; alignment *= 2) {
		void *block = aligned_alloc(alignment, alignment * 3);

		CHECK(block && (uintptr_t)block % alignment == 0);
		memset(block, 1, alignment * 3);
		free(block);
	}
}

static void
large(void)
{
	unsigned char *block = malloc(8 << 20);

	CHECK(block);
	memset(block, 5, 8 << 20);
	block = realloc(block, 24 << 20);
	CHECK(block && block[0] == 5 && block[(8 << 20) - 1] == 5);
	block = realloc(block, 100);
	CHECK(block && block[99] == 5);
	free(block);
	malloc_trim(0);
	CHECK(mallinfo2().hblks == 0);
}

static const struct distro_test tests[] = {
	{"one_thread", one_thread},
	{"many_threads", many_threads},
	{"aligned", aligned},
	{"large", large},
};

int
main(void)
{
	return tests_run(tests, COUNT(tests));
}
