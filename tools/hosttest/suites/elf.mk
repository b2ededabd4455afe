# The checks of ELF files, with and without a hostile author.

elf_SRCS := kernel/proc/elf.c
elf_TESTS := elf/test_elf.c
elf_FUZZERS := fuzz/fuzz_elf.c
