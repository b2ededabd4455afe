/* The kernel's layout, but with RAM and struct pages where the test has put them. */
#pragma once

#include_next "riscv/layout.h"

#include <stdint.h>

#undef DIRECTMAP_BASE
extern uint64_t host_directmap_base;
#define DIRECTMAP_BASE host_directmap_base

struct page;
extern struct page *host_vmemmap;
#define vmemmap host_vmemmap
