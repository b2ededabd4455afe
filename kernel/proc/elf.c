#include "proc/elf.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "riscv/layout.h"

static bool
ident_is_good(const u8 *ident)
{
	return memcmp(ident, ELF_MAGIC, ELF_MAGIC_BYTES) == 0 && ident[EI_CLASS] == ELFCLASS64 &&
	       ident[EI_DATA] == ELFDATA2LSB && ident[EI_VERSION] == EV_CURRENT;
}

/* offset + bytes <= size, without overflow */
static bool
range_fits(u64 offset, u64 bytes, u64 size)
{
	return offset <= size && bytes <= size - offset;
}

int
elf_parse_header(const void *start, size_t bytes, u64 file_size, struct elf_image *image)
{
	struct elf64_ehdr header;

	memset(image, 0, sizeof(*image));
	if (bytes < sizeof(header))
		return -ENOEXEC;
	memcpy(&header, start, sizeof(header));
	if (!ident_is_good(header.e_ident) || header.e_machine != EM_RISCV)
		return -ENOEXEC;
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return -ENOEXEC;
	if (header.e_phentsize != sizeof(struct elf64_phdr) || header.e_phnum == 0 ||
	    header.e_phnum > ELF_PHNUM_MAX)
		return -ENOEXEC;
	if (!range_fits(header.e_phoff, header.e_phnum * sizeof(struct elf64_phdr), file_size))
		return -ENOEXEC;
	image->is_dyn = header.e_type == ET_DYN;
	image->entry = header.e_entry;
	image->phoff = header.e_phoff;
	image->phnum = header.e_phnum;
	return 0;
}

/* The largest alignment of a segment counts, an empty one's, too; what is no power of two does not. */
static void
add_align(u64 align, struct elf_image *image)
{
	if ((align & (align - 1)) == 0)
		image->align = MAX(image->align, align);
}

/* One PT_LOAD. Segments come in order of address and never share a page. => 0, -ENOEXEC */
static int
add_load(const struct elf64_phdr *ph, u64 file_size, u64 va_max, struct elf_image *image)
{
	struct elf_segment *segment = &image->segments[image->nr_segments];
	u64 end;

	add_align(ph->p_align, image);
	if (ph->p_memsz == 0)
		return ph->p_filesz == 0 ? 0 : -ENOEXEC;
	if (image->nr_segments == ELF_SEGMENTS_MAX || ph->p_filesz > ph->p_memsz)
		return -ENOEXEC;
	if (!range_fits(ph->p_offset, ph->p_filesz, file_size) ||
	    !range_fits(ph->p_vaddr, ph->p_memsz, va_max))
		return -ENOEXEC;
	if (ph->p_filesz && (ph->p_offset - ph->p_vaddr) % PAGE_SIZE != 0)
		return -ENOEXEC;
	end = ALIGN_UP(ph->p_vaddr + ph->p_memsz, PAGE_SIZE);
	if (end > va_max)
		return -ENOEXEC;
	if (image->nr_segments && ALIGN_DOWN(ph->p_vaddr, PAGE_SIZE) < image->end)
		return -ENOEXEC;
	if (!image->nr_segments)
		image->start = ALIGN_DOWN(ph->p_vaddr, PAGE_SIZE);
	image->end = end;
	*segment = (struct elf_segment){.vaddr = ph->p_vaddr,
					.memsz = ph->p_memsz,
					.offset = ph->p_offset,
					.filesz = ph->p_filesz,
					.flags = ph->p_flags};
	image->nr_segments++;
	return 0;
}

static int
add_interp(const struct elf64_phdr *ph, u64 file_size, struct elf_image *image)
{
	if (image->interp_bytes || ph->p_filesz < 2 || ph->p_filesz > ELF_INTERP_MAX ||
	    !range_fits(ph->p_offset, ph->p_filesz, file_size))
		return -ENOEXEC;
	image->interp_offset = ph->p_offset;
	image->interp_bytes = ph->p_filesz;
	return 0;
}

/* The segment that holds a byte at offset of the file. => its address, 0 when there is none */
static u64
offset_to_vaddr(const struct elf_image *image, u64 offset, u64 bytes)
{
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *segment = &image->segments[i];

		if (offset >= segment->offset &&
		    range_fits(offset - segment->offset, bytes, segment->filesz))
			return segment->vaddr + (offset - segment->offset);
	}
	return 0;
}

static bool
entry_is_code(const struct elf_image *image)
{
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *segment = &image->segments[i];

		if ((segment->flags & PF_X) && image->entry >= segment->vaddr &&
		    image->entry - segment->vaddr < segment->memsz)
			return true;
	}
	return false;
}

/* Is there a place for the segments between the two? */
static bool
addresses_fit(const struct elf_image *image, u64 va_min, u64 va_max)
{
	if (!image->is_dyn)
		return image->start >= va_min;
	return range_fits(image->end - image->start, image->align, va_max - va_min);
}

static int
parse_one(const struct elf64_phdr *ph, u64 file_size, u64 va_max, struct elf_image *image)
{
	switch (ph->p_type) {
	case PT_LOAD:
		return add_load(ph, file_size, va_max, image);
	case PT_INTERP:
		return add_interp(ph, file_size, image);
	case PT_GNU_STACK:
		image->exec_stack = ph->p_flags & PF_X;
		return 0;
	default:
		return 0;
	}
}

int
elf_parse_segments(const struct elf64_phdr *phdrs, u64 file_size, u64 va_min, u64 va_max,
		   struct elf_image *image)
{
	image->align = PAGE_SIZE;
	for (unsigned i = 0; i < image->phnum; i++) {
		int err = parse_one(&phdrs[i], file_size, va_max, image);

		if (err)
			return err;
	}
	if (image->nr_segments == 0 || !entry_is_code(image))
		return -ENOEXEC;
	if (!addresses_fit(image, va_min, va_max))
		return -ENOEXEC;
	image->phdr_vaddr =
		offset_to_vaddr(image, image->phoff, image->phnum * sizeof(struct elf64_phdr));
	return 0;
}
