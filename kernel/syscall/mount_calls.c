/* Mounting, unmounting and syncing. */
#include "fs/super.h"
#include "mem/slab.h"
#include "syscall/path_arg.h"
#include "syscall_proto.h"

/* A string argument; "" for a null pointer. => kmalloc, NULL, ERR_PTR */
static char *
string_arg(uva_t string)
{
	return string ? path_string_get(string) : kstrdup("", GFP_KERNEL);
}

static long
mount_on(uva_t source, struct dentry *target, uva_t type, u64 flags, uva_t data)
{
	char *strings[3] = {string_arg(source), string_arg(type), string_arg(data)};
	long result = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(strings) && !result; i++)
		result = err_or_null_to_errno(strings[i]);
	if (!result)
		result = vfs_mount(strings[0], target, strings[1], flags, strings[2]);
	for (unsigned i = 0; i < ARRAY_SIZE(strings); i++) {
		if (!IS_ERR(strings[i]))
			kfree(strings[i]);
	}
	return result;
}

long
sys_mount(uva_t source, uva_t target, uva_t type, u64 flags, uva_t data)
{
	struct dentry *dir = path_arg_lookup(AT_FDCWD, target, 0, LOOKUP_FOLLOW);
	long result;

	if (IS_ERR_OR_NULL(dir))
		return err_or_null_to_errno(dir);
	if (flags & MS_REMOUNT)
		result = vfs_remount(dir, flags);
	else
		result = mount_on(source, dir, type, flags, data);
	dentry_put(dir);
	return result;
}

long
sys_umount2(uva_t path, int flags)
{
	struct dentry *root;

	if (flags)
		return -EINVAL;
	root = path_arg_lookup(AT_FDCWD, path, 0, LOOKUP_FOLLOW);
	if (IS_ERR_OR_NULL(root))
		return err_or_null_to_errno(root);
	return vfs_unmount(root);
}

long
sys_sync(void)
{
	vfs_sync_all();
	return 0;
}
