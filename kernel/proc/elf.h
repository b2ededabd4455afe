#pragma once

/*
 * What a loader needs to know of an ELF-64 file. Pure: looks at bytes it is given and
 * changes nothing; tools/hosttest compiles it for the host. Every rule is checked here, so
 * that what it accepts can be mapped without another look.
 */

#include "lib/elf.h"
#include "lib/types.h"

#define ELF_SEGMENTS_MAX 16
#define ELF_PHNUM_MAX	 64
#define ELF_INTERP_MAX	 4096 /* bytes of PT_INTERP, as PATH_MAX */

struct elf_segment {
	u64 vaddr,
		memsz; /* as in the file, not aligned; vaddr below is relative to the load base */
	u64 offset, filesz;
	u32 flags; /* PF_R, PF_W, PF_X */
};

struct elf_image {
	bool is_dyn; /* ET_DYN: addresses count from wherever it is loaded */
	u64 entry;
	u64 phoff;
	u16 phnum;
	u64 phdr_vaddr;			 /* where the program finds its own headers; 0: nowhere */
	u64 interp_offset, interp_bytes; /* 0 bytes: no interpreter; the last byte is a NUL */
	bool exec_stack;		 /* PT_GNU_STACK says so */
	u64 start, end;			 /* whole pages that the segments span */
	u64 align; /* what ET_DYN's load base is a multiple of: a power of two, a page or more */
	unsigned nr_segments;
	struct elf_segment segments[ELF_SEGMENTS_MAX]; /* by address, no page in common */
};

/*
 * Check the file header in the first `bytes` bytes of a file; fills is_dyn, entry, phoff, phnum.
 * => 0, -ENOEXEC
 */
int elf_parse_header(const void *start, size_t bytes, u64 file_size, struct elf_image *image);

/*
 * Check the image->phnum program headers and fill in the rest. Addresses of ET_EXEC lie in
 * [va_min, va_max); the span of ET_DYN with its alignment is at most va_max - va_min.
 * => 0, -ENOEXEC
 */
int elf_parse_segments(const struct elf64_phdr *phdrs, u64 file_size, u64 va_min, u64 va_max,
		       struct elf_image *image);
