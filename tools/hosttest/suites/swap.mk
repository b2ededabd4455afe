# kernel/vm: slots of swap areas, and their header on the disk.
swap_SRCS := $(addprefix kernel/vm/,swap_slots.c swap_header.c) kernel/lib/bitmap.c
swap_TESTS := $(sort $(wildcard swap/*.c))
swap_FUZZERS := fuzz/fuzz_swap_slots.c
swap_FUZZ_ENV :=
