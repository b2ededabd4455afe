#pragma once

/* From a checked ELF file to an address space and a first stack. */

#include "proc/elf.h"
#include "proc/exec_args.h"
#include "proc/exec_layout.h"

struct file;

/* An ELF file that was opened and checked. */
struct exec_file {
	struct file *file;
	struct elf_image image;
};

/* Read and check the headers of `file`; *start holds its first `bytes` bytes. => 0, -ENOEXEC, ... */
int exec_file_parse(struct exec_file *exec, struct file *file, const void *start, size_t bytes);

/* The path in PT_INTERP. => a string to kfree(); ERR_PTR(-ENOEXEC ...) */
char *exec_file_interp(const struct exec_file *exec);

/*
 * Map the segments of a program (or of its interpreter) into an address space that nobody runs.
 * *bias is what was added to the file's addresses.
 */
int exec_map_program(struct mm *mm, const struct exec_file *exec, const struct exec_layout *layout,
		     u64 *bias);
int exec_map_interp(struct mm *mm, const struct exec_file *exec, u64 *bias);

/* Make the stack and fill it: argc, argv, envp, auxv, strings. auxv: pairs without AT_RANDOM,
 * AT_EXECFN and AT_NULL, which are added here. => sp in *sp */
int exec_build_stack(struct mm *mm, const struct exec_layout *layout, const struct exec_args *args,
		     const u64 *auxv, unsigned nr_pairs, uva_t *sp);
