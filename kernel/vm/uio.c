#include "vm/uio.h"

#include "core/panic.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "sched/sched.h"
#include "vm/pagecache.h"
#include "vm/user_page.h"

static void
uio_init(struct uio *uio, enum uio_dir dir, bool kernel)
{
	uio->dir = dir;
	uio->kernel = kernel;
	uio->nr_pinned = 0;
	uio->pinned_bytes = 0;
	uio->offset = 0;
}

static void
uio_init_single(struct uio *uio, u64 base, u64 bytes)
{
	uio->left = bytes;
	uio->single = (struct uio_vec){base, bytes};
	uio->vec = &uio->single;
}

void
uio_init_kernel(struct uio *uio, enum uio_dir dir, void *kva, u64 bytes)
{
	uio_init(uio, dir, true);
	uio_init_single(uio, (u64)kva, bytes);
}

void
uio_init_vecs(struct uio *uio, enum uio_dir dir, const struct uio_vec *vecs, unsigned nr_vecs)
{
	uio_init(uio, dir, false);
	uio->vec = vecs;
	uio->left = 0;
	for (unsigned i = 0; i < nr_vecs; i++)
		uio->left += vecs[i].bytes;
}

/* Hold the pages of [uva, uva + bytes). => how many, from the first on */
static unsigned
pages_pin(struct mm *mm, uva_t uva, u64 bytes, u64 needed, struct page **pages)
{
	u64 end = uva + bytes;
	unsigned nr = 0;

	uva = ALIGN_DOWN(uva, PAGE_SIZE);
	spin_lock(&mm->pgt.lock);
	for (; uva < end; uva += PAGE_SIZE) {
		struct page *page = user_page_locked(mm, uva, needed);

		if (unlikely(!page))
			break;
		page_get(page);
		pages[nr++] = page;
	}
	spin_unlock(&mm->pgt.lock);
	return nr;
}

/* => bytes held, up to `bytes`; -EFAULT when not even the first */
static s64
uio_pin_user(struct uio *uio, uva_t uva, u64 bytes)
{
	u64 needed = uio->dir == UIO_TO_MEMORY ? USER_PTE_WRITE : USER_PTE_READ;
	u64 offset = uva % PAGE_SIZE;
	struct mm *mm = current->mm;
	unsigned nr;

	if (unlikely(!mm || !user_range_ok(uva, bytes)))
		return -EFAULT;
	bytes = MIN(bytes, UIO_PIN_PAGES * PAGE_SIZE - offset);
	while (unlikely((nr = pages_pin(mm, uva, bytes, needed, uio->pinned)) == 0))
		if (user_page_fault(mm, uva, needed) < 0)
			return -EFAULT;
	uio->nr_pinned = nr;
	uio->pin_offset = offset;
	return MIN(bytes, nr * PAGE_SIZE - offset);
}

s64
uio_pin(struct uio *uio, u64 max_bytes)
{
	s64 pinned;

	assert(uio->nr_pinned == 0);
	if (uio->left == 0 || max_bytes == 0)
		return 0;
	while (uio->offset == uio->vec->bytes) {
		uio->vec++;
		uio->offset = 0;
	}
	max_bytes = MIN(max_bytes, uio->vec->bytes - uio->offset);
	pinned = uio->kernel ? (s64)max_bytes
			     : uio_pin_user(uio, uio->vec->base + uio->offset, max_bytes);
	uio->pinned_bytes = pinned < 0 ? 0 : pinned;
	return pinned;
}

/*
 * Data was stored in a page of a file. The entry it was found by said "dirty", but write-back may
 * have cleaned the page since, even before the copy. When what is under way has ended the page has
 * its block on the disk, so that none need be promised: -ENOSPC cannot come in between. The blocks of
 * a file that became swap since then are not the file's: what was stored stays in memory.
 */
static void
page_stored(struct page *page)
{
	struct mapping *mapping;

	page_lock(page);
	if (page->mapping && !page_test(page, PG_dirty))
		page_wait_writeback(page);
	mapping = page->mapping;
	if (mapping && !READ_ONCE(mapping->swapfile) &&
	    (!mapping->ops->reserve_write || mapping->ops->reserve_write(mapping, page) == 0))
		page_mark_dirty(page);
	page_unlock(page);
}

void
uio_unpin(struct uio *uio)
{
	for (unsigned i = 0; i < uio->nr_pinned; i++) {
		if (uio->dir == UIO_TO_MEMORY && unlikely(!page_test(uio->pinned[i], PG_anon)))
			page_stored(uio->pinned[i]);
		page_put(uio->pinned[i]);
	}
	uio->nr_pinned = 0;
	uio->pinned_bytes = 0;
}

static void
uio_advance(struct uio *uio, u64 n)
{
	uio->offset += n;
	uio->left -= n;
	uio->pinned_bytes -= n;
	uio->pin_offset += n;
}

/* What a copy does with a piece of the buffers, at most a page. `other` is the kernel's side. */
enum piece_op { PIECE_TO, PIECE_FROM, PIECE_ZERO };

static inline void
piece_move(enum piece_op op, void *buffer, void *other, u64 n)
{
	if (op == PIECE_ZERO)
		memset(buffer, 0, n);
	else if (op == PIECE_TO)
		memcpy(buffer, other, n);
	else
		memcpy(other, buffer, n);
}

static ALWAYS_INLINE u64
uio_move_pinned(struct uio *uio, enum piece_op op, void *other, u64 n)
{
	u64 left = n;

	assert(n <= uio->pinned_bytes);
	if (uio->kernel) {
		piece_move(op, (u8 *)(uio->vec->base + uio->offset), other, n);
		uio_advance(uio, n);
		return n;
	}
	while (left > 0) {
		u64 offset = uio->pin_offset % PAGE_SIZE;
		u64 piece = MIN(left, PAGE_SIZE - offset);
		u8 *kva = kmap_local_page(uio->pinned[uio->pin_offset / PAGE_SIZE]);

		piece_move(op, kva + offset, other, piece);
		kunmap_local(kva);
		uio_advance(uio, piece);
		other = (u8 *)other + piece;
		left -= piece;
	}
	return n;
}

u64
uio_copy_to(struct uio *uio, const void *kva, u64 n)
{
	assert(uio->dir == UIO_TO_MEMORY);
	return uio_move_pinned(uio, PIECE_TO, (void *)(uintptr_t)kva, n);
}

u64
uio_copy_from(struct uio *uio, void *kva, u64 n)
{
	assert(uio->dir == UIO_FROM_MEMORY);
	return uio_move_pinned(uio, PIECE_FROM, kva, n);
}

/* A whole page has a copy loop of its own. */
static inline void
piece_copy(void *dst, const void *src, u64 n)
{
	if (n == PAGE_SIZE && IS_ALIGNED((u64)dst | (u64)src, PAGE_SIZE))
		page_copy(dst, src);
	else
		memcpy(dst, src, n);
}

u64
uio_copy_to_nofault(struct uio *uio, const void *kva, u64 n)
{
	uva_t uva = uio->vec->base + uio->offset;
	struct mm *mm = current->mm;
	struct page *page;

	n = MIN(MIN(n, uio->vec->bytes - uio->offset), PAGE_SIZE - uva % PAGE_SIZE);
	if (unlikely(!user_range_ok(uva, n) ||
		     !mm)) /* no buffer of the kernel's is in that range */
		return 0;
	spin_lock(&mm->pgt.lock);
	page = user_page_locked(mm, uva, USER_PTE_WRITE);
	if (likely(page)) {
		u8 *user = kmap_local_page(page);

		piece_copy(user + uva % PAGE_SIZE, kva, n);
		kunmap_local(user);
		uio->offset += n;
		uio->left -= n;
	} else {
		n = 0;
	}
	spin_unlock(&mm->pgt.lock);
	return n;
}

u64
uio_copy_page_to(struct uio *uio, struct page *page, u32 offset, u64 n)
{
	u8 *kva = kmap_local_page(page);

	uio_copy_to(uio, kva + offset, n);
	kunmap_local(kva);
	return n;
}

u64
uio_copy_page_from(struct uio *uio, struct page *page, u32 offset, u64 n)
{
	u8 *kva = kmap_local_page(page);

	uio_copy_from(uio, kva + offset, n);
	kunmap_local(kva);
	return n;
}

/* Pin and move piece by piece, until all is done or the task is killed. => bytes, or -EFAULT when there were none */
static s64
uio_move(struct uio *uio, enum piece_op op, void *other, u64 n)
{
	u64 done = 0;

	n = MIN(n, uio->left);
	while (done < n) {
		s64 pinned = uio_pin(uio, n - done);

		if (pinned < 0)
			return done ? (s64)done : pinned;
		uio_move_pinned(uio, op, (u8 *)other + done, pinned);
		uio_unpin(uio);
		done += pinned;
		cond_resched();
		if (kill_pending())
			break;
	}
	return done;
}

s64
uio_move_to(struct uio *uio, const void *kva, u64 n)
{
	return uio_move(uio, PIECE_TO, (void *)(uintptr_t)kva, n);
}

s64
uio_move_from(struct uio *uio, void *kva, u64 n)
{
	return uio_move(uio, PIECE_FROM, kva, n);
}

s64
uio_move_zero(struct uio *uio, u64 n)
{
	return uio_move(uio, PIECE_ZERO, NULL, n);
}
