# The root file system: build/fs.img for the virtio disk, build/initrd.img for RAM.

FS_SIZE ?= 128M
MKFS := $(BUILD)/mkfs/mkfs
FSCK := $(BUILD)/mkfs/fsck

# EXTRA=DIR: DIR's tree is added to the root. Such images have a name of their own.
ifneq ($(EXTRA),)
ifeq ($(realpath $(EXTRA)),)
$(error EXTRA=$(EXTRA): no such directory)
endif
IMAGE_SUFFIX := -$(shell printf '%s' '$(realpath $(EXTRA))' | cksum | cut -d' ' -f1)
endif

# DISTRO=1: Debian's C library and programs of its compiler are added, too.
include user/distro/distro.mk
ifneq ($(filter-out 0,$(DISTRO)),)
IMAGE_SUFFIX := $(IMAGE_SUFFIX)-distro
IMAGE_DISTRO := $(DISTRO_FILES)
endif
FS_IMAGE := $(BUILD)/fs$(IMAGE_SUFFIX).img
INITRD_IMAGE := $(BUILD)/initrd$(IMAGE_SUFFIX).img

# user/root is copied as it is; programs go to /bin.
IMAGE_INPUTS := $(USER_PROGRAMS) $(MKFS) tools/mkimage.py $(BUILD)/gen/image.inputs \
	$(shell find user/root -type f 2>/dev/null) $(IMAGE_DISTRO) $(if $(EXTRA),FORCE)
IMAGE_ARGS := --mkfs $(MKFS) $(if $(wildcard user/root),--tree user/root) \
	$(if $(IMAGE_DISTRO),--tree $(DISTRO_TREE)) $(if $(EXTRA),--tree '$(EXTRA)') --bin $(USER_PROGRAMS)

.PHONY: image print-image
image: $(FS_IMAGE) $(FSCK)

print-image: $(FS_IMAGE)
	@echo $(FS_IMAGE)

$(FS_IMAGE): $(IMAGE_INPUTS)
	$(call say,MKFS,$@)$(PYTHON) tools/mkimage.py --size $(FS_SIZE) -o $@ $(IMAGE_ARGS)

$(INITRD_IMAGE): $(IMAGE_INPUTS)
	$(call say,MKFS,$@)$(PYTHON) tools/mkimage.py --size min -o $@ $(IMAGE_ARGS)

# Changes when a program comes or goes.
$(BUILD)/gen/image.inputs: FORCE
	@mkdir -p $(@D)
	@tools/write-if-changed $@ '$(USER_PROGRAMS)'
