# The kernel: every .c and .S file of the layer folders, found by wildcard.

KERNEL_LAYERS := lib riscv core mem sched dev vm fs proc syscall trap boot ktest

# One of three allocators behind one header (kernel/mem/slab.h), chosen at link time.
SLAB ?= slub
SLAB_CHOICES := slub slab slob
ifeq ($(filter $(SLAB),$(SLAB_CHOICES)),)
$(error SLAB=$(SLAB): choose one of $(SLAB_CHOICES))
endif
KERNEL_UNUSED := $(foreach other,$(filter-out $(SLAB),$(SLAB_CHOICES)),kernel/mem/slab/$(other)%)

# The image. Those with other allocators may have names of their own beside it, of the same objects.
KERNEL_ELF ?= quire.elf

# Checks of every access (docs/kasan.md): gcc's instrumentation, and kernel/mem/kasan for it to call.
KASAN ?=
ifeq ($(KASAN),)
KERNEL_UNUSED += $(wildcard kernel/mem/kasan/*.c)
else ifneq ($(TOOLCHAIN),gcc)
$(error KASAN=1 needs gcc: with clang it is not supported)
endif

KERNEL_SOURCES := $(sort $(filter-out $(KERNEL_UNUSED),\
	$(foreach layer,$(KERNEL_LAYERS),\
	$(wildcard kernel/$(layer)/*.c kernel/$(layer)/*.S kernel/$(layer)/*/*.c kernel/$(layer)/*/*.S))))
KERNEL_OBJECTS := $(KERNEL_SOURCES:%=$(BUILD)/%.o) \
	$(if $(wildcard kernel/syscall/*.c),$(BUILD)/gen/syscall_table.c.o)
KERNEL_LDSCRIPT := kernel/boot/kernel.ld

KERNEL_CFLAGS := -std=gnu11 -O2 -g $(KERNEL_ARCH) $(TARGET_FLAGS) \
	-ffreestanding -nostdlib -fno-common -fno-omit-frame-pointer -fno-optimize-sibling-calls \
	-fno-strict-aliasing -fno-strict-overflow -fno-delete-null-pointer-checks \
	-fno-asynchronous-unwind-tables \
	-Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wvla $(WERROR) \
	-Ikernel -I$(BUILD)/gen
ifneq ($(DEBUG),)
KERNEL_CFLAGS += -DDEBUG=1
endif
# shadow = (address >> 3) + offset, so that the kernel half's shadow begins at KASAN_SHADOW_BASE.
# What looks at memory that may not be used, and what reports need, is not instrumented.
KASAN_PLAIN := kernel/lib/string.c kernel/core/panic.c kernel/core/ksyms.c kernel/core/stack_trace.c \
	kernel/mem/kmemleak/scan.c $(wildcard kernel/mem/slab/*.c kernel/mem/kasan/*.c)
ifneq ($(KASAN),)
KERNEL_CFLAGS += -DKASAN=1
KASAN_CFLAGS := -fsanitize=kernel-address -fasan-shadow-offset=0xdffffffc00000000 \
	--param asan-instrumentation-with-call-threshold=0 --param asan-stack=1 \
	--param asan-globals=1 -fno-section-anchors \
	$(foreach f,memcpy memmove memset memcmp,-D$(f)=kasan_$(f))
endif
kasan-flags = $(if $(filter $(KASAN_PLAIN),$(1)),,$(KASAN_CFLAGS))
# gcc turns the loops of memcpy and memset into calls of memcpy and memset.
ifeq ($(TOOLCHAIN),gcc)
KERNEL_LIB_CFLAGS := -fno-tree-loop-distribute-patterns
endif
KERNEL_LDFLAGS := -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none \
	-T $(KERNEL_LDSCRIPT)

# What an object was made from is in a .d beside it, without the compiler's own headers. EVERY_INPUT=1: with
# these, and in an .as what the assembler read (.include, .incbin).
EVERY_INPUT ?=
comma := ,
KERNEL_INPUTS = $(if $(EVERY_INPUT),-MD -Wa$(comma)--MD$(comma)$(@:.o=.as),-MMD) -MP

$(BUILD)/kernel/lib/%.c.o: KERNEL_CFLAGS += $(KERNEL_LIB_CFLAGS)
# Its copies of eight bytes are one load and one store each, wherever they are. This gcc makes that of them
# only when it tunes for a machine that can, too.
ifeq ($(TOOLCHAIN),gcc)
$(BUILD)/kernel/lib/lzpage.c.o: KERNEL_CFLAGS += -mno-strict-align -mtune=size
endif

# Fast paths that end in a call save nothing then.
$(BUILD)/kernel/mem/%_fast.c.o: KERNEL_CFLAGS += -fomit-frame-pointer -foptimize-sibling-calls

$(BUILD)/kernel/%.c.o: kernel/%.c $(BUILD)/gen/kernel.flags | $(BUILD)/gen/syscall_proto.h
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(KERNEL_CFLAGS) $(call kasan-flags,$<) $(KERNEL_INPUTS) -c -o $@ $<

$(BUILD)/kernel/%.S.o: kernel/%.S $(BUILD)/gen/kernel.flags
	@mkdir -p $(@D)
	$(call say,AS,$<)$(CC) $(KERNEL_CFLAGS) -D__ASSEMBLY__ $(KERNEL_INPUTS) -c -o $@ $<

$(BUILD)/gen/syscall_table.c.o: $(BUILD)/gen/syscall_table.c $(BUILD)/gen/kernel.flags
	$(call say,CC,$<)$(CC) $(KERNEL_CFLAGS) $(KERNEL_INPUTS) -c -o $@ $<

$(BUILD)/gen/syscall_proto.h: $(BUILD)/gen/syscall_table.c

$(BUILD)/gen/syscall_table.c: kernel/syscall/syscall.tbl tools/gen_syscalls.py
	@mkdir -p $(@D)
	$(call say,GEN,$@)$(PYTHON) tools/gen_syscalls.py \
		--kernel-proto $(BUILD)/gen/syscall_proto.h --kernel-table $@

# These change whenever the flags do, so that everything is rebuilt, and whenever a
# source file comes or goes, so that the image is linked again.
$(BUILD)/gen/kernel.flags: FORCE
	@mkdir -p $(@D)
	@tools/write-if-changed $@ '$(CC) $(KERNEL_CFLAGS) $(KASAN_CFLAGS)'

$(BUILD)/gen/$(KERNEL_ELF).objects: FORCE
	@mkdir -p $(@D)
	@tools/write-if-changed $@ '$(LD) $(KERNEL_LDFLAGS) $(KERNEL_OBJECTS)'

# The image is linked twice; tools/ksyms.py says why.
$(BUILD)/$(KERNEL_ELF): $(KERNEL_OBJECTS) $(KERNEL_LDSCRIPT) tools/ksyms.py $(BUILD)/gen/$(KERNEL_ELF).objects
	$(call say,LD,$@)
	$(PYTHON) tools/ksyms.py --empty >$(BUILD)/gen/ksyms0.S
	$(CC) $(KERNEL_CFLAGS) -c -o $(BUILD)/gen/ksyms0.o $(BUILD)/gen/ksyms0.S
	$(LD) $(KERNEL_LDFLAGS) -o $(BUILD)/gen/quire0.elf $(KERNEL_OBJECTS) $(BUILD)/gen/ksyms0.o
	$(NM) $(BUILD)/gen/quire0.elf | $(PYTHON) tools/ksyms.py >$(BUILD)/gen/ksyms.S
	$(CC) $(KERNEL_CFLAGS) -c -o $(BUILD)/gen/ksyms.o $(BUILD)/gen/ksyms.S
	$(LD) $(KERNEL_LDFLAGS) -o $@.tmp $(KERNEL_OBJECTS) $(BUILD)/gen/ksyms.o
	$(NM) $@.tmp | $(PYTHON) tools/ksyms.py >$(BUILD)/gen/ksyms2.S
	$(PYTHON) tools/ksyms.py --compare $(BUILD)/gen/ksyms.S $(BUILD)/gen/ksyms2.S
	mv $@.tmp $@

-include $(KERNEL_OBJECTS:.o=.d)
