#include "proc/trampoline.h"

#include "lib/string.h"
#include "mem/kmap.h"
#include "proc/exec.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"

#define INSN_LI_A7_139 0x08b00893U /* addi a7, zero, 139 (rt_sigreturn) */
#define INSN_ECALL     0x00000073U

static struct mapping trampoline_mapping;

static void
trampoline_read_pages(struct mapping *mapping, struct page **pages, unsigned nr)
{
	static const u32 code[] = {INSN_LI_A7_139, INSN_ECALL};

	(void)mapping;
	for (unsigned i = 0; i < nr; i++) {
		char *kva;

		page_zero_contents(pages[i]);
		kva = kmap_local_page(pages[i]);
		memcpy(kva, code, sizeof(code));
		kunmap_local(kva);
		page_read_done(pages[i], 0);
	}
}

static void
trampoline_path(struct mapping *mapping, char *buf, size_t size)
{
	(void)mapping;
	strscpy(buf, "[vdso]", size);
}

static const struct mapping_ops trampoline_ops = {
	.read_pages = trampoline_read_pages,
	.path = trampoline_path,
};

void INIT
trampoline_init(void)
{
	mapping_init(&trampoline_mapping, &trampoline_ops, NULL, PAGE_SIZE);
}

int
trampoline_map(struct mm *mm)
{
	s64 result = vma_map(mm, SIGRETURN_TRAMPOLINE, PAGE_SIZE,
			     VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYEXEC, &trampoline_mapping, 0,
			     MAP_PLACE_FIXED);

	return result < 0 ? (int)result : 0;
}
