# Quire's build. `make help` lists what there is to make.
#
# BUILD=DIR puts everything that is made elsewhere. The parts: the kernel
# (kernel/kernel.mk), user programs (user/rules.mk), mkfs and fsck (mkfs/mkfs.mk), the disk
# image (tools/image.mk), running (tools/run.mk), checks (tools/check.mk) and tests
# (tools/test.mk).

BUILD ?= build
PYTHON ?= python3
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

# V=1 shows the commands.
ifeq ($(V),)
say = @printf '  %-7s %s\n' $(1) '$(2)';
MAKEFLAGS += --silent
endif
WERROR ?= -Werror

# Which compiler: CLANG=1, or TOOLPREFIX=riscv64-linux-gnu-, or the first gcc found.
NO_COMPILER_GOALS := clean help doctor
ifneq ($(filter-out $(NO_COMPILER_GOALS),$(or $(MAKECMDGOALS),all)),)
$(shell tools/toolchain-cached $(BUILD)/gen/toolchain.mk '$(CLANG)' '$(TOOLPREFIX)')
include $(BUILD)/gen/toolchain.mk
ifneq ($(TOOLCHAIN_ERROR),)
$(error $(TOOLCHAIN_ERROR) (`make doctor` tells more))
endif

SRC := .
include kernel/kernel.mk
include user/rules.mk
include mkfs/mkfs.mk
include tools/image.mk
include tools/run.mk
include tools/check.mk
include tools/test.mk
include tools/slab.mk
endif

.DEFAULT_GOAL := all
.PHONY: all kernel clean help doctor FORCE
all: $(BUILD)/quire.elf $(FS_IMAGE) $(FSCK)

kernel: $(BUILD)/$(KERNEL_ELF)

clean:
	rm -rf $(BUILD)

help:
	@cat tools/help.txt

doctor:
	@$(PYTHON) tools/doctor.py

FORCE:
