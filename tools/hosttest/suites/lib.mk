# kernel/lib. The functions that libc has, too, are renamed k_...: see lib/rename.h.
lib_SRCS := $(addprefix kernel/lib/,bitmap.c cmdline.c crc32c.c fdt.c libgcc.c lzpage.c parse.c \
	printf.c random.c rbtree.c string.c xarray.c) kernel/ktest/page_samples.c
lib_TESTS := $(sort $(wildcard lib/*.c))
lib_FUZZERS := $(addprefix fuzz/,fuzz_fdt.c fuzz_lzpage.c fuzz_text.c fuzz_xarray.c \
	fuzz_rbtree.c)
lib_FUZZ_ENV := lib/xa_env.c lib/fdt_walk.c
lib_DATA := $(OUT)/data/virt.dtb

# The device tree of QEMU's machine; an empty file where there is no QEMU.
QEMU ?= qemu-system-riscv64
$(OUT)/data/virt.dtb:
	@mkdir -p $(@D)
	$(call say,QEMU,$(notdir $@))$(QEMU) -M virt,dumpdtb=$@.$$$$ -smp 4 -m 256M >/dev/null 2>&1 || \
		: >$@.$$$$; mv $@.$$$$ $@

# string.c reads whole aligned words of which the source may own a part: the tests look for wild
# accesses with guard pages instead of the address sanitizer.
CFLAGS_kernel/lib/string.c := -include lib/rename.h -fno-sanitize=address -fno-builtin
CFLAGS_kernel/lib/printf.c := -include lib/rename.h
CFLAGS_kernel/lib/libgcc.c := -include lib/rename.h
