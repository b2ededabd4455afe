/* For the host: RAM is an array, and the direct map leads there. */
#pragma once

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096

extern unsigned char *sim_ram;
extern struct page *sim_pages;

#define DIRECTMAP_BASE ((unsigned long)sim_ram)
#define vmemmap	       sim_pages
