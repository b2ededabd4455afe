# make slab-compare: the three allocators on the same workloads, for docs/slab.md.

.PHONY: slab-compare
slab-compare:
	@for slab in $(SLAB_CHOICES); do \
		$(MAKE) SLAB=$$slab BUILD=$(BUILD)/compare/$$slab bootable ROOT=initrd || exit 1; \
	done
	@$(PYTHON) -m grading.slab_compare $(BUILD)/compare $(SLAB_CHOICES)
