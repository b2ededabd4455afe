#pragma once

/*
 * virtio-serial with a single port: a byte channel to the host beside the console, for
 * results that a program reads (/dev/vport0).
 */

#include "dev/virtio.h"

/* => 0 or -errno; the first device becomes the port, others are refused with -EBUSY */
int virtio_console_probe(struct virtio_device *vdev);

bool virtio_console_present(void);

/* From kernel memory; sleeps until the device has it all. => bytes, -ENODEV, -EIO */
ssize_t virtio_console_write(const char *kbuf, size_t len);

/* Into kernel memory. => bytes; -EAGAIN when nonblock and there is nothing; -ERESTARTSYS, -ENODEV */
ssize_t virtio_console_read(char *kbuf, size_t len, bool nonblock);
