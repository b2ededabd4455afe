#pragma once

/*
 * The memory side of a read or write call: a list of user or kernel buffers and a position in it.
 *
 * No user fault may happen under a page's lock or a file system's own, so a copy has two steps. Without
 * them, pin the next pages: they are faulted in (for write access when data will be stored there), and
 * held. With them, copy: kernel to kernel, which cannot fail. A write has the inode's lock throughout.
 *
 *	while (uio_left(uio) > 0) {
 *		s64 pinned = uio_pin(uio, bytes wanted);
 *		if (pinned < 0) ...			 -EFAULT, nothing pinned
 *		take locks, find the page
 *		uio_copy_to(uio, kva, n);		 n <= pinned in total
 *		drop locks
 *		uio_unpin(uio);
 *	}
 *
 * Kernel buffers (exec reading a header, the kernel writing a file) take the same path; pinning
 * them is free.
 */

#include "lib/compiler.h"
#include "lib/types.h"
#include "mem/page.h"

#define UIO_PIN_PAGES 16 /* at most this many pages are held at a time */
#define UIO_MAXIOV    1024

/*
 * struct iovec of the system calls; base is a user address, or a kernel address in uio_init_kernel.
 */
struct uio_vec {
	u64 base, bytes;
};

/* What happens to the buffers. */
enum uio_dir {
	UIO_TO_MEMORY,	 /* read(2): data is stored in them */
	UIO_FROM_MEMORY, /* write(2): data is taken out of them */
};

struct uio {
	enum uio_dir dir;
	bool kernel;
	u16 nr_pinned;		   /* pages held */
	u32 pin_offset;		   /* of the position, in pinned[0] as if that were one long page */
	u64 pinned_bytes;	   /* left to copy until the next pin */
	u64 left;		   /* bytes from the position to the end of all buffers */
	u64 offset;		   /* position in *vec */
	const struct uio_vec *vec; /* the current one */
	struct uio_vec single;	   /* storage for one buffer */
	struct page *pinned[UIO_PIN_PAGES];
};

static inline void
uio_init_user(struct uio *uio, enum uio_dir dir, uva_t uva, u64 bytes)
{
	uio->dir = dir;
	uio->kernel = false;
	uio->nr_pinned = 0;
	uio->pinned_bytes = 0;
	uio->left = bytes;
	uio->offset = 0;
	uio->single = (struct uio_vec){uva, bytes};
	uio->vec = &uio->single;
}

void uio_init_kernel(struct uio *uio, enum uio_dir dir, void *kva, u64 bytes);
/* vecs stay the caller's until it is done with uio. The sum of lengths has been checked. */
void uio_init_vecs(struct uio *uio, enum uio_dir dir, const struct uio_vec *vecs, unsigned nr_vecs);

/* Bytes still to move. */
static inline u64
uio_left(const struct uio *uio)
{
	return uio->left;
}

/*
 * Hold the next pages, up to max_bytes, to the end of the current buffer, or as many as are there.
 * Sleeps; no lock inside MM held. => bytes pinned, > 0 when left > 0 and max_bytes > 0; or -EFAULT
 */
s64 uio_pin(struct uio *uio, u64 max_bytes);

/* Copy and advance; cannot fail. => n, for convenience; n <= what is pinned still */
u64 uio_copy_to(struct uio *uio, const void *kva, u64 n); /* kva -> buffers */
u64 uio_copy_from(struct uio *uio, void *kva, u64 n);	  /* buffers -> kva */

/* The same with a page instead of an address, which may be one without a kernel address. */
u64 uio_copy_page_to(struct uio *uio, struct page *page, u32 offset, u64 n);
u64 uio_copy_page_from(struct uio *uio, struct page *page, u32 offset, u64 n);

/*
 * Copy without a pin, if that can be done without a fault, and advance: up to n bytes, to the end
 * of one page of the buffers. Does not sleep; spinning locks of ranks outside PAGETABLE may be
 * held.
 * => bytes copied; 0: uio_pin first
 */
u64 uio_copy_to_nofault(struct uio *uio, const void *kva, u64 n);

/*
 * Let the pages go; those of a shared file that were stored to are dirty now. Harmless when none
 * are held. Sleeps; no lock inside MM held.
 */
void uio_unpin(struct uio *uio);

/*
 * Pin, copy and unpin in one: for callers without locks (pipes that copied aside, devices, procfs).
 * => bytes moved, fewer than n only when user memory ended; -EFAULT when not even one was
 */
s64 uio_move_to(struct uio *uio, const void *kva, u64 n);
s64 uio_move_from(struct uio *uio, void *kva, u64 n);
s64 uio_move_zero(struct uio *uio, u64 n);
