#include "swap/env.h"

#include <stdlib.h>
#include <string.h>

#include "core/panic.h"
#include "hosttest.h"

void
assert_failed(const char *expression, const char *file, int line, const char *function)
{
	hosttest_fail(file, line, "%s: assertion: %s", function, expression);
}

struct page *
env_page_make(size_t bytes)
{
	void *page = aligned_alloc(64, bytes);

	return memset(page, 0, bytes);
}
