# The root file system: build/fs.img for the virtio disk, build/initrd.img for RAM.

FS_SIZE ?= 128M
MKFS := $(BUILD)/mkfs/mkfs
MKIMAGE = $(PYTHON) tools/mkimage.py --mkfs $(MKFS) --strip $(OBJCOPY)
HAVE_MKFS := $(wildcard mkfs/Makefile)

# EXTRA=DIR: DIR's tree is added to the root. Such images have a name of their own.
ifneq ($(EXTRA),)
IMAGE_SUFFIX := -$(shell printf '%s' '$(realpath $(EXTRA))' | cksum | cut -d' ' -f1)
endif
FS_IMAGE := $(BUILD)/fs$(IMAGE_SUFFIX).img
INITRD_IMAGE := $(BUILD)/initrd$(IMAGE_SUFFIX).img
IMAGE_INPUTS := $(USER_PROGS) $(shell find user/root -type f 2>/dev/null)
IMAGE_ARGS := $(if $(wildcard user/root),--tree user/root) $(if $(EXTRA),--tree $(EXTRA)) \
	--bin $(USER_PROGS)

.PHONY: image mkfs
image: $(FS_IMAGE)

$(FS_IMAGE): $(IMAGE_INPUTS) $(MKFS) tools/mkimage.py $(if $(EXTRA),FORCE)
	$(call say,MKFS,$@)$(MKIMAGE) --size $(FS_SIZE) -o $@ $(IMAGE_ARGS)

$(INITRD_IMAGE): $(IMAGE_INPUTS) $(MKFS) tools/mkimage.py $(if $(EXTRA),FORCE)
	$(call say,MKFS,$@)$(MKIMAGE) --size min -o $@ $(IMAGE_ARGS)

mkfs: $(MKFS)

$(MKFS): FORCE
	@$(MAKE) -s -C mkfs BUILD=$(abspath $(BUILD))/mkfs

ifneq ($(and $(HAVE_MKFS),$(USER_PROGS)),)
all: $(FS_IMAGE)
endif
