# Tests: all rings, one ring, and the long ones.

N ?= 100
LAB ?=
TEST ?=
LINUX ?=
LINUX_MODULES ?=
export QUIRE_LINUX := $(value LINUX)
export QUIRE_LINUX_MODULES := $(value LINUX_MODULES)
RINGS := $(PYTHON) -m grading.rings
RING ?=
J ?=
RING_OPTIONS := $(if $(J),-j $(J)) $(if $(ONLY),--only '$(ONLY)')

.PHONY: test boot-soak oom-soak swap-soak crash faults fuzz bench bench-swap linux-compare linux-run
test:
	@$(RINGS) $(RING_OPTIONS) $(RING)

boot-soak:
	@$(RINGS) $(RING_OPTIONS) --count $(N) soak

# Two runaways and one process that must live, so many times.
oom-soak:
	@$(RINGS) $(RING_OPTIONS) --count $(N) oom-soak

# Eight processes, 256 MiB on 64 MiB: every policy, 1 to 4 harts, KASAN; and beside swapoff. ONLY= for some rows.
swap-soak:
	@$(RINGS) $(if $(J),-j $(J),-j 1) $(if $(ONLY),--only '$(ONLY)') swap-soak

# SEED= repeats a run.
crash:
	@$(RINGS) $(RING_OPTIONS) --count $(N) $(if $(SEED),--seed $(SEED)) crash

# Continues where the last one was stopped.
faults:
	@$(RINGS) $(RING_OPTIONS) sweep

# Every test program here and under qemu-riscv64, or the kernel LINUX=IMAGE, case by case.
linux-compare: bootable
	@$(PYTHON) -m grading.linux_compare

# One line of shell, CMD=, on the kernel LINUX=IMAGE.
linux-run: bootable
	@$(PYTHON) -m grading.linux_kernel

fuzz:
	$(MAKE) -C tools/hosttest fuzz BUILD=$(abspath $(BUILD))

# swapbench with the options SWAPBENCH=, N times; beside the kernel LINUX=IMAGE, if given.
bench-swap: export QUIRE_SWAPBENCH := $(value SWAPBENCH)
bench-swap: export QUIRE_N := $(if $(filter command line,$(origin N)),$(N),1)
bench-swap: bootable
	@$(PYTHON) -m grading.bench_swap

bench: $(BUILD)/quire.elf $(INITRD_IMAGE)
	@$(PYTHON) -m grading.bench

# Records the string that REFS= says (user/test/refstring.c) under the policy POLICY=, prints what it
# costs under all of them, and draws that. REFS=FILE: a string that is there already.
REFS ?= -f 40 -n 120 -r 4000 hot
POLICY ?= lru
export QUIRE_REFS := $(value REFS)
REFS_RECORD := $(BUILD)/refsim.txt
.PHONY: refsim
ifneq ($(wildcard $(REFS)),)
refsim:
	@$(PYTHON) tools/refsim $(REFS) --svg $(BUILD)/refsim.svg
else
refsim: bootable
	@QUIRE_SWAP=64M QUIRE_APPEND=reclaim=$(POLICY) QUIRE_CMD="mkswap /dev/vdb >/dev/null && \
		swapon /dev/vdb && refstring $$QUIRE_REFS" $(PYTHON) tools/run >$(REFS_RECORD)
	@$(PYTHON) tools/refsim $(REFS_RECORD) --svg $(BUILD)/refsim.svg --check
endif
	@echo "$(BUILD)/refsim.svg"

# LAB=cow TEST=NAME SEED=N GDB=1; GRADE_FLAGS for all other options of grading/grade. LAB is an argument
# even if it is empty: a test alone must not stand in its place.
.PHONY: grade grade-selfcheck grade-soak
grade-selfcheck: $(BUILD)/quire.elf $(FS_IMAGE)
	@$(PYTHON) grading/grade --selfcheck $(if $(J),-j $(J)) $(GRADE_FLAGS) $(LAB)

grade: $(BUILD)/quire.elf $(FS_IMAGE)
	@$(PYTHON) grading/grade $(if $(J),-j $(J)) $(if $(SEED),--seed $(SEED)) \
		$(if $(GDB),--gdb) $(GRADE_FLAGS) "$(LAB)" $(TEST)

# Full marks N times, each with another seed; says what was lost, and stops, when they are not.
GRADE_SOAK_LOG := $(BUILD)/grade-soak.log
grade-soak: $(BUILD)/quire.elf $(FS_IMAGE)
	@for i in $$(seq $(N)); do \
		$(PYTHON) grading/grade $(if $(J),-j $(J)) $(GRADE_FLAGS) $(LAB) >$(GRADE_SOAK_LOG) 2>&1 || \
			{ cat $(GRADE_SOAK_LOG); exit 1; }; \
		echo "$$i of $(N): full marks,$$(tail -n 1 $(GRADE_SOAK_LOG))"; \
	done
