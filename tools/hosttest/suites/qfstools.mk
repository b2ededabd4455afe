# What the kernel's qfs shares with mkfs and fsck, by itself, and the two programs.
qfstools_SRCS := $(addprefix kernel/fs/qfs/,csum.c layout.c path.c bits.c dirblock.c replay.c) \
	kernel/lib/crc32c.c $(addprefix mkfs/,check.c check_inodes.c check_dirs.c check_maps.c)
qfstools_TESTS := qfs/test_pure.c qfs/test_tools.c
qfstools_INCLUDES := $(TOP)
qfstools_FUZZERS := fuzz/fuzz_qfs.c
qfstools_DATA := $(OUT)/data/qfs/mkfs $(OUT)/data/qfs/fsck

QFS_TOOL_FLAGS = $(filter-out -MMD -MP,$(CFLAGS_ALL)) $(SANITIZE) -I$(TOP)/kernel
$(OUT)/data/qfs/mkfs: $(addprefix $(TOP)/,mkfs/mkfs.c mkfs/tree.c mkfs/image.c $(qfstools_SRCS))
	@mkdir -p $(@D)
	$(call say,HOSTCC,mkfs/mkfs.c)$(HOSTCC) $(QFS_TOOL_FLAGS) $(filter-out $(TOP)/mkfs/check%,$^) -o $@
$(OUT)/data/qfs/fsck: $(addprefix $(TOP)/,mkfs/fsck.c $(qfstools_SRCS))
	@mkdir -p $(@D)
	$(call say,HOSTCC,mkfs/fsck.c)$(HOSTCC) $(QFS_TOOL_FLAGS) $^ -o $@
