/*
 * qsort and bsearch. Quicksort with the median of three, insertion sort for short runs, recursion
 * into the smaller part only (so the stack is O(log n)), and heapsort when the partitions turn out
 * badly, so that no input takes more than O(n log n).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_RUN 12

struct sorter {
	size_t size;
	compare_fn compare;
};

static void
swap(const struct sorter *sorter, char *a, char *b)
{
	char block[64];

	for (size_t left = sorter->size; left > 0 && a != b;) {
		size_t part = left < sizeof(block) ? left : sizeof(block);

		memcpy(block, a, part);
		memcpy(a, b, part);
		memcpy(b, block, part);
		a += part;
		b += part;
		left -= part;
	}
}

static void
insertion_sort(const struct sorter *sorter, char *base, size_t count)
{
	size_t size = sorter->size;

	for (char *next = base + size; next < base + count * size; next += size)
		for (char *p = next; p > base && sorter->compare(p - size, p) > 0; p -= size)
			swap(sorter, p - size, p);
}

static void
sift_down(const struct sorter *sorter, char *base, size_t root, size_t count)
{
	size_t size = sorter->size, child;

	for (; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count &&
		    sorter->compare(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (sorter->compare(base + root * size, base + child * size) >= 0)
			return;
		swap(sorter, base + root * size, base + child * size);
	}
}

static void
heap_sort(const struct sorter *sorter, char *base, size_t count)
{
	for (size_t root = count / 2; root-- > 0;)
		sift_down(sorter, base, root, count);
	while (count-- > 1) {
		swap(sorter, base, base + count * sorter->size);
		sift_down(sorter, base, 0, count);
	}
}

/* Moves the median of first, middle and last to the front, to be the pivot. */
static void
pivot_to_front(const struct sorter *sorter, char *base, size_t count)
{
	char *middle = base + count / 2 * sorter->size;
	char *last = base + (count - 1) * sorter->size;

	if (sorter->compare(middle, last) > 0)
		swap(sorter, middle, last);
	if (sorter->compare(base, middle) < 0)
		swap(sorter, base, middle);
	if (sorter->compare(base, last) > 0)
		swap(sorter, base, last);
}

/* Splits around the pivot at the front; returns the pivot's final index. */
static size_t
partition(const struct sorter *sorter, char *base, size_t count)
{
	size_t size = sorter->size;
	char *low = base, *high = base + count * size;

	for (;;) {
		do
			low += size;
		while (low < base + count * size && sorter->compare(low, base) < 0);
		do
			high -= size;
		while (sorter->compare(high, base) > 0);
		if (low >= high)
			break;
		swap(sorter, low, high);
	}
	swap(sorter, base, high);
	return (size_t)(high - base) / size;
}

static void
sort_part(const struct sorter *sorter, char *base, size_t count, int depth)
{
	while (count > SHORT_RUN) {
		size_t split, right;

		if (depth-- == 0) {
			heap_sort(sorter, base, count);
			return;
		}
		pivot_to_front(sorter, base, count);
		split = partition(sorter, base, count);
		right = count - split - 1;
		if (split < right) {
			sort_part(sorter, base, split, depth);
			base += (split + 1) * sorter->size;
			count = right;
		} else {
			sort_part(sorter, base + (split + 1) * sorter->size, right, depth);
			count = split;
		}
	}
	insertion_sort(sorter, base, count);
}

void
qsort(void *base, size_t count, size_t size, compare_fn compare)
{
	struct sorter sorter = {size, compare};
	int depth = 0;

	for (size_t n = count; n > 1; n /= 2)
		depth += 2;
	if (count > 1 && size > 0)
		sort_part(&sorter, base, count, depth);
}

void *
bsearch(const void *key, const void *base, size_t count, size_t size, compare_fn compare)
{
	while (count > 0) {
		const char *middle = (const char *)base + count / 2 * size;
		int order = compare(key, middle);

		if (order == 0)
			return (void *)middle;
		if (order > 0) {
			base = middle + size;
			count -= count / 2 + 1;
		} else {
			count /= 2;
		}
	}
	return NULL;
}
