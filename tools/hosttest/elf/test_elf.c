/* proc/elf.c: which files may be run, and what the loader is told about them. */
#include "proc/elf.h"

#include "hosttest.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "riscv/layout.h"

#define VA_MIN	  0x10000UL
#define VA_MAX	  0x3ffffff000UL
#define FILE_SIZE 0x20000UL

struct sample {
	struct elf64_ehdr eh;
	struct elf64_phdr ph[4];
};

/* A static program: text, data with bss, and a stack that is not executable. */
static struct sample
good_program(void)
{
	struct sample s = {
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		       .e_type = ET_EXEC,
		       .e_machine = EM_RISCV,
		       .e_version = EV_CURRENT,
		       .e_entry = 0x10100,
		       .e_phoff = sizeof(struct elf64_ehdr),
		       .e_phentsize = sizeof(struct elf64_phdr),
		       .e_phnum = 3},
		.ph = {{.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = 0x10000,
			.p_filesz = 0x1800,
			.p_memsz = 0x1800},
		       {.p_type = PT_LOAD,
			.p_flags = PF_R | PF_W,
			.p_offset = 0x1800,
			.p_vaddr = 0x12800,
			.p_filesz = 0x200,
			.p_memsz = 0x5000},
		       {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W}},
	};

	return s;
}

static int
parse(const struct sample *s, struct elf_image *image)
{
	int err = elf_parse_header(s, sizeof(*s), FILE_SIZE, image);

	return err ? err : elf_parse_segments(s->ph, FILE_SIZE, VA_MIN, VA_MAX, image);
}

#define CHECK_BAD(s)                                         \
	do {                                                 \
		struct elf_image bad_image;                  \
		CHECK_EQ(parse(&(s), &bad_image), -ENOEXEC); \
	} while (0)

HOSTTEST(elf_static_program)
{
	struct sample s = good_program();
	struct elf_image image;

	CHECK_EQ(parse(&s, &image), 0);
	CHECK_EQ(image.nr_segments, 2);
	CHECK_EQ(image.entry, 0x10100);
	CHECK_EQ(image.phdr_vaddr, 0x10040);
	CHECK_EQ(image.start, 0x10000);
	CHECK_EQ(image.end, 0x18000);
	CHECK(!image.is_dyn && !image.exec_stack);
	CHECK_EQ(image.segments[1].memsz, 0x5000);
	CHECK_EQ(image.interp_bytes, 0);
}

HOSTTEST(elf_dynamic_program)
{
	struct sample s = good_program();
	struct elf_image image;

	s.eh.e_type = ET_DYN;
	s.eh.e_entry = 0x100;
	s.eh.e_phnum = 4;
	s.ph[0].p_vaddr = 0;
	s.ph[1].p_vaddr = 0x2800;
	s.ph[3] = (struct elf64_phdr){.p_type = PT_INTERP, .p_offset = 0x1000, .p_filesz = 27};
	CHECK_EQ(parse(&s, &image), 0);
	CHECK(image.is_dyn);
	CHECK_EQ(image.start, 0);
	CHECK_EQ(image.interp_offset, 0x1000);
	CHECK_EQ(image.interp_bytes, 27);
	s.ph[3].p_offset = FILE_SIZE - 26;
	CHECK_BAD(s);
	s.ph[3] = (struct elf64_phdr){.p_type = PT_INTERP, .p_filesz = ELF_INTERP_MAX + 1};
	CHECK_BAD(s);
	s.ph[3].p_filesz = 1;
	CHECK_BAD(s);
	s.ph[3].p_filesz = 10;
	s.ph[2] = s.ph[3];
	CHECK_BAD(s);
}

HOSTTEST(elf_header_fields)
{
	struct sample s;
	struct elf_image image;

	for (unsigned i = 0; i <= EI_VERSION; i++) {
		s = good_program();
		s.eh.e_ident[i] ^= 3;
		CHECK_BAD(s);
	}
	s = good_program();
	s.eh.e_machine = 62;
	CHECK_BAD(s);
	for (unsigned type = 0; type < 6; type++) {
		s = good_program();
		s.eh.e_type = type;
		CHECK_EQ(parse(&s, &image), type == ET_EXEC || type == ET_DYN ? 0 : -ENOEXEC);
	}
	s = good_program();
	s.eh.e_phentsize = 32;
	CHECK_BAD(s);
	s = good_program();
	s.eh.e_phnum = 0;
	CHECK_BAD(s);
	s.eh.e_phnum = ELF_PHNUM_MAX + 1;
	CHECK_BAD(s);
	CHECK_EQ(elf_parse_header(&s, sizeof(s.eh) - 1, FILE_SIZE, &image), -ENOEXEC);
}

HOSTTEST(elf_header_offset_overflows)
{
	static const u64 offsets[] = {FILE_SIZE, FILE_SIZE - 8, ~0UL, ~0UL - 100, 1UL << 63};

	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct sample s = good_program();

		s.eh.e_phoff = offsets[i];
		CHECK_BAD(s);
	}
}

HOSTTEST(elf_segment_ranges)
{
	static const u64 sizes[] = {~0UL, ~0UL - 0x12000, 1UL << 63, VA_MAX};
	struct sample s;

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		s = good_program();
		s.ph[1].p_memsz = sizes[i];
		CHECK_BAD(s);
		s.ph[1].p_memsz = VA_MAX - s.ph[1].p_vaddr + 1;
		CHECK_BAD(s);
		s = good_program();
		s.ph[1].p_filesz = s.ph[1].p_memsz = sizes[i];
		CHECK_BAD(s);
		s = good_program();
		s.ph[1].p_vaddr = (sizes[i] & ~0xfffUL) | 0x800;
		CHECK_BAD(s);
		s = good_program();
		s.ph[1].p_offset = (sizes[i] & ~0xfffUL) | 0x800;
		CHECK_BAD(s);
	}
}

HOSTTEST(elf_segment_rules)
{
	struct sample s = good_program();

	s.ph[1].p_filesz = s.ph[1].p_memsz + 1;
	CHECK_BAD(s);
	s = good_program();
	s.ph[1].p_offset += 8;
	CHECK_BAD(s);
	s = good_program();
	s.ph[1].p_vaddr = 0x11800; /* shares a page with the text */
	CHECK_BAD(s);
	s = good_program();
	s.ph[0].p_vaddr = 0xf000; /* below the lowest address */
	CHECK_BAD(s);
	s = good_program();
	s.ph[0].p_flags = PF_R; /* the entry is not code */
	CHECK_BAD(s);
	s = good_program();
	s.eh.e_entry = 0x11800;
	CHECK_BAD(s);
	s = good_program();
	s.ph[0].p_type = s.ph[1].p_type = PT_NULL;
	CHECK_BAD(s);
	s = good_program();
	s.ph[1].p_memsz = 0; /* with bytes in the file */
	CHECK_BAD(s);
}

HOSTTEST(elf_empty_segment_is_skipped)
{
	struct sample s = good_program();
	struct elf_image image;

	s.ph[1].p_memsz = s.ph[1].p_filesz = 0;
	CHECK_EQ(parse(&s, &image), 0);
	CHECK_EQ(image.nr_segments, 1);
}

HOSTTEST(elf_bss_alone_needs_no_file)
{
	struct sample s = good_program();
	struct elf_image image;

	s.ph[1].p_filesz = 0;
	s.ph[1].p_offset = 0x1234;
	CHECK_EQ(parse(&s, &image), 0);
	CHECK_EQ(image.segments[1].filesz, 0);
}

HOSTTEST(elf_alignment)
{
	struct sample s = good_program();
	struct elf_image image;

	CHECK_EQ(parse(&s, &image), 0);
	CHECK_EQ(image.align, PAGE_SIZE);
	s.ph[0].p_align = 0x10000;
	s.ph[1].p_align = 0x4000;
	s.ph[2].p_align = 0x20000; /* not a segment that is loaded */
	CHECK_EQ(parse(&s, &image), 0);
	CHECK_EQ(image.align, 0x10000);
	s.ph[1].p_align = 0x30000; /* no power of two */
	CHECK_EQ(parse(&s, &image), 0);
	CHECK_EQ(image.align, 0x10000);
	s.ph[0].p_align = 1UL << 63; /* counts only where there is a choice */
	CHECK_EQ(parse(&s, &image), 0);
	s.eh.e_type = ET_DYN;
	CHECK_BAD(s);
	s.ph[0].p_align = 1UL << 37;
	CHECK_EQ(parse(&s, &image), 0);
	CHECK_EQ(image.align, 1UL << 37);
}

HOSTTEST(elf_stack_may_be_code)
{
	struct sample s = good_program();
	struct elf_image image;

	s.ph[2].p_flags |= PF_X;
	CHECK_EQ(parse(&s, &image), 0);
	CHECK(image.exec_stack);
	s.eh.e_phnum = 2;
	CHECK_EQ(parse(&s, &image), 0);
	CHECK(!image.exec_stack);
}

/* What is accepted never lies outside the bounds, whatever the numbers are. */
HOSTTEST(elf_random_numbers)
{
	for (int round = 0; round < 200000; round++) {
		struct sample s = good_program();
		u64 *fields = (u64 *)&s.ph[rnd_below(2)];
		struct elf_image image;

		fields[1 + rnd_below(6)] = rnd_one_in(2) ? rnd_scaled() : rnd();
		if (rnd_one_in(4))
			fields[1 + rnd_below(6)] = rnd_scaled();
		if (parse(&s, &image) != 0)
			continue;
		for (unsigned i = 0; i < image.nr_segments; i++) {
			const struct elf_segment *segment = &image.segments[i];

			CHECK(segment->vaddr >= VA_MIN && segment->memsz <= VA_MAX);
			CHECK(segment->vaddr + segment->memsz <= VA_MAX);
			CHECK(segment->filesz <= segment->memsz);
			CHECK(segment->filesz <= FILE_SIZE);
			CHECK(!segment->filesz || segment->offset + segment->filesz <= FILE_SIZE);
		}
	}
}
