#!/bin/sh
# Installs what building, running and testing Quire needs and this machine lacks.
#
# usage: ./setup.sh [--dry-run]
#
# It asks for commands, not for packages, so what you installed yourself counts. Silent if
# nothing is missing. Debian and Ubuntu (apt), Fedora (dnf), Arch (pacman), macOS (Homebrew);
# as root, or with sudo.
set -eu

dry_run=
case ${1-} in
'') ;;
--dry-run) dry_run=1 ;;
*)
	echo "usage: ./setup.sh [--dry-run]" >&2
	exit 2
	;;
esac

have() {
	command -v "$1" >/dev/null 2>&1
}

# have_one COMMAND...: is any of them there?
have_one() {
	for name; do
		have "$name" && return 0
	done
	return 1
}

# Where QEMU and the distributions put OpenSBI's generic firmware.
have_firmware() {
	for directory in /usr/share/qemu /usr/local/share/qemu /opt/homebrew/share/qemu \
		/usr/lib/riscv64-linux-gnu/opensbi/generic /usr/share/opensbi; do
		[ -n "$(ls -d "$directory"/*fw_dynamic* "$directory"/opensbi-riscv64* 2>/dev/null)" ] &&
			return 0
	done
	return 1
}

# Is there a static C library for riscv64 (the tests build Linux programs with it)?
have_riscv_libc() {
	[ -e /usr/riscv64-linux-gnu/lib/libc.a ] || [ -e /usr/riscv64-linux-gnu/usr/lib/libc.a ]
}

have_libfuzzer() {
	[ -n "$(find /usr/lib/llvm-*/lib/clang /usr/lib/clang /usr/lib64/clang \
		-name 'libclang_rt.fuzzer*' 2>/dev/null | head -n 1)" ]
}

have_sanitizers() {
	printf 'int main(void) { return 0; }\n' |
		gcc -fsanitize=address,undefined -x c -o /dev/null - 2>/dev/null
}

if have apt-get; then
	manager=apt
elif have dnf; then
	manager=dnf
elif have pacman; then
	manager=pacman
elif have brew; then
	manager=brew
else
	manager=none
fi

packages=

# want APT DNF PACMAN BREW: adds this manager's packages; - stands for none.
want() {
	case $manager in
	apt) choice=$1 ;;
	dnf) choice=$2 ;;
	pacman) choice=$3 ;;
	brew) choice=$4 ;;
	*) choice=$1 ;;
	esac
	[ "$choice" = - ] || packages="$packages $choice"
}

find_missing() {
	have make || want make make make make
	have python3 || want python3 python3 python python3
	{ have gcc && have_sanitizers; } ||
		want "gcc libc6-dev" "gcc libasan libubsan" gcc -
	have qemu-system-riscv64 ||
		want qemu-system-misc qemu-system-riscv qemu-system-riscv qemu
	have_firmware || want opensbi edk2-riscv64 opensbi -
	have_one riscv64-unknown-elf-gcc riscv64-elf-gcc ||
		want "gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf" - \
			"riscv64-elf-gcc riscv64-elf-binutils" "riscv64-elf-gcc riscv64-elf-binutils"
	have riscv64-linux-gnu-gcc ||
		want gcc-riscv64-linux-gnu gcc-riscv64-linux-gnu riscv64-linux-gnu-gcc -
	have_riscv_libc || want libc6-dev-riscv64-cross - riscv64-linux-gnu-glibc -
	have_one gdb-multiarch riscv64-unknown-elf-gdb riscv64-elf-gdb ||
		want gdb-multiarch gdb riscv64-elf-gdb riscv64-elf-gdb
	have dtc || want device-tree-compiler dtc dtc dtc
	have_one qemu-riscv64 qemu-riscv64-static ||
		want qemu-user qemu-user qemu-user -
	have clang || want clang clang clang llvm
	have ld.lld || want lld lld lld lld
	have_one llvm-nm llvm-nm-14 || want llvm llvm llvm -
	have clang-format || want clang-format clang-tools-extra clang clang-format
	have_libfuzzer || want "$(fuzzer_package)" compiler-rt compiler-rt -
	have sparse || want sparse sparse sparse -
	have cppcheck || want cppcheck cppcheck cppcheck cppcheck
	have dash || want dash dash dash dash
}

# Debian's libFuzzer comes with the runtime of its clang's version.
fuzzer_package() {
	version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' |
		head -n 1)
	echo "libclang-rt-${version:-14}-dev"
}

# as_root COMMAND...: runs it, with sudo unless this is root.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif have sudo; then
		sudo "$@"
	else
		echo "setup.sh: not root, and there is no sudo; as root, run: $*" >&2
		exit 1
	fi
}

install_packages() {
	# shellcheck disable=SC2086
	case $manager in
	apt)
		as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends $packages ;;
	dnf) as_root dnf install -y $packages ;;
	pacman) as_root pacman -S --needed --noconfirm $packages ;;
	brew) brew install $packages ;;
	none)
		echo "setup.sh: no apt, dnf, pacman or brew here; install what Debian calls:$packages" >&2
		exit 1
		;;
	esac
}

find_missing
[ -n "$packages" ] || exit 0
# A machine that never asked its archive knows no packages, nor which clang is the default.
if [ "$manager" = apt ] && [ -z "$dry_run" ] &&
	[ -z "$(ls /var/lib/apt/lists/*Packages* 2>/dev/null)" ]; then
	as_root apt-get update
	packages=
	find_missing
fi
echo "setup.sh: installing:$packages"
[ -n "$dry_run" ] && exit 0
if ! install_packages && [ "$manager" = apt ]; then
	as_root apt-get update
	install_packages
fi
packages=
find_missing
[ -z "$packages" ] || {
	echo "setup.sh: still missing:$packages (make doctor says why each is needed)" >&2
	exit 1
}
