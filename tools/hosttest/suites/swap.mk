# kernel/vm: slots of swap areas, their header on the disk, the pool of compressed pages.
swap_SRCS := $(addprefix kernel/vm/,swap_slots.c swap_header.c zpool.c) kernel/lib/bitmap.c
swap_TESTS := $(sort $(wildcard swap/*.c))
swap_FUZZERS := $(addprefix fuzz/,fuzz_swap_slots.c fuzz_zpool.c)
swap_FUZZ_ENV := swap/env.c
