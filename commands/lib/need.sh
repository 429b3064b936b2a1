#!/usr/bin/env bash
# need.sh - what must be on the machine for a task, and how to install it.
#
# Sourced by build.sh and the commands written in bash; the others run it:
#     need.sh [--no-install] [--verbose] GROUP...      GROUP: python build run test ...
# Succeeds if everything is there. Anything missing is installed if possible (on Debian and systems
# based on it, as root); otherwise the command that installs it is printed. Tools are looked for by
# what they do, not by package, so that a user's own builds count.

# Every command waits for this, so it starts as few processes as possible.
[[ ${need_root-} ]] || need_root=$(cd -P -- "${BASH_SOURCE[0]%/*}/../.." && pwd)

# Prints the words of an error, $1; in red if stderr is a terminal that should get colours.
error_words() {
	if [[ -t 2 && -z ${NO_COLOR-} && ${TERM:-dumb} != dumb ]]; then
		printf '\e[1;31m%s\e[0m' "$1"
	else
		printf '%s' "$1"
	fi
}

has() { command -v "$1" >/dev/null 2>&1; }

# Sets `python` to a Python that is new enough; the system's own first, since packages belong to
# that one.
find_python() {
	for python in /usr/bin/python3 python3; do
		! has "$python" || ! is_new_python "$python" || return 0
	done
	return 1
}

# Most Pythons also have a name with their version in it; looking for that is faster than asking.
is_new_python() {
	local name
	for name in "$1".*; do
		if [[ $name =~ ^/.*\.([0-9]+)$ && -x $1 && $1 -ef $name ]]; then
			((BASH_REMATCH[1] >= 8))
			return
		fi
	done
	"$1" -ES -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null
}

# An installed Longjump has no Makefile, and may have brought Syslinux along.
need_own=$need_root/../../lib/longjump/syslinux
[[ ! -e $need_root/Makefile ]] || need_own=

# Prints where a file of Syslinux is; that differs between Debian, Fedora and Arch.
find_syslinux() {
	local folder
	for folder in ${SYSLINUX_DIR:+"$SYSLINUX_DIR"} ${need_own:+"$need_own"} \
		/usr/lib/ISOLINUX /usr/lib/PXELINUX /usr/lib/syslinux/modules/bios \
		/usr/share/syslinux /usr/lib/syslinux/bios /usr/lib/syslinux; do
		if [[ -r $folder/$1 ]]; then
			echo "$folder/$1"
			return
		fi
	done
	return 1
}

# Prints where UEFI for QEMU is: the file with its code only, which keeps its variables in memory.
find_ovmf() {
	local file
	for file in ${OVMF_CODE:+"$OVMF_CODE"} /usr/share/OVMF/OVMF_CODE_4M.fd \
		/usr/share/OVMF/OVMF_CODE.fd /usr/share/edk2/ovmf/OVMF_CODE.fd \
		/usr/share/edk2/x64/OVMF_CODE.4m.fd /usr/share/edk2-ovmf/x64/OVMF_CODE.fd; do
		if [[ -r $file ]]; then
			echo "$file"
			return
		fi
	done
	return 1
}

# There is a program that can make an image that is a CD and a disk at once.
has_mastering() {
	{ has isohybrid && { has genisoimage || has mkisofs || has xorriso; }; } ||
		{ has xorriso && find_syslinux isohdpfx.bin >/dev/null; }
}

# A 32-bit program can be linked, with the sanitizers that the unit tests use.
has_32_bits() {
	echo 'int main(void) { return 0; }' |
		cc -m32 -fsanitize=address,undefined -x c -o /dev/null - 2>/dev/null
}

# The system's own Python has a module.
has_module() { /usr/bin/python3 -c "import $1" 2>/dev/null; }

# Clang can link a fuzzer, in 64 and in 32 bits. libFuzzer is written in C++.
has_fuzzer() {
	local bits
	for bits in 64 32; do
		echo 'int LLVMFuzzerTestOneInput(const char *b, long n) { return !b || !n; }' |
			clang "-m$bits" -fsanitize=fuzzer,address,undefined -x c -o /dev/null - \
				2>/dev/null || return
	done
}

# The tool that checks kernels is compiled for this machine, so it needs a C library.
has_library() {
	[[ -r /usr/include/stdio.h ]] ||
		echo '#include <stdio.h>' | ${1%% *} -E -o /dev/null - 2>/dev/null
}

has_rust() { has cargo && has rustc; }

has_window() { qemu-system-x86_64 -display help 2>/dev/null | grep -qE '^(gtk|sdl)$'; }

# Notes a missing thing: WHAT, then its package in Debian, Fedora and Arch.
lack() {
	missing+=("$1")
	debian+=("$2")
	fedora+=("${3:-$2}")
	arch+=("${4:-$2}")
}

# Notes what each GROUP lacks.
look() {
	local group python compiler=${LONGJUMP_CC:-cc} seen=' '
	missing=() debian=() fedora=() arch=()
	for group; do
		[[ $seen == *" $group "* ]] && continue
		seen+="$group "
		case $group in
		python)
			find_python || lack python3 python3 python3 python
			;;
		build)
			# What is installed is compiled already.
			[[ -e $need_root/Makefile ]] || continue
			has make || lack make make
			has "${compiler%% *}" || case $compiler in
			*clang*) lack clang clang ;;
			gcc* | cc*) lack "a C compiler" gcc ;;
			*)
				echo "LONGJUMP_CC: there is no program $compiler here" >&2
				return 2
				;;
			esac
			has_library "$compiler" ||
				lack "the C library's headers" libc6-dev glibc-devel glibc
			{ has ld && has objcopy && has ar; } ||
				lack "ld and objcopy" binutils
			has nasm || lack nasm nasm
			;;
		kernel)
			has make || lack make make
			has cc || lack "a C compiler" gcc
			has ld || lack ld binutils
			;;
		image)
			if ! has_mastering; then
				has genisoimage || has mkisofs || has xorriso ||
					lack genisoimage genisoimage xorriso libisoburn
				has isohybrid || lack isohybrid syslinux-utils syslinux syslinux
			fi
			find_syslinux isolinux.bin >/dev/null ||
				lack isolinux.bin isolinux syslinux-nonlinux syslinux
			find_syslinux ldlinux.c32 >/dev/null ||
				lack ldlinux.c32 syslinux-common syslinux-nonlinux syslinux
			;;
		run)
			has qemu-system-x86_64 || lack QEMU qemu-system-x86
			;;
		archive)
			has xorriso || lack xorriso xorriso xorriso libisoburn
			find_syslinux isohdpfx.bin >/dev/null || lack isohdpfx.bin isolinux
			find_syslinux menu.c32 >/dev/null || lack menu.c32 syslinux-common
			;;
		deb)
			has dpkg-deb || lack dpkg-deb dpkg
			has dpkg-shlibdeps || lack dpkg-shlibdeps dpkg-dev
			;;
		network)
			find_syslinux lpxelinux.0 >/dev/null ||
				lack lpxelinux.0 pxelinux syslinux-nonlinux syslinux
			find_syslinux ldlinux.c32 >/dev/null ||
				lack ldlinux.c32 syslinux-common syslinux-nonlinux syslinux
			has dnsmasq || lack dnsmasq dnsmasq-base dnsmasq dnsmasq
			has ip || lack ip iproute2 iproute iproute2
			;;
		uefi)
			find_ovmf >/dev/null || lack "UEFI for QEMU" ovmf edk2-ovmf edk2-ovmf
			;;
		sign)
			has sbsign || lack sbsign sbsigntool sbsigntools sbsigntools
			;;
		window)
			has_window || lack "QEMU's window" qemu-system-gui qemu-ui-gtk qemu-ui-gtk
			;;
		debug)
			has gdb || lack gdb gdb
			;;
		rust)
			has_rust || lack cargo "cargo rustc" cargo rust
			;;
		pytest)
			has_module pytest || lack pytest python3-pytest "" python-pytest
			has_module xdist ||
				lack pytest-xdist python3-pytest-xdist "" python-pytest-xdist
			;;
		test)
			has_32_bits || lack "gcc -m32" "gcc-multilib libc6-dev" \
				"glibc-devel.i686 libasan.i686" "lib32-glibc lib32-gcc-libs"
			has xorriso || lack xorriso xorriso xorriso libisoburn
			find_ovmf >/dev/null || lack "UEFI for QEMU" ovmf edk2-ovmf edk2-ovmf
			find_syslinux lpxelinux.0 >/dev/null ||
				lack lpxelinux.0 pxelinux syslinux-nonlinux syslinux
			has dnsmasq || lack dnsmasq dnsmasq-base dnsmasq dnsmasq
			has grub-mkrescue ||
				lack grub-mkrescue "grub-pc-bin grub-common" grub2-pc grub
			has sbsign || lack sbsign sbsigntool sbsigntools sbsigntools
			has dpkg-shlibdeps || lack dpkg-shlibdeps dpkg-dev
			has lintian || lack lintian lintian
			has fsck.vfat || lack fsck.vfat dosfstools dosfstools dosfstools
			has clang || lack clang clang
			has gdb || lack gdb gdb
			has cmake || lack cmake cmake
			has_rust || lack cargo "cargo rustc" cargo rust
			has man || lack man man-db
			has pkg-config || lack pkg-config pkg-config pkgconf pkgconf
			has shellcheck || lack shellcheck shellcheck ShellCheck shellcheck
			has black || lack black black black python-black
			has mypy || lack mypy mypy python3-mypy mypy
			has clang-format || lack clang-format clang-format clang-tools-extra clang
			has bochs || lack bochs "bochs bochs-term" bochs bochs
			[[ -e /usr/share/bochs/BIOS-bochs-latest ]] ||
				lack "the BIOS of Bochs" bochsbios bochs-bios bochs
			[[ -e /usr/share/vgabios/vgabios.bin ]] ||
				[[ -e /usr/share/bochs/VGABIOS-lgpl-latest ]] ||
				lack "the VGA BIOS of Bochs" vgabios vgabios bochs
			;;
		fuzz)
			has clang || lack clang clang
			has_fuzzer || lack libFuzzer "libclang-rt-dev g++-multilib" \
				"compiler-rt libstdc++-devel.i686" "compiler-rt lib32-gcc-libs"
			;;
		proof)
			has frama-c || lack Frama-C frama-c-base frama-c-base frama-c
			has why3 || lack Why3 why3
			has z3 || lack Z3 z3
			;;
		*)
			echo "need.sh: unknown group \"$group\"" >&2
			return 2
			;;
		esac
	done
}

# Prints names separated by spaces, each once.
once() { printf '%s\n' "$@" | tr ' ' '\n' | awk '!seen[$0]++' | paste -sd ' ' -; }

# Prints the one command that installs what is missing on this system.
install_command() {
	local id='' command
	# shellcheck disable=SC1090 # only names of systems are set there
	[[ -r $need_system ]] && id=$(source "$need_system" && echo "${ID-} ${ID_LIKE-}")
	case " $id " in
	*' fedora '* | *' rhel '*) as_root "dnf install $(once "${fedora[@]}")" ;;
	*' arch '*) as_root "pacman -S --needed $(once "${arch[@]}")" ;;
	*)
		command="apt-get install --no-install-recommends $(once "${debian[@]}")"
		if compgen -G "$need_lists/*_Packages*" >/dev/null; then
			as_root "$command"
		else
			as_root "apt-get update" "$command"
		fi
		;;
	esac
}

user_id() { echo "$EUID"; }

# Prints how the user can run these commands as root. Without its dash, su would keep a PATH without
# /sbin, where dpkg looks for programs.
as_root() {
	local sudo='' line
	(($(user_id) == 0)) || ! has sudo || sudo='sudo '
	line=$(printf "$sudo%s && " "$@")
	line=${line% && }
	if (($(user_id) == 0)) || has sudo; then
		echo "$line"
	else
		echo "su - -c '$line'"
	fi
}

# need GROUP...: succeeds if everything is there, if necessary after installing it.
need() {
	look "$@" || return
	((${#missing[@]} == 0)) && return
	if [[ $need_install == yes && $(user_id) == 0 ]] && has apt-get; then
		# shellcheck disable=SC2046 # one package a word
		packages_install $(once "${debian[@]}") && look "$@" &&
			((${#missing[@]} == 0)) && return
	else
		# The user should have to type only one command: include what `run` needs.
		look "$@" python build image run
	fi
	{
		error_words missing:
		printf ' %s\n' "$(printf '%s, ' "${missing[@]}" | sed 's/, $//')"
		printf 'this installs it:\n\n    %s\n\n' "$(install_command)"
	} >&2
	return 1
}

# The same, for a command in bash: reads --no-install and --verbose from its arguments.
need_words() {
	local group=$1 word
	shift
	for word; do
		case $word in
		--) break ;;
		--no-install) need_install=no ;;
		--verbose) packages_verbose=yes ;;
		esac
	done
	need "$group"
}

need_system=/etc/os-release
need_lists=/var/lib/apt/lists
need_install=yes
# shellcheck source=commands/lib/packages.bash
source "$need_root/commands/lib/packages.bash"

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	set -euo pipefail
	groups=()
	for word; do
		case $word in
		--no-install) need_install=no ;;
		--verbose) packages_verbose=yes ;;
		*) groups+=("$word") ;;
		esac
	done
	cd "$need_root"
	need "${groups[@]}"
fi
