# kernel/vm: areas, mmap and friends, without page tables and pages.
vma_SRCS := $(addprefix kernel/vm/,vma.c anon_group.c mmap.c brk.c) kernel/lib/rbtree.c
vma_TESTS := vma/env.c vma/test_vma.c
vma_INCLUDES := vma/shim
vma_FUZZERS := fuzz/fuzz_vma.c
vma_FUZZ_ENV := vma/env.c
