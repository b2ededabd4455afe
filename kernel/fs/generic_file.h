/* Regular files whose contents are their page cache: what most file systems put into their file_ops. */
#pragma once

#include "fs/file.h"

ssize_t generic_file_read(struct file *file, struct uio *uio, u64 *pos);
ssize_t generic_file_write(struct file *file, struct uio *uio, u64 *pos);
struct mapping *generic_file_mapping(struct file *file);
/* Writes pages and attributes, then sb->ops->sync_fs. */
int generic_file_fsync(struct file *file, bool data_only);

/* read, write, mapping and fsync of the above. */
extern const struct file_ops generic_file_ops;
/* For directories: fsync alone. */
extern const struct file_ops generic_dir_ops;
