#include "hosttest.h"
#include "lib/bitmap.h"
#include "lib/bitops.h"
#include "lib/compiler.h"
#include "lib/err.h"
#include "lib/klib.h"

#include <string.h>

HOSTTEST(bitops_like_builtins)
{
	CHECK_EQ(clz64(0), 64);
	CHECK_EQ(ctz64(0), 64);
	CHECK_EQ(ffs64(0), 0);
	CHECK_EQ(fls64(0), 0);
	CHECK_EQ(popcount64(0), 0);
	for (int i = 0; i < 200000; i++) {
		u64 x = rnd_scaled();

		if (i < 64)
			x = BIT(i);
		else if (i < 128)
			x = BIT(i - 64) - 1;
		CHECK_EQ(popcount64(x), __builtin_popcountll(x));
		CHECK_EQ(ffs64(x), __builtin_ffsll((long long)x));
		CHECK_EQ(k_popcountdi2(x), __builtin_popcountll(x));
		CHECK_EQ(k_ffsdi2(x), __builtin_ffsll((long long)x));
		CHECK(bswap64(x) == __builtin_bswap64(x));
		CHECK(bswap32((u32)x) == __builtin_bswap32((u32)x));
		CHECK(bswap16((u16)x) == __builtin_bswap16((u16)x));
		CHECK(k_bswapdi2(x) == __builtin_bswap64(x));
		CHECK(k_bswapsi2((u32)x) == __builtin_bswap32((u32)x));
		if (x == 0)
			continue;
		CHECK_EQ(clz64(x), __builtin_clzll(x));
		CHECK_EQ(ctz64(x), __builtin_ctzll(x));
		CHECK_EQ(k_clzdi2(x), __builtin_clzll(x));
		CHECK_EQ(k_ctzdi2(x), __builtin_ctzll(x));
		CHECK_EQ(ilog2(x), 63 - __builtin_clzll(x));
		CHECK_EQ(fls64(x), ilog2(x) + 1);
	}
}

HOSTTEST(powers_of_two)
{
	CHECK_EQ(order_base_2(0), 0);
	CHECK_EQ(order_base_2(1), 0);
	CHECK_EQ(order_base_2(2), 1);
	CHECK_EQ(order_base_2(3), 2);
	CHECK_EQ(order_base_2(4), 2);
	CHECK_EQ(order_base_2(5), 3);
	CHECK_EQ(roundup_pow_of_two(1), 1);
	CHECK_EQ(roundup_pow_of_two(4096), 4096);
	CHECK_EQ(roundup_pow_of_two(4097), 8192);
	CHECK(IS_POWER_OF_2(64) && !IS_POWER_OF_2(0) && !IS_POWER_OF_2(6));
}

HOSTTEST(compiler_arithmetic)
{
	CHECK_EQ(ALIGN_UP(0UL, 4096), 0);
	CHECK_EQ(ALIGN_UP(1UL, 4096), 4096);
	CHECK_EQ(ALIGN_UP(4096UL, 4096), 4096);
	CHECK_EQ(ALIGN_DOWN(4095UL, 4096), 0);
	CHECK_EQ(ALIGN_DOWN((u64)0x1234567890abcdef, 1U << 12), 0x1234567890abc000);
	CHECK_EQ(ALIGN_UP((u64)0x1234567890abcdef, 1U << 12), 0x1234567890abd000);
	CHECK(IS_ALIGNED((u64)8192, 4096) && !IS_ALIGNED((u64)8193, 4096));
	CHECK_EQ(MIN(3, 5), 3);
	CHECK_EQ(MAX(3, 5), 5);
	CHECK_EQ(CLAMP(-3, 0, 10), 0);
	CHECK_EQ(CLAMP(13, 0, 10), 10);
	CHECK_EQ(DIV_ROUND_UP(10, 4), 3);
	CHECK(BIT(63) == 0x8000000000000000UL);
}

HOSTTEST(err_pointers)
{
	int object;

	CHECK(IS_ERR(ERR_PTR(-ENOENT)));
	CHECK_EQ(PTR_ERR(ERR_PTR(-ENOENT)), -ENOENT);
	CHECK(IS_ERR(ERR_PTR(-MAX_ERRNO)) && !IS_ERR(ERR_PTR(-MAX_ERRNO - 1)));
	CHECK(!IS_ERR(NULL) && !IS_ERR(&object));
	CHECK(IS_ERR_OR_NULL(NULL) && IS_ERR_OR_NULL(ERR_PTR(-EIO)) && !IS_ERR_OR_NULL(&object));
	CHECK_EQ(err_or_null_to_errno(NULL), -ENOMEM);
	CHECK_EQ(err_or_null_to_errno(ERR_PTR(-EIO)), -EIO);
	CHECK_EQ(err_or_null_to_errno(&object), 0);
}

#define MAP_BITS 300

/* A bitmap beside an array of bool. The map has a guard word behind it. */
struct model {
	u64 map[BITMAP_WORDS(MAP_BITS) + 1];
	bool is[MAP_BITS];
	size_t nr_bits;
};

static size_t
model_next(const struct model *model, size_t from, bool value)
{
	while (from < model->nr_bits && model->is[from] != value)
		from++;
	return MIN(from, model->nr_bits);
}

static size_t
model_area(const struct model *model, size_t from, size_t nr, size_t align)
{
	for (size_t first = ALIGN_UP(from, align); first + nr <= model->nr_bits; first += align) {
		if (first >= model->nr_bits)
			break;

		size_t n = 0;

		while (n < nr && !model->is[first + n])
			n++;
		if (n == nr)
			return first;
	}
	return model->nr_bits;
}

static void
model_compare(const struct model *model)
{
	size_t weight = 0;

	for (size_t bit = 0; bit < model->nr_bits; bit++) {
		CHECK(bitmap_test(model->map, bit) == model->is[bit]);
		weight += model->is[bit];
	}
	CHECK_EQ(bitmap_weight(model->map, model->nr_bits), weight);
	CHECK(bitmap_is_empty(model->map, model->nr_bits) == (weight == 0));
	CHECK(bitmap_is_full(model->map, model->nr_bits) == (weight == model->nr_bits));

	size_t from = rnd_below(model->nr_bits + 2);
	size_t nr = 1 + rnd_below(20), align = BIT(rnd_below(5));

	CHECK_EQ(bitmap_find_next_set(model->map, model->nr_bits, from),
		 model_next(model, from, true));
	CHECK_EQ(bitmap_find_next_zero(model->map, model->nr_bits, from),
		 model_next(model, from, false));
	CHECK_EQ(bitmap_find_zero_area(model->map, model->nr_bits, from, nr, align),
		 model_area(model, from, nr, align));
}

static void
model_step(struct model *model)
{
	size_t first = rnd_below(model->nr_bits);
	size_t nr = rnd_below(model->nr_bits - first + 1);
	bool value = rnd_one_in(2);

	switch (rnd_below(6)) {
	case 0:
	case 1:
		model->is[first] = value;
		(value ? bitmap_set : bitmap_clear)(model->map, first);
		break;
	case 2:
		nr = MIN(nr, (size_t)rnd_below(20));
		FALLTHROUGH;
	case 3:
		memset(model->is + first, value, nr);
		(value ? bitmap_set_range : bitmap_clear_range)(model->map, first, nr);
		break;
	case 4:
		if (!rnd_one_in(10))
			break;
		memset(model->is, value, model->nr_bits);
		(value ? bitmap_fill : bitmap_zero)(model->map, model->nr_bits);
		break;
	}
}

HOSTTEST(bitmap_model)
{
	for (size_t nr_bits = 1; nr_bits <= MAP_BITS; nr_bits++) {
		struct model model = {.nr_bits = nr_bits};
		size_t words = BITMAP_WORDS(nr_bits);
		/* Bits behind the end are anything, must stay so and not matter. */
		u64 beyond = nr_bits % 64 != 0 ? rnd() & ~0UL << nr_bits % 64 : 0;

		model.map[words - 1] = beyond;
		model.map[words] = 0x123456789abcdef0;
		for (int step = 0; step < 60; step++) {
			model_step(&model);
			model_compare(&model);
			if (nr_bits % 64 != 0)
				CHECK((model.map[words - 1] & ~0UL << nr_bits % 64) == beyond);
			CHECK(model.map[words] == 0x123456789abcdef0);
		}
	}
}

HOSTTEST(bitmap_for_each)
{
	BITMAP_DECLARE(map, 200) = {0};
	size_t bit, n = 0;
	const size_t want[] = {0, 63, 64, 199};

	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		bitmap_set(map, want[i]);
	bitmap_for_each_set(bit, map, 200)
		CHECK_EQ(bit, want[n++]);
	CHECK_EQ(n, ARRAY_SIZE(want));
}
