#!/bin/sh
# Finds a compiler for riscv64 and how it spells its flags, and prints the answer as
# Makefile variables. Usage: toolchain.sh [CLANG] [PREFIX]
#   CLANG   non-empty: use clang and ld.lld
#   PREFIX  the gcc prefix to use (such as riscv64-linux-gnu-) instead of the first found
#
# What differs between toolchains, and is therefore probed and not assumed:
#   - gcc 12 wants _zicsr_zifencei in -march, clang 14 refuses it;
#   - a compiler configured for Linux makes position-independent code unless told not to;
#   - lld 14 cannot relax, so clang must not ask for it.
set -u

use_clang=${1-}
prefix=${2-}

# accepts FLAG...: does the compiler take these flags for an empty C file?
accepts() {
	echo 'int quire_probe;' | $cc "$@" -Werror -x c -c -o /dev/null - 2>/dev/null
}

# first_accepted FLAG...: prints the first single flag that the compiler takes.
first_accepted() {
	for flag; do
		if accepts "$flag" -mabi="$abi"; then
			echo "$flag"
			return
		fi
	done
}

# clang_version: prints -14 or the like when only the versioned names are installed.
clang_suffix() {
	command -v clang >/dev/null 2>&1 && return
	for version in 21 20 19 18 17 16 15 14; do
		if command -v clang-$version >/dev/null 2>&1; then
			echo "-$version"
			return
		fi
	done
}

missing() {
	echo "TOOLCHAIN_ERROR := $1"
	exit 0
}

if [ -n "$use_clang" ]; then
	suffix=$(clang_suffix)
	command -v "clang$suffix" >/dev/null 2>&1 || missing "clang is not installed: run ./setup.sh"
	cc="clang$suffix --target=riscv64-unknown-elf"
	ld=ld.lld$suffix
	command -v "$ld" >/dev/null 2>&1 || ld=ld.lld
	command -v "$ld" >/dev/null 2>&1 || missing "ld.lld is not installed: run ./setup.sh"
	kind=clang
	for tool in nm ar objcopy objdump; do
		path=llvm-$tool$suffix
		command -v "$path" >/dev/null 2>&1 ||
			path=$(ls /usr/bin/llvm-$tool-* 2>/dev/null | tail -n 1)
		[ -n "$path" ] || path=riscv64-unknown-elf-$tool
		eval "$tool=\$path"
	done
else
	if [ -z "$prefix" ]; then
		for try in riscv64-unknown-elf- riscv64-linux-gnu- riscv64-elf- \
			riscv64-unknown-linux-gnu- riscv64-redhat-linux-gnu-; do
			if command -v "${try}gcc" >/dev/null 2>&1; then
				prefix=$try
				break
			fi
		done
		[ -n "$prefix" ] || missing "no RISC-V gcc found: run ./setup.sh"
	fi
	command -v "${prefix}gcc" >/dev/null 2>&1 || missing "${prefix}gcc is not installed: run ./setup.sh"
	cc=${prefix}gcc
	ld=${prefix}ld
	nm=${prefix}nm
	ar=${prefix}ar
	objcopy=${prefix}objcopy
	objdump=${prefix}objdump
	kind=gcc
fi

target=
for flag in -fno-pie -fno-stack-protector -mno-relax; do
	[ "$flag" = -mno-relax ] && [ "$kind" = gcc ] && continue
	accepts "$flag" && target="$target $flag"
done
abi=lp64
kernel_arch=$(first_accepted -march=rv64imac_zicsr_zifencei -march=rv64imac)
[ -n "$kernel_arch" ] || missing "$cc cannot compile for rv64"

user_flags=
[ "$kind" = clang ] &&
	user_flags=" -mno-relax -fuse-ld=$(command -v "$ld") -Wno-unused-command-line-argument"

cat <<END
TOOLCHAIN_ERROR :=
TOOLCHAIN := $kind
CC := $cc
LD := $ld
NM := $nm
OBJCOPY := $objcopy
OBJDUMP := $objdump
TARGET_FLAGS :=$target
KERNEL_ARCH := $kernel_arch -mabi=lp64 -mcmodel=medany
USER_CC := $cc$user_flags
USER_AR := $ar
USER_OBJCOPY := $objcopy
END
