# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # set here for, and set by, who sources this
#
# What the scripts here share; sourced after scripts/lib.sh, with $top set.

# Kernels whose files the steps are known to fit.
supported="6.12 7.3"

# What the steps change, and what they look at.
touched="drivers/vfio include/linux/vfio_pci_core.h include/uapi/linux/vfio.h
	arch/s390/include/asm/pci.h arch/s390/include/asm/pci_clp.h arch/s390/pci/pci_clp.c
	include/linux/pci_ids.h MAINTAINERS Documentation/driver-api/index.rst Documentation/arch/s390/index.rst
	tools/testing/selftests/vfio/Makefile"

# Where the steps are, the series in their order, and up to which.
steps=$top/integration/steps
all_series="fixes bar s390 uapi"
last=uapi

# arguments ARGUMENT...: KSRC=, KDIR=, OUT=, SERIES= to $ksrc, $kdir, $out, $last; other
# VARIABLE=VALUE to $more, for make.
arguments() {
	ksrc='' kdir='' out='' more=''
	for vpw_i; do
		case $vpw_i in
		KSRC=*) ksrc=${vpw_i#*=} ;;
		KDIR=*) kdir=${vpw_i#*=} ;;
		OUT=*) out=${vpw_i#*=} ;;
		SERIES=*) last=${vpw_i#*=} ;;
		[A-Z]*=*) more="$more $vpw_i" ;;
		*) die_usage "no such argument: $vpw_i" ;;
		esac
	done
}

# kernel_version MAKEFILE: prints the version in a kernel's Makefile, like make kernelversion.
kernel_version() {
	sed -n -e 's/^VERSION = *//p' -e 's/^PATCHLEVEL = */./p' -e 's/^SUBLEVEL = */./p' \
		-e 's/^EXTRAVERSION = *//p' "$1" | tr -d '\n'
}

# wanted_source: prints $ksrc if it is a version for get-source and not a directory, so that
# callers can report errors before the source is fetched.
wanted_source() {
	case $ksrc in
	*[!0-9.]*) ;;
	[0-9]*.[0-9]*) [ -d "$ksrc" ] || echo "$ksrc" ;;
	esac
}

# check_source: $ksrc is a kernel that we know, and nobody has changed it. Sets
# $version.
check_source() {
	[ -n "$ksrc" ] || die_usage "give KSRC=DIR, a kernel source tree, or KSRC=VERSION"
	case " $all_series " in
	*" $last "*) ;;
	*) die_usage "SERIES is one of $all_series" ;;
	esac
	vpw_wanted=$(wanted_source)
	if [ -n "$vpw_wanted" ]; then
		case " $supported " in
		*" $vpw_wanted "*) ;;
		*) die_usage "KSRC is kernel $vpw_wanted; supported are $supported, or a directory" ;;
		esac
		ksrc=$("$here/get-source" "$vpw_wanted")
	fi
	if [ ! -f "$ksrc/Kbuild" ] || [ ! -f "$ksrc/drivers/vfio/pci/Makefile" ]; then
		die "no kernel source in $ksrc"
	fi
	ksrc=$(cd "$ksrc" && pwd -P)
	need perl:perl
	need_spatch
	version=$(kernel_version "$ksrc/Makefile")
	for vpw_i in $supported; do
		case $version in
		"$vpw_i" | "$vpw_i".* | "$vpw_i"-*) vpw_known=1 ;;
		esac
	done
	[ -n "${vpw_known:-}" ] || [ "${ANY_VERSION:-}" = 1 ] ||
		die "$ksrc is kernel $version; supported are $supported (ANY_VERSION=1 tries nonetheless)"
	[ ! -e "$ksrc/drivers/vfio/pci/vfio_pci_io.h" ] ||
		die "$ksrc has the rework already; give a tree without it"
	# 6.12 has no selftests of VFIO.
	[ -e "$ksrc/tools/testing/selftests/vfio" ] || touched=${touched%tools/*}
	check_clean
}

# check_clean: dies if a file that the steps may change has uncommitted changes.
check_clean() {
	[ -e "$ksrc/.git" ] || return 0
	need git:git
	# shellcheck disable=SC2086 # a list
	vpw_dirty=$(git -C "$ksrc" status --porcelain -- $touched | sed 's/^...//' | tr '\n' ' ')
	[ -z "$vpw_dirty" ] || die "$ksrc has changes that are not committed; commit or stash them: $vpw_dirty"
}

# copy_touched DIR: copies the files that the steps may change.
copy_touched() {
	mkdir -p "$1"
	for vpw_i in $touched; do
		[ -e "$ksrc/$vpw_i" ] || die "$ksrc has no $vpw_i"
		(cd "$ksrc" && cp -R --parents "$vpw_i" "$1/")
	done
	find "$1" \( -name '*.o' -o -name '*.ko' -o -name '*.a' -o -name '.*.cmd' -o -name '*.mod*' \
		-o -name 'modules.order' \) -exec rm -f {} +
}

# apply_steps DIR [COMMAND]: applies the steps of all series up to $last in order, except
# those in $leave_out. Runs COMMAND STEP after each, with $series set to the step's series.
leave_out=''
apply_steps() {
	for series in $all_series; do
		for step in "$steps"/?-"$series"/*/; do
			step=${step%/}
			case " $leave_out " in
			*" ${step##*/steps/} "*) continue ;;
			esac
			"$top/integration/apply-step" "$step" "$1" || exit
			[ -z "${2:-}" ] || "$2" "$step"
		done
		[ "$series" != "$last" ] || break
	done
}

# ---- patches of the steps ----

need_author() {
	git var GIT_AUTHOR_IDENT >/dev/null 2>&1 ||
		die "git does not know who you are: git config --global user.name NAME, and user.email ADDRESS"
}

# check_out: dies if $out has the directory of a series already.
check_out() {
	for series in $all_series; do
		[ ! -e "$out/$series" ] || die "$out/$series is there already; remove it or give another OUT"
	done
}

# Runs git in the scratch repository, without the user's settings that would change the patches.
in_work() {
	git -C "$work" -c core.autocrlf=false -c commit.gpgsign=false "$@"
}

# begin_series: makes a repository of the files in $work.
begin_series() {
	git init -q -b rework "$work"
	in_work config user.name "$(git var GIT_AUTHOR_IDENT | sed 's/ <.*//')"
	in_work config user.email "$(git var GIT_AUTHOR_IDENT | sed 's/.*<\(.*\)>.*/\1/')"
	in_work add -A -f
	in_work commit -q -m base
	in_work tag base
	VPW_AUTHOR=$(git var GIT_AUTHOR_IDENT | sed 's/>.*/>/')
	export VPW_AUTHOR
}

# commit_step STEP: for apply_steps.
# shellcheck disable=SC2317,SC2329 # called by apply_steps
commit_step() {
	in_work add -A
	in_work diff --cached --quiet && return
	[ -s "$1/message" ] || die "${1##*/} has no message"
	in_work commit -q -s -F "$1/message"
	in_work tag -f "$series" >/dev/null
	say "$(sed q "$1/message")"
}

# write_series DIR: writes the patches of each series to DIR/SERIES and prints their paths.
write_series() {
	vpw_before=base
	for series in $all_series; do
		format_series "$series" "$vpw_before"
		vpw_before=$series
	done
	mkdir -p "$1"
	cp -R "$VPW_TMP/patches/." "$1/"
	ls "$1"/*/*.patch
}

# format_series NAME BEFORE: formats the commits after the tag BEFORE up to the tag NAME, as
# a request for comments if the series has the file rfc.
format_series() {
	vpw_rfc=$(ls "$steps"/?-"$1"/rfc 2>/dev/null) || vpw_rfc=
	in_work checkout -q -B rework "$1"
	in_work config branch.rework.description "$(cat "$steps"/?-"$1"/cover)"
	in_work format-patch -q ${vpw_rfc:+--rfc} --cover-letter --cover-from-description=subject --no-signature \
		--diff-algorithm=histogram -o "$VPW_TMP/patches/$1" "$2..rework"
	for vpw_i in "$steps"/?-"$1"/*/rfc; do
		[ ! -e "$vpw_i" ] || mark_rfc "$VPW_TMP/patches/$1" "$(sed q "${vpw_i%/rfc}/message")"
	done
	say "$1: $(in_work diff --shortstat "$2..rework" | sed 's/^ *//')"
}

# mark_rfc DIR SUBJECT: marks that patch as [RFC PATCH].
mark_rfc() {
	grep -lF "] $2" "$1"/*.patch | while read -r patch; do
		sed -i '/^Subject: /s/\[PATCH /[RFC PATCH /' "$patch"
	done
}

# ---- the tree with all steps applied ----

# rework_key: the cache key of that tree.
rework_key() {
	# shellcheck disable=SC2086 # a list
	key "$ksrc" "$last" "$(stat -c '%i %Y' "$ksrc/Makefile")" "$(
		cd "$ksrc" && find $touched -type f -exec sha256sum {} + | LC_ALL=C sort
	)" "$(
		cd "$top" || exit
		find integration vfio-pci-core arch-s390 kunit Kconfig compat/include Documentation/kernel Documentation/arch \
			-type f -exec sha256sum {} + 2>/dev/null | LC_ALL=C sort
	)"
}
