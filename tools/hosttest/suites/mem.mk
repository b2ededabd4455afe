# kernel/mem: buddy, per-CPU lists and zones, and each of the slab allocators there is.
mem_common_SRCS := $(addprefix kernel/mem/,buddy.c early.c page_alloc.c page_color.c page_fast.c page_oom.c page_range.c \
	pcp.c vmstat.c watermark.c zone.c) kernel/lib/string.c kernel/lib/bitmap.c

mem_SRCS := $(mem_common_SRCS)
mem_TESTS := mem/env.c mem/locks.c mem/test_buddy.c mem/test_early.c mem/test_pages.c \
	mem/test_page_oom.c
mem_INCLUDES := mem/shim
mem_FUZZERS := fuzz/fuzz_buddy.c fuzz/fuzz_pcp.c
mem_FUZZ_ENV := mem/env.c mem/locks.c

# The common part; an implementation's own files begin with its name.
slab_common := cache.c classes.c debug.c hooks.c ipi.c kmalloc.c report.c watch.c

define slab_suite
SUITES += $(1)
$(1)_SRCS := $$(mem_common_SRCS) $$(addprefix kernel/mem/slab/,$$(slab_common)) \
	$$(patsubst $$(TOP)/%,%,$$(wildcard $$(TOP)/kernel/mem/slab/$(1)*.c))
$(1)_TESTS := mem/env.c mem/locks.c mem/slab_env.c mem/test_slab.c
$(1)_INCLUDES := mem/shim
$(1)_FUZZERS := fuzz/fuzz_slab.c
$(1)_FUZZ_ENV := mem/env.c mem/locks.c mem/slab_env.c
endef
$(foreach slab,slub slab slob,$(if $(wildcard $(TOP)/kernel/mem/slab/$(slab).c),$(eval $(call slab_suite,$(slab)))))
