"""Everything that starts Quire in QEMU and judges what it does."""
