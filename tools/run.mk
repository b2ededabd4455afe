# Running the kernel: make qemu, qemu-gdb, gdb, run. The variables are README's; they go to
# the Python tools in the environment, where no quoting can spoil them.

MEM ?= 128M
SMP ?= 2
SWAP ?=
APPEND ?=
ROOT ?= disk
QEMUFLAGS ?=
TIMEOUT ?=
CMD ?=
GDBPORT ?= $(shell expr 26000 + $$(id -u) % 5000)

export QUIRE_BUILD := $(BUILD)
export QUIRE_MAKE := $(MAKE)
export QUIRE_KERNEL := $(BUILD)/quire.elf
export QUIRE_IMAGE := $(FS_IMAGE)
export QUIRE_INITRD := $(INITRD_IMAGE)
export QUIRE_MEM := $(value MEM)
export QUIRE_SMP := $(value SMP)
export QUIRE_SWAP := $(value SWAP)
export QUIRE_APPEND := $(value APPEND)
export QUIRE_ROOT := $(value ROOT)
export QUIRE_QEMUFLAGS := $(value QEMUFLAGS)
export QUIRE_TIMEOUT := $(value TIMEOUT)
export QUIRE_CMD := $(value CMD)
export QUIRE_GDBPORT := $(GDBPORT)

ROOT_IMAGE := $(if $(filter initrd,$(ROOT)),$(INITRD_IMAGE),$(FS_IMAGE))

.PHONY: qemu qemu-gdb gdb run run-line bootable
bootable: $(BUILD)/quire.elf $(ROOT_IMAGE)

qemu: bootable
	@$(PYTHON) tools/qemu

qemu-gdb: bootable
	@$(PYTHON) tools/qemu --gdb $(GDBPORT)

gdb:
	@GDBPORT=$(GDBPORT) tools/gdb-start $(BUILD)/quire.elf

# Standard output is the line's alone, so what building prints goes elsewhere. The recipe of
# `run` is expanded only when run-line has left the status.
RUN_STATUS := $(BUILD)/gen/run.$(shell echo $$PPID).status

run: run-line
	$(if $(filter load,$(.FEATURES)),$(exit-with-status-in $(RUN_STATUS)))
	@status=$$(cat $(RUN_STATUS)); rm -f $(RUN_STATUS); exit $$status

run-line:
	@$(MAKE) bootable >&2
	@$(PYTHON) tools/run; echo $$? >$(RUN_STATUS)

# Make loads this into itself: it gives `make run` the status of the line. A make that cannot
# load anything says 2 for every status but 0.
ifneq ($(and $(filter run,$(MAKECMDGOALS)),$(filter load,$(.FEATURES))),)
$(BUILD)/gen/make_exit.so: tools/make_exit.c
	@mkdir -p $(@D)
	@$(HOSTCC) -shared -fPIC -O1 -o $@ $< 2>/dev/null || true

-load $(BUILD)/gen/make_exit.so(make_exit_setup)
endif
