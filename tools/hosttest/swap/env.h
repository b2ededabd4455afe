/* What the pool of compressed pages needs on the host. */
#pragma once

#include "mem/page.h"

/* A struct page, perhaps with more behind it; the caller free()s it. => bytes are a multiple of 64 */
struct page *env_page_make(size_t bytes);
