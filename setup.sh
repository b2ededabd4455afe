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

# SETUP_ROOT= is for the test, which has a machine of its own to look at.
root=${SETUP_ROOT-}

# Where QEMU and the distributions put OpenSBI's generic firmware.
have_firmware() {
	for directory in /usr/share/qemu /usr/local/share/qemu /opt/homebrew/share/qemu \
		/usr/lib/riscv64-linux-gnu/opensbi/generic; do
		[ -n "$(ls -d "$root$directory"/*fw_dynamic* 2>/dev/null)" ] && return 0
	done
	return 1
}

# Is there a C library for riscv64 (the tests build Linux programs with it; DISTRO=1 takes the
# dynamic one, which comes with the static one)?
have_riscv_libc() {
	[ -e "$root/usr/riscv64-linux-gnu/lib/libc.a" ] ||
		[ -e "$root/usr/riscv64-linux-gnu/usr/lib/libc.a" ]
}

have_libfuzzer() {
	[ -n "$(find "$root"/usr/lib/llvm-*/lib/clang "$root/usr/lib/clang" "$root/usr/lib64/clang" \
		-name 'libclang_rt.fuzzer*' 2>/dev/null | head -n 1)" ]
}

# Fedora has no gdb for RISC-V alone; whether its gdb knows RISC-V, make doctor says.
have_gdb() {
	have_one gdb-multiarch riscv64-unknown-elf-gdb riscv64-elf-gdb ||
		{ [ "$manager" = dnf ] && have gdb; }
}

# macOS has a make of 2006.
have_make() {
	have gmake || { have make && [ "$manager" != brew ]; }
}

have_sanitizers() {
	have gcc || return 1
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

# want APT DNF PACMAN BREW: adds this manager's packages, each once; - stands for none.
want() {
	case $manager in
	apt) choice=$1 ;;
	dnf) choice=$2 ;;
	pacman) choice=$3 ;;
	brew) choice=$4 ;;
	*) choice=$1 ;;
	esac
	[ "$choice" != - ] || return 0
	for package in $choice; do
		case " $packages " in
		*" $package "*) ;;
		*) packages="$packages $package" ;;
		esac
	done
}

# What building and booting need.
find_required() {
	have_make || want make make make make
	have python3 || want python3 python3 python python3
	have gcc || want "gcc libc6-dev" gcc gcc gcc
	have_one riscv64-unknown-elf-gcc riscv64-elf-gcc riscv64-linux-gnu-gcc ||
		want "gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf" gcc-riscv64-linux-gnu \
			"riscv64-elf-gcc riscv64-elf-binutils" "riscv64-elf-gcc riscv64-elf-binutils"
	have qemu-system-riscv64 ||
		want "$(apt_qemu)" qemu-system-riscv qemu-system-riscv qemu
	have_firmware ||
		want opensbi qemu-system-riscv-core qemu-system-riscv-firmware qemu
}

# What debugging and some tests need.
find_optional() {
	have_sanitizers || want "gcc libc6-dev" "libasan libubsan" gcc -
	have_one riscv64-unknown-elf-gcc riscv64-elf-gcc ||
		want "gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf" - \
			"riscv64-elf-gcc riscv64-elf-binutils" -
	have riscv64-linux-gnu-gcc ||
		want gcc-riscv64-linux-gnu gcc-riscv64-linux-gnu riscv64-linux-gnu-gcc -
	have_riscv_libc || want libc6-dev-riscv64-cross - riscv64-linux-gnu-glibc -
	have_gdb || want gdb-multiarch gdb riscv64-elf-gdb riscv64-elf-gdb
	have dtc || want device-tree-compiler dtc dtc dtc
	have_one qemu-riscv64 qemu-riscv64-static || want qemu-user qemu-user qemu-user -
	have clang || want clang clang clang llvm
	have ld.lld || want lld lld lld lld
	have_one llvm-nm llvm-nm-14 || want llvm llvm llvm -
	have clang-format || want clang-format clang-tools-extra clang clang-format
	have_libfuzzer || want "$(apt_fuzzer)" compiler-rt compiler-rt -
	have sparse || want sparse sparse sparse -
	have cppcheck || want cppcheck cppcheck cppcheck cppcheck
	have dash || want dash dash dash dash
}

find_missing() {
	packages=
	find_required
	find_optional
}

# Since Debian 13, QEMU's RISC-V is a package of its own.
apt_qemu() {
	if [ -n "$(apt-cache show qemu-system-riscv 2>/dev/null)" ]; then
		echo qemu-system-riscv
	else
		echo qemu-system-misc
	fi
}

# Debian's libFuzzer comes with the runtime of its clang's version.
apt_fuzzer() {
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

# install PACKAGE...
install() {
	case $manager in
	apt)
		as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends "$@" ;;
	dnf) as_root dnf install -y "$@" ;;
	pacman) as_root pacman -S --needed --noconfirm "$@" ;;
	brew)
		if [ "$(id -u)" = 0 ]; then
			echo "setup.sh: Homebrew does not run as root; run this as yourself" >&2
			exit 1
		fi
		brew install "$@"
		;;
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
	[ -z "$(ls "$root"/var/lib/apt/lists/*Packages* 2>/dev/null)" ]; then
	as_root apt-get update
	find_missing
fi
echo "setup.sh: installing:$packages"
[ -n "$dry_run" ] && exit 0
# shellcheck disable=SC2086
install_all() {
	install $packages && return 0
	if [ "$manager" = apt ]; then
		as_root apt-get update
		install $packages && return 0
	fi
	for package in $packages; do
		install "$package" || echo "setup.sh: no $package" >&2
	done
}

install_all
find_missing
[ -z "$packages" ] ||
	echo "setup.sh: still missing:$packages (make doctor says why each is needed)" >&2
packages=
find_required
[ -z "$packages" ]
