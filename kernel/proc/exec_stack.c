#include "lib/string.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "proc/exec_load.h"
#include "vm/mmap.h"
#include "vm/usercopy.h"

/*
 * The first stack, from the top down:
 *
 *	layout->stack_top
 *	  8 zero bytes
 *	  strings: arguments, environment, name of the program
 *	  16 random bytes (AT_RANDOM)
 *	  auxv pairs, ended by AT_NULL
 *	  envp pointers, ended by 0
 *	  argv pointers, ended by 0
 *	  argc                          <- sp, a multiple of 16
 */

/* A page of room below sp, so that the first call does not fault. */
#define STACK_INITIAL_ROOM PAGE_SIZE

struct stack_plan {
	uva_t strings, random, sp;
	u64 nr_words;
};

static void
plan_stack(struct stack_plan *plan, uva_t top, const struct exec_args *args, unsigned nr_pairs)
{
	plan->nr_words = 1 + args->nr_args + 1 + args->nr_env + 1 + 2 * (nr_pairs + 3);
	plan->strings = top - sizeof(u64) - args->used;
	plan->random = ALIGN_DOWN(plan->strings - EXEC_RANDOM_BYTES, 16);
	plan->sp = ALIGN_DOWN(plan->random - plan->nr_words * sizeof(u64), 16);
}

/* Pointers to nr strings that lie one after the other in buf. => where the next word goes */
static u64 *
fill_pointers(u64 *word, const char *buf, u64 *offset, u32 nr, uva_t strings)
{
	for (u32 i = 0; i < nr; i++) {
		*word++ = strings + *offset;
		*offset += strlen(buf + *offset) + 1;
	}
	*word++ = 0;
	return word;
}

static void
fill_words(u64 *word, const struct stack_plan *plan, const struct exec_args *args, const u64 *auxv,
	   unsigned nr_pairs)
{
	u64 offset = 0;

	*word++ = args->nr_args;
	word = fill_pointers(word, args->buf, &offset, args->nr_args, plan->strings);
	word = fill_pointers(word, args->buf, &offset, args->nr_env, plan->strings);
	memcpy(word, auxv, nr_pairs * 2 * sizeof(u64));
	word += nr_pairs * 2;
	*word++ = AT_RANDOM;
	*word++ = plan->random;
	*word++ = AT_EXECFN;
	*word++ = plan->strings + args->execfn_offset;
	*word++ = AT_NULL;
	*word++ = 0;
}

static int
write_words(struct mm *mm, const struct stack_plan *plan, const struct exec_args *args,
	    const u64 *auxv, unsigned nr_pairs)
{
	u64 bytes = plan->nr_words * sizeof(u64);
	u64 *words = bytes > PAGE_SIZE ? vmalloc(bytes, GFP_KERNEL) : kmalloc(bytes, GFP_KERNEL);
	u64 auxv_words = 2 * (nr_pairs + 3);
	int err;

	if (!words)
		return -ENOMEM;
	fill_words(words, plan, args, auxv, nr_pairs);
	memcpy(mm->auxv, words + plan->nr_words - auxv_words,
	       MIN(auxv_words * sizeof(u64), sizeof(mm->auxv)));
	err = mm_copy_to(mm, plan->sp, words, bytes);
	if (bytes > PAGE_SIZE)
		vfree(words);
	else
		kfree(words);
	return err;
}

int
exec_build_stack(struct mm *mm, const struct exec_layout *layout, const struct exec_args *args,
		 const u64 *auxv, unsigned nr_pairs, uva_t *sp)
{
	struct stack_plan plan;
	u64 bytes;
	int err;

	plan_stack(&plan, layout->stack_top, args, nr_pairs);
	bytes = ALIGN_UP(layout->stack_top - plan.sp + STACK_INITIAL_ROOM, PAGE_SIZE);
	if (bytes > mm->limit_stack)
		return -E2BIG;
	err = stack_map(mm, layout->stack_top, bytes, layout->stack_exec);
	if (!err)
		err = mm_copy_to(mm, plan.strings, args->buf, args->used);
	if (!err)
		err = mm_copy_to(mm, plan.random, layout->random, sizeof(layout->random));
	if (!err)
		err = write_words(mm, &plan, args, auxv, nr_pairs);
	if (err)
		return err;
	mm->start_stack = plan.sp;
	mm->arg_start = plan.strings;
	mm->arg_end = mm->env_start = plan.strings + args->env_offset;
	mm->env_end = plan.strings + args->execfn_offset;
	*sp = plan.sp;
	return 0;
}
