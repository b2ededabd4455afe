# gdb on Quire in QEMU. `make gdb` reads this file whatever gdb's safe path is; a gdb that
# you start yourself does so after this line in ~/.config/gdb/gdbinit:
#     add-auto-load-safe-path /path/to/this/directory
set confirm off
set pagination off
set architecture riscv:rv64
set print pretty on
set riscv use-compressed-breakpoints yes
source tools/gdb/quire.py
