# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # set here for, and set by, who sources this
#
# What the scripts here share; sourced after scripts/lib.sh and integration/lib.sh, with
# $top set. The steps have the form of those for kernels: Documentation/integration.rst.

# Versions of QEMU that the steps are known to fit.
supported="10.0 10.2"

steps=$top/qemu/steps
all_series="fixes blocks"
last=blocks

# What the steps change, and what they look at; no version has all of it.
touched="docs/devel/memory.rst hw/s390x hw/vfio include/exec/memory.h include/hw/pci/pci_ids.h
	include/hw/s390x include/hw/vfio include/system/memory.h linux-headers/linux/vfio.h
	system/memory.c"

# qemu_source: $qsrc is a directory with QEMU's source, or the version of one that
# get-qemu-source fetches. Sets $qsrc and $version.
qemu_source() {
	[ -n "$qsrc" ] || die_usage "give QSRC=DIR, a source tree of QEMU, or QSRC=VERSION"
	if [ ! -d "$qsrc" ]; then
		case " $supported " in
		*" $qsrc "*) ;;
		*) die_usage "QSRC is $qsrc; supported are $supported, or a directory" ;;
		esac
		qsrc=$("$here/get-qemu-source" "$qsrc")
	fi
	if [ ! -f "$qsrc/VERSION" ] || [ ! -f "$qsrc/hw/s390x/s390-pci-inst.c" ]; then
		die "no source of QEMU in $qsrc"
	fi
	qsrc=$(cd "$qsrc" && pwd -P)
	version=$(cat "$qsrc/VERSION")
	vpw_known=
	for vpw_i in $supported; do
		case $version in
		"$vpw_i" | "$vpw_i".*) vpw_known=1 ;;
		esac
	done
	[ -n "$vpw_known" ] || [ "${ANY_VERSION:-}" = 1 ] ||
		die "$qsrc is QEMU $version; supported are $supported (ANY_VERSION=1 tries nonetheless)"
	! grep -q memory_region_dispatch_write_block "$qsrc/system/memory.c" ||
		die "$qsrc has the series already; give a tree without it"
	need perl:perl
	need_spatch
	vpw_there=
	for vpw_i in $touched; do
		[ ! -e "$qsrc/$vpw_i" ] || vpw_there="$vpw_there $vpw_i"
	done
	touched=$vpw_there
	# What integration/lib.sh calls the tree.
	ksrc=$qsrc
	check_clean
}

# need_qemu_build: what a build for this machine needs; QEMU's own programs are for the
# machine's Python.
need_qemu_build() {
	need gcc:gcc ninja:ninja-build pkg-config:pkg-config perl:perl xz:xz-utils gcc/stdio.h:libc6-dev \
		python3:python3 python3/ensurepip:python3-venv python3/setuptools:python3-setuptools \
		pkg-config/glib-2.0:libglib2.0-dev gcc/zlib.h:zlib1g-dev
}

# qemu_configure SOURCE BUILD [OPTION]...: a program for s390x with the devices of
# qemu/devices.mak. The source is one of ours; need_meson was called.
qemu_configure() {
	vpw_src=$1
	vpw_build=$2
	shift 2
	cp "$top/qemu/devices.mak" "$vpw_src/configs/devices/s390x-softmmu/vfio.mak"
	# For QEMU's own tests only, and no package of Debian 12 has it.
	sed -i '/^pycotap\b/d' "$vpw_src/pythondeps.toml"
	# Device trees of other machines. Without dtc, meson wants the built files to exist.
	for vpw_i in "$vpw_src"/pc-bios/dtb/*.dts; do
		[ ! -e "$vpw_i" ] || : >>"${vpw_i%.dts}.dtb"
	done
	mkdir "$vpw_build"
	(
		cd "$vpw_build"
		logged "$vpw_src/configure" --python=/usr/bin/python3 --target-list=s390x-softmmu \
			--without-default-features --without-default-devices --with-devices-s390x=vfio \
			--enable-tcg --disable-kvm --disable-tools --disable-guest-agent --disable-docs \
			--disable-install-blobs --disable-debug-info --disable-download "$@"
	) || die_log "QEMU could not be configured"
}

# list_patches: all but the cover letters, in their order.
list_patches() {
	for vpw_i in $all_series; do
		find "$patches/$vpw_i" -name '*.patch' ! -name '0000-*' | sort
	done
}
