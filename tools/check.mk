# make check: everything that can be said about the sources without running them.

CHECKS := check-layers check-headers check-symbols check-sizes check-text check-format check-docs \
	check-driver

.PHONY: check $(CHECKS)
check: $(CHECKS)

check-layers: $(BUILD)/quire.elf
	$(PYTHON) tools/check_layers.py --nm $(NM) --objects $(BUILD)/kernel

check-headers: $(BUILD)/gen/syscall_table.c
	$(PYTHON) tools/check_headers.py kernel $(CC) $(KERNEL_CFLAGS)

check-symbols: $(BUILD)/quire.elf
	$(PYTHON) tools/check_symbols.py $(NM) $(BUILD)/kernel $(BUILD)/quire.elf \
		$(CC) $(KERNEL_CFLAGS)

check-sizes:
	$(PYTHON) tools/check_sizes.py

check-text:
	$(PYTHON) tools/check_text.py

check-format:
	$(PYTHON) tools/check_format.py

check-docs:
	$(PYTHON) tools/check_docs.py

# The unit tests of the QEMU driver.
check-driver:
	$(PYTHON) -m unittest -q $(wildcard grading/tests/test_*.py)
