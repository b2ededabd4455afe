# The on-disk file system: the kernel's qfs with the real page cache on a simulated disk.
qfs_SRCS := $(patsubst $(TOP)/%,%,$(sort $(wildcard $(TOP)/kernel/fs/qfs/*.c))) \
	$(addprefix kernel/vm/,pagecache.c writeback.c truncate.c page_lock.c) \
	$(addprefix kernel/fs/,inode.c inode_attr.c generic_file.c) \
	kernel/lib/crc32c.c kernel/lib/xarray.c \
	$(addprefix mkfs/,check.c check_inodes.c check_dirs.c check_maps.c image.c tree.c)
qfs_TESTS := $(addprefix qfs/,sim.c disk.c fs.c image_env.c test_ops.c test_errors.c test_memory.c test_crash.c test_damage.c)
qfs_CFLAGS := -U_GNU_SOURCE
qfs_INCLUDES := qfs qfs/include $(TOP)
CFLAGS_mkfs/tree.c := -D_GNU_SOURCE
