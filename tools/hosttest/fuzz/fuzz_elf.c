/* Any bytes as an ELF file: refused, or described without a wild access and within its bounds. */
#include "proc/elf.h"

#include <stdlib.h>

#include "lib/string.h"
#include "riscv/layout.h"

#define VA_MIN 0x10000UL
#define VA_MAX 0x3ffffff000UL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void
check(bool condition)
{
	if (!condition)
		abort();
}

static void
check_image(const struct elf_image *image, size_t bytes)
{
	u64 end = image->start;

	check(image->nr_segments >= 1 && image->nr_segments <= ELF_SEGMENTS_MAX);
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct elf_segment *segment = &image->segments[i];

		check(segment->vaddr >= end && segment->memsz > 0);
		end = segment->vaddr + segment->memsz;
		check(end > segment->vaddr && end <= VA_MAX);
		check(segment->filesz <= segment->memsz);
		check(!segment->filesz || segment->offset + segment->filesz <= bytes);
	}
	check(image->is_dyn || image->start >= VA_MIN);
	check(image->align >= PAGE_SIZE && (image->align & (image->align - 1)) == 0);
	check(!image->is_dyn || image->end - image->start + image->align <= VA_MAX - VA_MIN);
	check(image->interp_bytes <= ELF_INTERP_MAX);
	check(image->interp_offset + image->interp_bytes <= bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const u8 ident[] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
	struct elf64_ehdr header;
	struct elf64_phdr *phdrs;
	struct elf_image image;

	if (bytes < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	memcpy(header.e_ident, ident, sizeof(ident));
	header.e_machine = EM_RISCV;
	header.e_phentsize = sizeof(struct elf64_phdr);
	header.e_type = header.e_type % 4;
	header.e_phnum %= ELF_PHNUM_MAX + 2;
	header.e_phoff %= bytes + 8;
	if (elf_parse_header(&header, sizeof(header), bytes, &image) != 0)
		return 0;
	phdrs = malloc(image.phnum * sizeof(*phdrs));
	memcpy(phdrs, data + image.phoff, image.phnum * sizeof(*phdrs));
	for (unsigned i = 0; i < image.phnum; i++) {
		phdrs[i].p_type = phdrs[i].p_type % 16 < 10 ? PT_LOAD : phdrs[i].p_type % 8;
		if (data[0] & 1)
			phdrs[i].p_offset =
				(phdrs[i].p_offset & ~0xfffUL) | (phdrs[i].p_vaddr & 0xfff);
	}
	if (elf_parse_segments(phdrs, bytes, VA_MIN, VA_MAX, &image) == 0)
		check_image(&image, bytes);
	free(phdrs);
	return 0;
}
