# make check: everything that can be said about the sources without running them.

CHECKS := check-layers check-headers check-symbols check-init check-sizes check-text check-format check-docs \
	check-pointers check-python check-sparse check-driver

.PHONY: check $(CHECKS)
check: $(CHECKS)

check-layers: $(BUILD)/quire.elf
	$(PYTHON) tools/check_layers.py --nm $(NM) --objects $(BUILD)/kernel

check-headers: $(BUILD)/gen/syscall_table.c
	$(PYTHON) tools/check_headers.py kernel $(CC) $(KERNEL_CFLAGS)

check-symbols: $(BUILD)/quire.elf
	$(PYTHON) tools/check_symbols.py $(NM) $(BUILD)/kernel $(BUILD)/quire.elf \
		$(CC) $(KERNEL_CFLAGS)

check-init: $(BUILD)/quire.elf
	$(PYTHON) tools/check_init.py $(NM) $(BUILD)/kernel

check-sizes:
	$(PYTHON) tools/check_sizes.py

check-text:
	$(PYTHON) tools/check_text.py

check-format:
	$(PYTHON) tools/check_format.py

check-docs:
	$(PYTHON) tools/check_docs.py

check-pointers:
	$(PYTHON) tools/check_pointers.py

check-python:
	$(PYTHON) tools/check_python.py

# What compilers do not say about types. sparse reads each header once for all files of a call, so
# it gets one file at a time. Skipped where there is no sparse.
SPARSE_FLAGS := -m64 -std=gnu11 -D__riscv -D__riscv_xlen=64 -Wno-decl -Wno-unknown-attribute \
	-Wsparse-error -gcc-base-dir $(shell $(CC) -print-file-name=) -Ikernel -I$(BUILD)/gen

check-sparse: $(BUILD)/gen/syscall_table.c
	if command -v sparse >/dev/null; then \
		printf '%s\n' $(filter %.c,$(KERNEL_SOURCES)) | \
			xargs -n 1 -P 2 sparse $(SPARSE_FLAGS) && echo "sparse: ok"; \
	else echo "sparse: skipped, it is not installed"; fi

# The unit tests of the QEMU driver, and of setup.sh.
check-driver:
	$(PYTHON) -m unittest -q $(wildcard grading/tests/test_*.py)
