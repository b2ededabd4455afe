# kernel/vm: the lists of reclaim, and the replacement policies on them.
lru_SRCS = $(mem_common_SRCS) $(addprefix kernel/vm/,lru.c reclaim_policy.c policy_lru.c policy_fifo.c \
	policy_clock.c policy_age.c)
lru_TESTS := mem/env.c mem/locks.c lru/env.c lru/lists.c lru/memory.c lru/test_lru.c
lru_INCLUDES := mem/shim
lru_FUZZERS := fuzz/fuzz_lru.c fuzz/fuzz_policies.c
lru_FUZZ_ENV := mem/env.c mem/locks.c lru/env.c lru/lists.c lru/memory.c
