# How user programs are compiled and linked. Input: CROSS_COMPILE or USER_CC, BUILD, and SRC, the
# top of the source tree. Programs see our own headers and the compiler's (stdarg.h, stddef.h),
# never the host's C library.

CROSS_COMPILE ?= riscv64-linux-gnu-
USER_CC       ?= $(CROSS_COMPILE)gcc
USER_AR       ?= $(CROSS_COMPILE)ar
USER_OBJCOPY  ?= $(CROSS_COMPILE)objcopy

USER_ARCH     := -march=rv64gc -mabi=lp64d -mcmodel=medany
USER_CPPFLAGS := -nostdinc -isystem $(shell $(USER_CC) -print-file-name=include) \
		 -I$(SRC)/user/include -I$(SRC)/user/include/xv6 -I$(BUILD)/gen
USER_CFLAGS   := $(USER_ARCH) -std=gnu11 -O2 -g -Wall -Wextra -fno-pic -fno-stack-protector \
		 -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
USER_LIB_CFLAGS := $(shell echo 'int x;' | $(USER_CC) -x c -c -o /dev/null \
		   -Werror -fno-tree-loop-distribute-patterns - 2>/dev/null && \
		   echo -fno-tree-loop-distribute-patterns)
USER_LIBGCC   := $(wildcard $(shell $(USER_CC) $(USER_ARCH) -print-libgcc-file-name))
USER_LDFLAGS  := $(USER_ARCH) -static -nostdlib -no-pie -Wl,--gc-sections -Wl,--build-id=none \
		 -Wl,-T,$(SRC)/user/lib/user.ld
