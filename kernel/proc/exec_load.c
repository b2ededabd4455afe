#include "proc/exec_load.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"
#include "vm/usercopy.h"

/*
 * A segment in memory:
 *
 *	vaddr          vaddr+filesz        vaddr+memsz
 *	  | file pages      |zeroed|  anonymous  |
 *	  page boundaries          ^             ^
 *
 * The file's pages are mapped private from the page cache: nothing is read here, and
 * what is never stored to is shared by all who run the file. The bytes behind filesz in
 * its last page are zeroed in a copy.
 */

int
exec_file_parse(struct exec_file *exec, struct file *file, const void *start, size_t bytes)
{
	u64 size = mapping_size(&file->inode->mapping);
	struct elf64_phdr *phdrs;
	u64 phdr_bytes;
	ssize_t got;
	int err = elf_parse_header(start, bytes, size, &exec->image);

	if (err)
		return err;
	exec->file = file;
	phdr_bytes = exec->image.phnum * sizeof(*phdrs);
	phdrs = kmalloc(phdr_bytes, GFP_KERNEL);
	if (!phdrs)
		return -ENOMEM;
	if (exec->image.phoff + phdr_bytes <= bytes) {
		memcpy(phdrs, (const char *)start + exec->image.phoff, phdr_bytes);
		got = phdr_bytes;
	} else {
		got = file_read_kernel(file, phdrs, phdr_bytes, exec->image.phoff);
	}
	if (got == (ssize_t)phdr_bytes)
		err = elf_parse_segments(phdrs, size, USER_VA_START, USER_STACK_TOP, &exec->image);
	else
		err = got < 0 ? (int)got : -ENOEXEC;
	kfree(phdrs);
	return err;
}

char *
exec_file_interp(const struct exec_file *exec)
{
	u64 bytes = exec->image.interp_bytes;
	char *path = kmalloc(bytes, GFP_KERNEL);
	ssize_t got;

	if (!path)
		return NULL;
	got = file_read_kernel(exec->file, path, bytes, exec->image.interp_offset);
	if (got == (ssize_t)bytes && path[bytes - 1] == '\0')
		return path;
	kfree(path);
	return ERR_PTR(got < 0 ? got : -ENOEXEC);
}

static u32
segment_vm_flags(const struct elf_segment *segment)
{
	u32 flags = VM_MAYALL;

	if (segment->flags & PF_R)
		flags |= VM_READ;
	if (segment->flags & PF_W)
		flags |= VM_WRITE | VM_ACCOUNT;
	if (segment->flags & PF_X)
		flags |= VM_EXEC;
	return flags;
}

static int
map_segment(struct mm *mm, struct mapping *mapping, const struct elf_segment *segment, u64 bias)
{
	u32 flags = segment_vm_flags(segment);
	u64 start = ALIGN_DOWN(segment->vaddr, PAGE_SIZE) + bias;
	u64 file_end = segment->vaddr + segment->filesz + bias;
	u64 file_pages_end = segment->filesz ? ALIGN_UP(file_end, PAGE_SIZE) : start;
	u64 end = ALIGN_UP(segment->vaddr + segment->memsz + bias, PAGE_SIZE);
	s64 result;

	if (file_pages_end > start) {
		result = vma_map(mm, start, file_pages_end - start, flags, mapping,
				 segment->offset / PAGE_SIZE, MAP_PLACE_FIXED);
		if (result < 0)
			return result;
	}
	if (end > file_pages_end) {
		result = vma_map(mm, file_pages_end, end - file_pages_end, flags, NULL,
				 file_pages_end / PAGE_SIZE, MAP_PLACE_FIXED);
		if (result < 0)
			return result;
	}
	if (segment->memsz > segment->filesz && file_pages_end > file_end && (flags & VM_WRITE))
		return mm_clear(mm, file_end, file_pages_end - file_end);
	return 0;
}

static int
map_segments(struct mm *mm, const struct exec_file *exec, u64 bias)
{
	struct mapping *mapping = file_mapping(exec->file);
	int err = 0;

	if (IS_ERR(mapping))
		return -ENOEXEC;
	for (unsigned i = 0; i < exec->image.nr_segments && !err; i++)
		err = map_segment(mm, mapping, &exec->image.segments[i], bias);
	return err;
}

/* What /proc shows of the program, and where its heap begins. */
static void
note_layout(struct mm *mm, const struct elf_image *image, u64 bias, u64 brk_gap)
{
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *segment = &image->segments[i];
		u64 start = segment->vaddr + bias;
		u64 file_end = start + segment->filesz;

		if (segment->flags & PF_X) {
			if (!mm->start_code)
				mm->start_code = start;
			mm->end_code = file_end;
		} else {
			mm->start_data = start;
			mm->end_data = file_end;
		}
	}
	mm->start_brk = mm->brk = image->end + bias + brk_gap;
}

int
exec_map_program(struct mm *mm, const struct exec_file *exec, const struct exec_layout *layout,
		 u64 *bias)
{
	const struct elf_image *image = &exec->image;
	int err;

	*bias = 0;
	if (image->is_dyn)
		*bias = ALIGN_DOWN(layout->pie_base - image->start, image->align);
	err = map_segments(mm, exec, *bias);
	if (err)
		return err;
	note_layout(mm, image, *bias, layout->brk_gap);
	return mm_set_exe(mm, file_mapping(exec->file));
}

int
exec_map_interp(struct mm *mm, const struct exec_file *exec, u64 *bias)
{
	const struct elf_image *image = &exec->image;
	u64 slack = image->align - PAGE_SIZE;
	u64 bytes = image->end - image->start + slack;
	s64 base;
	int err;

	*bias = 0;
	if (image->is_dyn) {
		base = vma_map(mm, 0, bytes, VM_MAYALL, NULL, 0, MAP_PLACE_HINT);
		if (base < 0)
			return base;
		err = vma_unmap(mm, base, bytes);
		if (err)
			return err;
		*bias = ALIGN_DOWN(base + slack - image->start, image->align);
	}
	return map_segments(mm, exec, *bias);
}
