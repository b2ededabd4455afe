#pragma once

/* Disks: virtio block devices, named vda, vdb ... by slot. */

#include "dev/virtio.h"

/* => 0 or -errno */
int virtio_blk_probe(struct virtio_device *vdev);
