# The host tools of the on-disk file system: $(BUILD)/mkfs/mkfs and $(BUILD)/mkfs/fsck.

HOSTCC ?= gcc
MKFS_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -Ikernel -Imkfs
QFS_PURE := $(addprefix kernel/fs/qfs/,csum.c layout.c path.c bits.c dirblock.c replay.c)
MKFS_SHARED := $(QFS_PURE) kernel/lib/crc32c.c
MKFS_HEADERS := $(wildcard mkfs/*.h kernel/fs/qfs/*.h kernel/lib/*.h)

$(BUILD)/mkfs/mkfs: mkfs/mkfs.c mkfs/tree.c mkfs/image.c $(MKFS_SHARED) $(MKFS_HEADERS)
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)$(HOSTCC) $(MKFS_CFLAGS) -o $@ $(filter %.c,$^)

$(BUILD)/mkfs/fsck: mkfs/fsck.c mkfs/check.c mkfs/check_inodes.c mkfs/check_dirs.c mkfs/check_maps.c $(MKFS_SHARED) $(MKFS_HEADERS)
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)$(HOSTCC) $(MKFS_CFLAGS) -o $@ $(filter %.c,$^)
