# Quire's build. `make help` lists what there is to make.
#
# BUILD=DIR puts everything that is made elsewhere. Three parts are included: the
# kernel's (kernel/kernel.mk), the user programs' (user/rules.mk, which lists the
# programs it builds in USER_PROGS) and what runs them (tools/run.mk).

BUILD ?= build
PYTHON ?= python3
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# V=1 shows the commands.
ifeq ($(V),)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2);
MAKEFLAGS += --no-print-directory
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
endif

.PHONY: all kernel clean FORCE
all: $(BUILD)/quire.elf

kernel: $(BUILD)/quire.elf

include kernel/kernel.mk
-include user/lib/flags.mk user/rules.mk
include tools/image.mk

clean:
	rm -rf $(BUILD)

FORCE:
