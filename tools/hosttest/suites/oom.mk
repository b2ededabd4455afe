# Who is killed when memory is out.
oom_SRCS := kernel/vm/oom_score.c
oom_TESTS := oom/test_oom.c
oom_FUZZERS := fuzz/fuzz_oom.c
