#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the checkers for kernel code (checkpatch, sparse, kernel-doc), shellcheck, mandoc and a
# few rules of this repository on the files that git tracks. Builds nothing in the tree.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# have COMMAND PACKAGE: installs it if missing; on failure returns 1 with the reason in $reason.
have() {
	# shellcheck disable=SC1091,SC2034 # lib.sh needs $here
	(here=scripts && . scripts/lib.sh && need "$1:$2") 2>"$tmp/err" && return 0
	reason=$(tail -n 1 "$tmp/err")
	return 1
}

# Files that git tracks and that still exist.
if [ -e .git ]; then
	git -c safe.directory='*' ls-files
else
	find . -type f -printf '%P\n'
fi | while read -r file; do
	[ ! -f "$file" ] || echo "$file"
done >"$tmp/files"

# files REGEX: those whose path matches.
files() {
	grep -E "$1" "$tmp/files" || :
}

kernel_dirs='^(vfio-pci-core|arch-s390|livepatch|compat|kunit)/'
# Compiled with headers that sparse does not find: QEMU's or a kernel's.
qemu_dirs='^tests/(ism-lab|bar-claim|bar-grow|qemu-vfio/dibs-move)/'

# first_line FILE
first_line() {
	sed q "$1"
}

is_shell() {
	case $1 in
	*.sh | *.bash-completion) return 0 ;;
	esac
	first_line "$1" | grep -Eq '^#!.*[/ ](ba|da|)sh( |$)'
}

# ---- checkpatch, kernel-doc ----

# A few of checkpatch's rules apply only to code inside the kernel.
# shellcheck disable=SC2317 # called by silent
check_patch() {
	ignore=
	case $1 in
	# Defines a macro with such a name.
	compat/include/kunit/visibility.h) ignore=EXPORT_SYMBOL ;;
	compat/*) ignore=LINUX_VERSION_CODE ;;
	esac
	echo "$1" | grep -Eq "$kernel_dirs" ||
		ignore=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,VOLATILE
	# Stands in for the kernel, and has names from libFuzzer.
	case $1 in
	tests/fuzz/*)
		ignore=$ignore,CAMELCASE,COMPLEX_MACRO,EMBEDDED_FUNCTION_NAME,EXPORT_SYMBOL
		ignore=$ignore,IS_ENABLED_CONFIG,MACRO_ARG_REUSE,MACRO_ARG_UNUSED
		ignore=$ignore,MACRO_WITH_FLOW_CONTROL,BIT_MACRO
		;;
	esac
	# QEMU's API uses CamelCase.
	! echo "$1" | grep -Eq "$qemu_dirs" || ignore=$ignore,CAMELCASE
	"$ksrc/scripts/checkpatch.pl" --strict --no-tree --no-summary --terse --show-types \
		${ignore:+--ignore "$ignore"} -f "$1"
}

if obtain scripts/get-source 7.3; then
	ksrc=$got
	for file in $(files '\.[ch]$'); do
		silent "checkpatch: $file" check_patch "$file"
	done
	for file in $(files "$kernel_dirs.*\.[ch]$"); do
		silent "kernel-doc: $file" "$ksrc/scripts/kernel-doc" -none -Werror "$file"
	done
else
	skip "checkpatch" "$reason"
	skip "kernel-doc" "$reason"
fi

# ---- sparse ----

# sparse_modules KDIR COPY: appends the log of a build in which sparse reads every file.
sparse_modules() {
	scripts/copy-tree "$2"
	echo "# sparse against $1" >&2
	make -C "$2" modules KDIR="$1" KUNIT=1 C=2 CF=-Wsparse-error KBUILD_MODPOST_WARN=1 \
		>>"$tmp/sparse" 2>&1
}

# Covers the files that only a kernel tree builds, and the kernel's files that the rework changes.
sparse_replacement() {
	name="sparse: make replacement-modules C=2 for 6.12"
	if ! obtain scripts/get-source 6.12; then
		skip "$name" "$reason"
		return
	fi
	source=$got
	obtain scripts/get-kernel 6.12
	if integration/replacement-modules "KSRC=$source" "KDIR=$got/headers" "OUT=$tmp/replacement" \
		C=2 >"$tmp/said" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "$tmp/said"
	fi
	cat "$tmp/replacement/build.log" >>"$tmp/sparse"
	# The kernel's own files have always mixed these types with numbers.
	grep -E "drivers/vfio/pci/.*:[0-9]+:.*(warning|error):" "$tmp/sparse" |
		grep -v 'restricted \(pci_power_t\|vm_fault_t\)' >"$tmp/said" || :
	is_empty "sparse: drivers/vfio/pci with the rework" "$tmp/said"
}

# Reports per file what sparse said, if sparse read it.
sparse_results() {
	for file in $(files "$kernel_dirs.*\.[ch]$"); do
		# A kernel tree has it in another directory.
		place=$file
		case $file in
		vfio-pci-core/*) place="($file|drivers/vfio/pci/${file##*/})" ;;
		esac
		case $file in
		*.h) ;;
		*)
			if ! grep -Eq "CHECK .*[ /]$place$" "$tmp/sparse"; then
				skip "sparse: $file" "not part of a module for this machine's kernels"
				continue
			fi
			;;
		esac
		grep -E "(^|/)$place:[0-9]+:.*(warning|error):" "$tmp/sparse" >"$tmp/said" || :
		is_empty "sparse: $file" "$tmp/said"
	done
}

# sparse_tree NAME COMMAND...: runs sparse against the tree that the command obtains.
sparse_tree() {
	name="sparse: make C=2 against $1"
	shift
	if ! obtain "$@"; then
		skip "$name" "$reason"
		return
	fi
	[ ! -e "$got/headers" ] || got=$got/headers
	if sparse_modules "$got" "$(mktemp -u "$tmp/copy.XXXXXX")"; then
		ok "$name"
	else
		not_ok "$name" "$tmp/sparse"
	fi
}

# Mainline is left out, as it ignores C= if sparse is older than it requires. Debian's kernels lack
# KUnit, which the prepared tree has.
: >"$tmp/sparse"
if have sparse sparse; then
	sparse_tree "the headers of 6.12" scripts/get-kernel 6.12
	sparse_tree "6.12 with KUnit" scripts/prepare-tree 6.12
	sparse_replacement
	sparse_results
else
	skip "sparse" "$reason"
fi

if command -v sparse >/dev/null; then
	for file in $(files '\.c$' | grep -Ev "$kernel_dirs|$qemu_dirs|^(tests/fuzz|selftests)/"); do
		silent "sparse: $file" sparse -Wsparse-error "$file"
	done
	# These include kernel headers; tests/fuzz has stand-ins.
	make -s -C tests/fuzz OUT="$tmp/fuzz" headers
	for file in $(files '^tests/fuzz/.*\.c$'); do
		silent "sparse: $file" sparse -Wsparse-error -DCONFIG_64BIT=1 "-I$tmp/fuzz/include" \
			-Itests/fuzz -Ivfio-pci-core -Ivfio-pci-core/in-tree -Iarch-s390 "$file"
	done
fi

# ---- scripts and manual pages ----

if have shellcheck shellcheck; then
	while read -r file; do
		! is_shell "$file" || silent "shellcheck: $file" shellcheck -x -P SCRIPTDIR "$file"
	done <"$tmp/files"
else
	skip "shellcheck" "$reason"
fi

if have mandoc mandoc; then
	for file in $(files '\.[1-9]$'); do
		# Which other manual pages exist depends on the machine. NetBSD's rule is for its own pages.
		mandoc -T lint "$file" 2>&1 |
			grep -v -e 'outdated mandoc.db' -e 'referenced manual not found' \
				-e 'operating system explicitly specified.*(NetBSD)' >"$tmp/said" || :
		is_empty "mandoc: $file" "$tmp/said"
	done
else
	skip "mandoc" "$reason"
fi

# ---- rules of this repository ----

tr '\n' '\0' <"$tmp/files" >"$tmp/files0"

xargs -0 grep -nIE 'LINUX_VERSION_CODE|KERNEL_VERSION' <"$tmp/files0" |
	grep -Ev '^(compat/|tests/05-style\.t:)' >"$tmp/said" || :
is_empty "kernel versions are compared in compat/ only" "$tmp/said"

while read -r file; do
	case $file in
	*.[chS] | *.sh | *.pl | *.pm | *.py | *.t | *.cocci | *.config | *.kunitconfig | \
		*.[1-9] | Makefile | */Makefile | Kbuild | */Kbuild | Kconfig | */Kconfig) ;;
	*) first_line "$file" | grep -q '^#!' || continue ;;
	esac
	if first_line "$file" | grep -q '^#!'; then
		sed -n 2p "$file"
	else
		first_line "$file"
	fi | grep -q 'SPDX-License-Identifier: GPL-2\.0' || echo "$file"
done <"$tmp/files" >"$tmp/said"
is_empty "every file with code begins with its license" "$tmp/said"

xargs -0 grep -nIE '[[:blank:]]+$' <"$tmp/files0" |
	grep -Ev '^[^:]*\.(patch|diff):' >"$tmp/said" || :
is_empty "no line ends with blanks" "$tmp/said"

tap_done
