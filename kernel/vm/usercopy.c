/*
 * A copy walks the page table, as the hardware would for the program, and moves the bytes through
 * the kernel's mapping of the page. The page-table lock is held from the look at the entry to the
 * end of the copy, so the page cannot be taken away in between; nothing is pinned, nothing is
 * counted. When the entry does not allow the access the fault handler makes it so, as if the
 * program had faulted, and the copy goes on.
 *
 * A store needs an entry with W and D, for a program's pages are marked dirty by that; a load needs
 * A.
 */

#include "vm/usercopy.h"

#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "vm/fault.h"
#include "vm/user_page.h"

/* What to do with each piece of user memory. => bytes done; fewer than n ends the whole copy */
typedef size_t (*piece_fn)(u8 *user, void *kernel, size_t n);

static size_t
piece_from(u8 *user, void *kernel, size_t n)
{
	memcpy(kernel, user, n);
	return n;
}

static size_t
piece_to(u8 *user, void *kernel, size_t n)
{
	memcpy(user, kernel, n);
	return n;
}

static size_t
piece_clear(u8 *user, void *kernel, size_t n)
{
	(void)kernel;
	memset(user, 0, n);
	return n;
}

/* One page's part of a copy. => bytes done, 0: fault first */
static inline size_t
copy_piece(struct mm *mm, uva_t uva, void *kernel, size_t n, u64 needed, piece_fn piece)
{
	struct page *page;
	size_t done = 0;
	u8 *kva;

	spin_lock(&mm->pgt.lock);
	page = user_page_locked(mm, uva, needed);
	if (likely(page)) {
		kva = kmap_local_page(page);
		done = piece(kva + uva % PAGE_SIZE, kernel, n);
		kunmap_local(kva);
	}
	spin_unlock(&mm->pgt.lock);
	return done;
}

/* => 0, -EFAULT */
static ALWAYS_INLINE int
copy_pieces(struct mm *mm, uva_t uva, void *kernel, size_t bytes, u64 needed, piece_fn piece)
{
	if (unlikely(!user_range_ok(uva, bytes)))
		return -EFAULT;
	while (bytes > 0) {
		size_t n = MIN(bytes, PAGE_SIZE - uva % PAGE_SIZE);

		if (unlikely(copy_piece(mm, uva, kernel, n, needed, piece) == 0)) {
			int error = user_page_fault(mm, uva, needed);

			if (error)
				return error;
			continue;
		}
		uva += n;
		kernel = (u8 *)kernel + n;
		bytes -= n;
	}
	return 0;
}

int
mm_copy_from(struct mm *mm, void *dst, uva_t src, size_t bytes)
{
	return copy_pieces(mm, src, dst, bytes, USER_PTE_READ, piece_from);
}

int
mm_copy_to(struct mm *mm, uva_t dst, const void *src, size_t bytes)
{
	return copy_pieces(mm, dst, (void *)(uintptr_t)src, bytes, USER_PTE_WRITE, piece_to);
}

int
mm_clear(struct mm *mm, uva_t dst, size_t bytes)
{
	return copy_pieces(mm, dst, NULL, bytes, USER_PTE_WRITE, piece_clear);
}

int
copy_from_user(void *dst, uva_t src, size_t bytes)
{
	return likely(current->mm) ? mm_copy_from(current->mm, dst, src, bytes) : -EFAULT;
}

int
copy_to_user(uva_t dst, const void *src, size_t bytes)
{
	return likely(current->mm) ? mm_copy_to(current->mm, dst, src, bytes) : -EFAULT;
}

int
clear_user(uva_t dst, size_t bytes)
{
	return likely(current->mm) ? mm_clear(current->mm, dst, bytes) : -EFAULT;
}

int
get_user_u32(u32 *value, uva_t src)
{
	return copy_from_user(value, src, sizeof(*value));
}

int
get_user_u64(u64 *value, uva_t src)
{
	return copy_from_user(value, src, sizeof(*value));
}

int
put_user_u32(uva_t dst, u32 value)
{
	return copy_to_user(dst, &value, sizeof(value));
}

int
put_user_u64(uva_t dst, u64 value)
{
	return copy_to_user(dst, &value, sizeof(value));
}

/*
 * Copy until a terminator, or n bytes. => bytes of text, with *found when the terminator is behind
 * them
 */
static size_t
string_piece(char *dst, const char *user, size_t n, bool *found)
{
	size_t len = strnlen(user, n);

	*found = len < n;
	memcpy(dst, user, len + *found);
	return len;
}

/* => length, -EFAULT, or size when it is too long */
static ssize_t
string_from_user(char *dst, uva_t src, size_t size)
{
	struct mm *mm = current->mm;
	size_t len = 0;
	bool found = false;

	if (!mm)
		return -EFAULT;
	while (!found && len < size) {
		uva_t uva = src + len;
		size_t n = MIN(size - len, PAGE_SIZE - uva % PAGE_SIZE);
		struct page *page = NULL;

		if (unlikely(!user_range_ok(uva, 1)))
			return -EFAULT;
		spin_lock(&mm->pgt.lock);
		page = user_page_locked(mm, uva, USER_PTE_READ);
		if (likely(page)) {
			char *kva = kmap_local_page(page);

			len += string_piece(dst + len, kva + uva % PAGE_SIZE, n, &found);
			kunmap_local(kva);
		}
		spin_unlock(&mm->pgt.lock);
		if (unlikely(!page)) {
			int error = user_page_fault(mm, uva, USER_PTE_READ);

			if (error)
				return error;
		}
	}
	return len;
}

ssize_t
strncpy_from_user(char *dst, uva_t src, size_t size)
{
	ssize_t len = string_from_user(dst, src, size);

	return len == (ssize_t)size ? -ENAMETOOLONG : len;
}

int
user_cmpxchg_u32(uva_t uva, u32 expected, u32 desired, u32 *found)
{
	struct mm *mm = current->mm;

	if (!IS_ALIGNED(uva, sizeof(u32)))
		return -EINVAL;
	if (!mm || !user_range_ok(uva, sizeof(u32)))
		return -EFAULT;
	for (;;) {
		struct page *page;
		int error;

		spin_lock(&mm->pgt.lock);
		page = user_page_locked(mm, uva, USER_PTE_WRITE);
		if (page) {
			u8 *kva = kmap_local_page(page);
			u32 *word = (u32 *)(kva + uva % PAGE_SIZE);

			*found = expected;
			__atomic_compare_exchange_n(word, found, desired, false, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST);
			kunmap_local(kva);
		}
		spin_unlock(&mm->pgt.lock);
		if (page)
			return 0;
		error = user_page_fault(mm, uva, USER_PTE_WRITE);
		if (error)
			return error;
	}
}
