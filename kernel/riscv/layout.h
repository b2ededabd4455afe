#pragma once

/*
 * The kernel's address space; docs/memory-map.md draws it. Also read by
 * assembly and by the linker script's checks, so: plain numbers.
 *
 * Sv39 gives the kernel the top 256 GiB, entries 256 to 511 of every root table.
 */

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096

#define PMD_SHIFT 21
#define PUD_SHIFT 30

#define USER_VA_START 0x10000
#define USER_VA_END   0x4000000000

#define KERNEL_VA_START 0xffffffc000000000

/* All of RAM, at a fixed distance: kva = pa + DIRECTMAP_BASE. */
#define DIRECTMAP_BASE 0xffffffc000000000
#define DIRECTMAP_SIZE 0x0000002000000000

/* struct page of frame n at VMEMMAP_BASE + n * sizeof(struct page). */
#define VMEMMAP_BASE 0xffffffe000000000
#define VMEMMAP_SIZE 0x0000000080000000

/* vmalloc, kernel stacks, ioremap. */
#define VMALLOC_BASE 0xffffffe100000000
#define VMALLOC_END  0xffffffe500000000

/* kmap_local_page() windows, one set for each hart. */
#define KMAP_BASE 0xfffffff000000000
#define KMAP_END  0xfffffff001000000

/* KASAN shadow, 1/8 of the kernel half. */
#define KASAN_SHADOW_BASE 0xfffffff400000000
#define KASAN_SHADOW_END  0xfffffffc00000000

/* The kernel's image: linked here, loaded at KERNEL_LINK_PA by QEMU. */
#define KERNEL_LINK_VA 0xffffffff80200000
#define KERNEL_LINK_PA 0x80200000

/*
 * Kernel stacks: the upper half of a slot of twice their size and alignment; the lower half is
 * the guard. So bit KSTACK_SHIFT of sp tells at once whether a stack has overflowed.
 */
#ifdef KASAN
#define KSTACK_SHIFT 15 /* red zones between local variables */
#define KSTACK_SIZE  32768
#else
#define KSTACK_SHIFT 14
#define KSTACK_SIZE  16384
#endif

/* Most harts that one kernel image serves. */
#define NR_CPUS 8
