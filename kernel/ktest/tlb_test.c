/*
 * Numbers of address spaces, and which hart flushes what when. asid.c is run by itself, with few
 * numbers and harts that are only indices; then the machine's own harts and address spaces.
 */

#include "ktest/ktest.h"
#include "lib/err.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mem/asid.h"
#include "mem/slab.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "vm/mm.h"

#define NR_SPACES 9
#define NR_HARTS  2

/* What harts do and hold: for each number whose translations, and who runs. 0 is nobody. */
struct asid_model {
	u64 words[NR_SPACES + 1];
	u8 holds[NR_HARTS][8];
	u8 runs[NR_HARTS];
};

static struct asid_space *
space_create(u32 bits, u32 nr_harts)
{
	struct asid_space *space = kmalloc(sizeof(*space), GFP_KERNEL);

	if (space)
		asid_space_init(space, bits, nr_harts);
	return space;
}

/* => false: two address spaces would use each other's translations */
static bool
model_switch(struct asid_model *model, struct asid_space *space, u32 hart, u8 who)
{
	bool flush = asid_enter(space, &model->words[who], hart);
	u64 number = asid_number(model->words[who]);
	u8 *holds = model->holds[hart];

	if (flush)
		memset(holds, 0, sizeof(model->holds[hart]));
	if (number == 0 || number >= space->nr_numbers || (holds[number] && holds[number] != who))
		return false;
	holds[number] = who;
	model->runs[hart] = who;
	return true;
}

/* Does each hart run under the number that is the address space's now, and no two under one? */
static bool
model_check(const struct asid_model *model)
{
	u8 first = model->runs[0], second = model->runs[1];

	for (u32 hart = 0; hart < NR_HARTS; hart++) {
		u8 who = model->runs[hart];

		if (who && model->holds[hart][asid_number(model->words[who])] != who)
			return false;
	}
	return !first || !second || first == second ||
	       asid_number(model->words[first]) != asid_number(model->words[second]);
}

static void
asid_run(u32 bits, u64 seed)
{
	struct asid_space *space = space_create(bits, NR_HARTS);
	struct asid_model model = {0};
	struct random random;

	KTEST_REQUIRE(space);
	random_init(&random);
	random_mix(&random, &seed, sizeof(seed));
	for (unsigned i = 0; i < 3000; i++) {
		u32 hart = random_below(&random, NR_HARTS);
		u8 who = 1 + random_below(&random, NR_SPACES);

		/* One ends, and another begins at its place. */
		if (random_below(&random, 16) == 0 && who != model.runs[0] && who != model.runs[1])
			model.words[who] = 0;
		if (!model_switch(&model, space, hart, who) || !model_check(&model)) {
			KTEST_CHECK(!"numbers are mixed up");
			break;
		}
	}
	KTEST_CHECK(space->nr_rollovers > 100);
	kfree(space);
}

KTEST(tlb_numbers_mean_one_address_space)
{
	for (u64 seed = 0; seed < 4; seed++) {
		asid_run(2, seed);
		asid_run(3, seed);
	}
}

KTEST(tlb_numbers_enough_for_the_harts)
{
	static const struct {
		u32 bits, nr_harts, nr_numbers;
	} cases[] = {{0, 1, 0}, {1, 1, 0}, {2, 1, 4},	  {2, 2, 4},
		     {2, 3, 0}, {3, 4, 8}, {16, 8, 65536}};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct asid_space *space = space_create(cases[i].bits, cases[i].nr_harts);

		KTEST_REQUIRE(space);
		KTEST_CHECK(space->nr_numbers == cases[i].nr_numbers);
		kfree(space);
	}
}

/* What this hart flushed wholly so far. => interrupts are off */
static s64
nr_full_flushes(void)
{
	return vm_counts[cpu_id()].nr[NR_TLB_LOCAL_FLUSH_ALL];
}

/* Enough numbers that other harts do not begin a new generation in the midst of a test. */
static bool
numbers_last(void)
{
	return asids.nr_numbers > 1024;
}

/* => full flushes of n switches between two address spaces that the hart knows; this leaves a in use */
static s64
switch_to_and_fro(struct mm *a, struct mm *b, unsigned n)
{
	u64 flags = irq_save();
	s64 before;

	mm_switch(b);
	mm_switch(a);
	before = nr_full_flushes();
	for (unsigned i = 0; i < n; i++)
		mm_switch(i % 2 ? a : b);
	before = nr_full_flushes() - before;
	irq_restore(flags);
	return before;
}

static void
mms_free(struct mm *a, struct mm *b)
{
	mm_switch(NULL);
	if (a)
		mm_put(a);
	if (b)
		mm_put(b);
}

KTEST(tlb_switch_keeps_translations)
{
	struct mm *a = mm_create(), *b = mm_create();

	if (a && b) {
		s64 nr = switch_to_and_fro(a, b, 20);

		KTEST_CHECK(asids.nr_numbers ? !numbers_last() || nr == 0 : nr == 20);
	}
	KTEST_CHECK(a && b);
	mms_free(a, b);
}

/* A flush that the hart did not hear of is done when it comes back, once. */
KTEST(tlb_missed_flush_is_made_good)
{
	struct mm *a = mm_create(), *b = mm_create();
	u64 flags;
	s64 before;

	if (a && b && numbers_last()) {
		switch_to_and_fro(a, b, 2);
		flags = irq_save();
		mm_switch(b);
		before = nr_full_flushes();
		tlb_flush_page(&a->tlb, USER_VA_START);
		tlb_flush_context(&a->tlb);
		KTEST_CHECK(nr_full_flushes() == before);
		mm_switch(a);
		KTEST_CHECK(nr_full_flushes() == before + 1);
		mm_switch(b);
		mm_switch(a);
		KTEST_CHECK(nr_full_flushes() == before + 1);
		irq_restore(flags);
	}
	mms_free(a, b);
}

/* The same for one that only let go of the user half, as for a kernel thread. */
KTEST(tlb_lazy_hart_flushes_on_return)
{
	struct mm *mm = mm_create();
	u64 flags;
	s64 before;

	KTEST_REQUIRE(mm);
	flags = irq_save();
	mm_switch(mm);
	tlb_switch(NULL);
	before = nr_full_flushes();
	tlb_switch(&mm->tlb);
	KTEST_CHECK(nr_full_flushes() == before);
	tlb_switch(NULL);
	tlb_flush_page(&mm->tlb, USER_VA_START);
	KTEST_CHECK(nr_full_flushes() == before);
	tlb_switch(&mm->tlb);
	KTEST_CHECK(nr_full_flushes() == before + 1);
	/* Tables are different: the hart may walk them. */
	tlb_switch(NULL);
	tlb_flush_tables(&mm->tlb);
	KTEST_CHECK(nr_full_flushes() == before + 2);
	tlb_switch(&mm->tlb);
	irq_restore(flags);
	mms_free(mm, NULL);
}

/* A thread that stays on one hart, with an address space loaded or none, until it is told to stop. */
struct resident {
	struct mm *mm;
	u32 cpu;
	atomic_t ready;
	u32 stop;
	struct wait_queue gone_wq;
	u32 gone;
};

static void
resident_run(void *arg)
{
	struct resident *resident = arg;

	sched_set_allowed(current, 1U << resident->cpu);
	if (resident->mm)
		mm_switch(resident->mm);
	atomic_inc(&resident->ready);
	while (!__atomic_load_n(&resident->stop, __ATOMIC_ACQUIRE))
		;
	mm_switch(NULL);
	WRITE_ONCE(resident->gone, 1);
	wake_up_all(&resident->gone_wq);
}

static void
resident_start(struct resident *resident, struct mm *mm, u32 cpu)
{
	*resident = (struct resident){.mm = mm, .cpu = cpu};
	wait_queue_init(&resident->gone_wq);
	KTEST_REQUIRE(!IS_ERR(kthread_start("resident", resident_run, resident)));
	while (atomic_read(&resident->ready) == 0)
		task_sleep_ns(NSEC_PER_MSEC, false);
}

static void
resident_end(struct resident *resident)
{
	__atomic_store_n(&resident->stop, 1, __ATOMIC_RELEASE);
	wait_event(&resident->gone_wq, READ_ONCE(resident->gone));
}

static s64
nr_received(u32 cpu)
{
	return READ_ONCE(vm_counts[cpu].nr[NR_TLB_REMOTE_FLUSH_RECEIVED]);
}

/* This hart, which runs mm, flushes a page of it: hart 1 runs it, too, hart 2 does not. */
static void
flush_page_of(struct mm *mm, s64 told[3])
{
	u64 flags = irq_save();

	mm_switch(mm);
	for (u32 i = 0; i < 3; i++)
		told[i] = nr_received(i);
	tlb_flush_page(&mm->tlb, USER_VA_START);
	for (u32 i = 0; i < 3; i++)
		told[i] = nr_received(i) - told[i];
	mm_switch(NULL);
	irq_restore(flags);
}

KTEST(tlb_flush_goes_where_the_mm_runs)
{
	static struct resident runs, other;
	cpumask_t all = current->allowed;
	struct mm *mm;
	s64 told[3];

	KTEST_NEEDS(nr_cpus >= 3);
	mm = mm_create();
	KTEST_REQUIRE(mm);
	sched_set_allowed(current, 1U << 0);
	resident_start(&runs, mm, 1);
	resident_start(&other, NULL, 2);
	flush_page_of(mm, told);
	KTEST_CHECK(told[0] == 0 && told[1] == 1 && told[2] == 0);
	resident_end(&runs);
	flush_page_of(mm, told);
	KTEST_CHECK(told[0] == 0 && told[1] == 0 && told[2] == 0);
	resident_end(&other);
	sched_set_allowed(current, all & sched_harts());
	mms_free(mm, NULL);
}
