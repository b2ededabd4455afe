"""Values that both sides compute from a run's seed, and nobody knows before."""

MASK = (1 << 64) - 1
SEED_MAX = MASK  # the guest reads it as an unsigned number of 64 bits
STEP = 0x9E3779B97F4A7C15


def word(seed, index):
    """The index-th 64-bit word of a seed: splitmix64, as in user/test/gradetest/grade.c."""
    value = (seed + (index + 1) * STEP) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)
