#include "proc/exec_args.h"

#include "lib/string.h"
#include "mem/vmalloc.h"
#include "mem/slab.h"
#include "vm/usercopy.h"

#define ARG_BUF_FIRST 4096

void
exec_args_init(struct exec_args *args)
{
	memset(args, 0, sizeof(*args));
}

/* The first block is small and fast to get; larger ones need not be contiguous. */
static void
buf_free(struct exec_args *args)
{
	if (args->size > ARG_BUF_FIRST)
		vfree(args->buf);
	else
		kfree(args->buf);
}

void
exec_args_destroy(struct exec_args *args)
{
	buf_free(args);
}

/* Twice the room, at most ARG_TOTAL_MAX. => -E2BIG, -ENOMEM */
static int
buf_grow(struct exec_args *args)
{
	u64 size = args->size ? args->size * 2 : ARG_BUF_FIRST;
	char *buf;

	if (size > ARG_TOTAL_MAX)
		return -E2BIG;
	buf = size > ARG_BUF_FIRST ? vmalloc(size, GFP_KERNEL) : kmalloc(size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, args->buf, args->used);
	buf_free(args);
	args->buf = buf;
	args->size = size;
	return 0;
}

/* All strings, and a pointer for each, fit. */
static int
check_total(const struct exec_args *args)
{
	u64 pointers = (u64)(args->nr_args + args->nr_env) * sizeof(u64);

	return args->used + pointers > ARG_TOTAL_MAX ? -E2BIG : 0;
}

static int
add_kernel_string(struct exec_args *args, const char *string)
{
	u64 bytes = strlen(string) + 1;

	if (bytes > ARG_STRING_MAX)
		return -E2BIG;
	while (args->size - args->used < bytes) {
		int err = buf_grow(args);

		if (err)
			return err;
	}
	memcpy(args->buf + args->used, string, bytes);
	args->used += bytes;
	return 0;
}

static int
add_user_string(struct exec_args *args, uva_t string)
{
	for (;;) {
		u64 room = MIN(args->size - args->used, ARG_STRING_MAX);
		ssize_t len = room ? strncpy_from_user(args->buf + args->used, string, room)
				   : -ENAMETOOLONG;
		int err;

		if (len >= 0) {
			args->used += len + 1;
			return 0;
		}
		if (len != -ENAMETOOLONG)
			return len;
		if (room == ARG_STRING_MAX)
			return -E2BIG;
		err = buf_grow(args);
		if (err)
			return err;
	}
}

/* => 1: the i-th string was appended (or skipped); 0: the vector ends here; or -errno */
static int
add_element(struct exec_args *args, const struct exec_vector *vector, u32 i, bool skip)
{
	uva_t string = 0;
	int err;

	if (vector->kernel) {
		if (!vector->kernel[i])
			return 0;
		err = skip ? 0 : add_kernel_string(args, vector->kernel[i]);
		return err ? err : 1;
	}
	if (!vector->user)
		return 0;
	err = get_user_u64(&string, vector->user + i * sizeof(u64));
	if (err)
		return err;
	if (!string)
		return 0;
	err = skip ? 0 : add_user_string(args, string);
	return err ? err : 1;
}

/* Append the strings of a vector from number `skip` on, and count them in *nr. */
static int
add_vector(struct exec_args *args, const struct exec_vector *vector, u32 skip, u32 *nr)
{
	for (u32 i = 0;; i++) {
		int result = add_element(args, vector, i, i < skip);

		if (result <= 0)
			return result;
		if (i < skip)
			continue;
		(*nr)++;
		result = check_total(args);
		if (result)
			return result;
	}
}

int
exec_args_add(struct exec_args *args, const char *string)
{
	int err = add_kernel_string(args, string);

	if (err)
		return err;
	args->nr_args++;
	return check_total(args);
}

int
exec_args_add_vector(struct exec_args *args, const struct exec_vector *argv, u32 skip)
{
	int err = add_vector(args, argv, skip, &args->nr_args);

	/* Programs count on argv[0]. */
	return err || args->nr_args ? err : exec_args_add(args, "");
}

int
exec_args_add_env(struct exec_args *args, const struct exec_vector *envp, const char *execfn)
{
	int err;

	args->env_offset = args->used;
	err = add_vector(args, envp, 0, &args->nr_env);
	if (err)
		return err;
	args->execfn_offset = args->used;
	return add_kernel_string(args, execfn);
}
