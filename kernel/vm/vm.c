#include "vm/vm.h"

#include "vm/anon_group.h"
#include "vm/commit.h"
#include "vm/fault.h"
#include "vm/lru.h"
#include "vm/mm.h"
#include "vm/pagecache.h"
#include "vm/pagecache_internal.h"
#include "vm/reclaim.h"
#include "vm/shmem.h"
#include "vm/shrinker.h"
#include "vm/slab_shrinker.h"
#include "vm/swap.h"
#include "vm/vmalloc_shrinker.h"
#include "vm/workingset.h"

void INIT
vm_init(void)
{
	xa_reserve_init();
	page_lock_init();
	lru_init();
	workingset_init();
	shrinker_init();
	slab_shrinker_init();
	vmalloc_shrinker_init();
	anon_group_init();
	vma_init();
	mm_init();
	fault_init();
	commit_init();
	shmem_init();
	swap_init();
	reclaim_init();
}
