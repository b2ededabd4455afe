# Tests: all rings, one ring, and the long ones.

N ?= 100
RINGS := $(PYTHON) -m grading.rings
RING ?=
J ?=
RING_OPTIONS := $(if $(J),-j $(J)) $(if $(ONLY),--only '$(ONLY)')

.PHONY: test boot-soak fuzz
test:
	@$(RINGS) $(RING_OPTIONS) $(RING)

boot-soak:
	@$(RINGS) $(RING_OPTIONS) --count $(N) soak

fuzz:
	$(MAKE) -C tools/hosttest fuzz BUILD=$(abspath $(BUILD))
