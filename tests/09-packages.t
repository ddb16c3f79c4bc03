#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Packages, DKMS and `make install`, without booting a machine: versions agree, lintian is
# silent, the DKMS of both releases builds for suitable kernels and skips the others, modprobe
# loads in the right order, and uninstall removes what install installed.
#
# shellcheck disable=SC2031 # lib.sh, in a subshell, has a PATH of its own
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

version=$(cat VERSION)

# same NAME WORD: WORD is the version.
same() {
	echo "'$2', but VERSION has '$version'" >"$tmp/said"
	if [ "$2" = "$version" ]; then
		ok "$1"
	else
		not_ok "$1" "$tmp/said"
	fi
}

# status_is NAME CODE COMMAND...: the command exits with CODE.
status_is() {
	name=$1
	wanted=$2
	shift 2
	status=0
	"$@" >"$tmp/said" 2>&1 || status=$?
	if [ "$status" = "$wanted" ]; then
		ok "$name"
	else
		echo "exit code $status, not $wanted" >>"$tmp/said"
		not_ok "$name" "$tmp/said"
	fi
}

# ---- versions ----

same "version of debian/changelog" "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)"
same "version of the RPM spec" "$(sed -n 's/.*global vpw_version \(.*\)}/\1/p' packaging/vfio-pci-width.spec)"
# shellcheck disable=SC2016 # for bash
same "version of dkms.conf, from any directory" \
	"$(cd / && bash -c '. "$1" && echo "$PACKAGE_VERSION"' - "$OLDPWD/dkms.conf")"

# ---- Debian's packages ----

deb=$tmp/deb
dkms_source=$tmp/root/usr/src/vfio-pci-width-$version
old=$deb/vfio-bar_0.0.1_amd64.deb
mkdir "$deb"
: >"$old"
if obtain scripts/build-deb "OUT=$deb"; then
	ok "make deb"
	silent "make deb removes older packages" test ! -e "$old"
	# A directory of that name makes mv fail.
	mkdir -p "$tmp/full/$(cd "$deb" && echo *.changes)"
	: >"$tmp/full/${old##*/}"
	status_is "make deb: a package that cannot be moved" 1 scripts/build-deb "OUT=$tmp/full"
	silent "the older one is still there" test -e "$tmp/full/${old##*/}"
	# shellcheck disable=SC1091,SC2034 # lib.sh needs $here
	if (here=scripts && . scripts/lib.sh && need lintian:lintian) 2>"$tmp/err"; then
		silent "lintian" lintian --allow-root --fail-on error,warning "$deb"/*.changes
	else
		skip "lintian" "$(tail -n 1 "$tmp/err")"
	fi
	for name in vfio-pci-width-dkms vfio-bar; do
		dpkg-deb -x "$deb/${name}_${version}"_*.deb "$tmp/root"
	done
	works "vfio-bar of the package runs" "$tmp/root/usr/bin/vfio-bar" --version
	starts_nothing "$deb"
	find "$tmp/root/etc" >"$tmp/said" 2>/dev/null || :
	is_empty "the packages have nothing in /etc" "$tmp/said"
else
	skip "make deb" "$reason"
fi

# ---- RPM ----

if obtain scripts/build-rpm "OUT=$tmp/rpm"; then
	mkdir "$tmp/rpmroot"
	for file in "$tmp/rpm"/vfio-*-dkms-*.rpm; do
		rpm2cpio "$file" | (cd "$tmp/rpmroot" && cpio --quiet -id)
	done
	# Debian's package has the version in dkms.conf; elsewhere, dkms.conf reads VERSION.
	diff -r -x dkms.conf "$dkms_source" "$tmp/rpmroot/usr/src/vfio-pci-width-$version" >"$tmp/said" 2>&1 || :
	is_empty "make rpm: the same source as in Debian's package" "$tmp/said"
else
	skip "make rpm" "$reason"
fi

# ---- DKMS ----

# Installs nothing: unpacks the DKMS of each release and lets it use directories below $tmp.
# shellcheck disable=SC1091,SC2034,SC2317 # lib.sh needs $here; called by obtain
dkms_of() {
	(
		here=scripts
		. scripts/lib.sh
		suite_open "$1" || cannot "$why"
		suite_get "dkms-$1" dkms || cache_keep
		echo "$entry/usr/sbin/dkms"
	)
}

# dkms_build RELEASE DIR: builds for the kernel RELEASE with the headers in DIR, without making
# a key for signing.
# shellcheck disable=SC2317 # called by status_is
dkms_build() {
	mkdir -p "$work/modules/$1"
	env PATH="$PATH:/usr/sbin:/sbin" sign_file=/none "$dkms" build -m vfio-pci-width -v "$version" \
		-k "$1" -a x86_64 --kernelsourcedir "$2" \
		--dkmstree "$work/tree" --sourcetree "$work/source" --installtree "$work/modules"
}

# headers NAME OPTION...: makes headers with these options that cannot build anything.
headers() {
	mkdir -p "$tmp/headers/$1/include"
	dir=$tmp/headers/$1
	shift
	printf '%s\n' CONFIG_MODULES=y "$@" >"$dir/.config"
}

headers none
headers no-livepatch CONFIG_VFIO_PCI_CORE=m
headers no-vfio CONFIG_LIVEPATCH=y '# CONFIG_VFIO_PCI_CORE is not set'
headers both CONFIG_LIVEPATCH=y CONFIG_VFIO_PCI_CORE=y

# test_build NAME KERNEL
test_build() {
	if ! obtain scripts/get-kernel "$2"; then
		skip "$1: builds for $2" "$reason"
		return
	fi
	release=$(cat "$got/release")
	status_is "$1: builds for $2" 0 dkms_build "$release" "$got/headers"
	find "$work/tree" -name 'vfio-pci-width.ko*' -exec modinfo -F version {} + >"$tmp/said" 2>&1
	same "$1: version of the module for $2" "$(cat "$tmp/said")"
}

test_gates() {
	for kind in none no-livepatch no-vfio; do
		status_is "$1: skips a kernel whose headers are '$kind'" 77 \
			dkms_build 6.1.0-1-amd64 "$tmp/headers/$kind"
	done
	for release in 4.19.0-27-amd64 5.4.0-1-amd64 5.10.0-38-amd64 5.14.0-1.el9; do
		status_is "$1: skips $release" 77 dkms_build $release "$tmp/headers/both"
	done
	# Not skipped: the build itself fails.
	for release in 5.15.0-100-generic 6.8.0-31-generic 7.3.0-1-amd64 10.0.1; do
		status_is "$1: tries $release" 10 dkms_build $release "$tmp/headers/both"
		rm -rf "$work/tree/vfio-pci-width/$version/build"
	done
}

# source_is DIR: makes DKMS use the source in DIR.
source_is() {
	work=$(mktemp -d "$tmp/dkms.XXXXXX")
	mkdir "$work/source" "$work/tree"
	cp -r "$1" "$work/source/vfio-pci-width-$version"
}

# test_dkms SUITE KERNEL
test_dkms() {
	if ! obtain dkms_of "$1"; then
		skip "DKMS of $1" "$reason"
		return
	fi
	dkms=$got
	if [ -d "$dkms_source" ]; then
		source_is "$dkms_source"
		test_build "DKMS of $1, the package" "$2"
		test_gates "DKMS of $1, the package"
	fi
	source_is "$tmp/checkout"
	test_build "DKMS of $1, a checkout" "$2"
}

scripts/copy-tree "$tmp/checkout"
if [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ]; then
	test_dkms bookworm 6.1
	test_dkms trixie 6.12
else
	skip "DKMS" "the stock kernels are for amd64"
fi

# ---- make install, make uninstall ----

# shellcheck disable=SC2317 # called by works
in_checkout() {
	make -C "$tmp/checkout" "$@" KDIR="$kdir" DESTDIR="$dest"
}

# refused NAME REGEX VARIABLE=VALUE...: make install fails, and one line says why.
refused() {
	name=$1
	regex=$2
	shift 2
	in_checkout -s install "$@" >"$tmp/out" 2>&1 && echo "exit code 0" >>"$tmp/out"
	grep -v '^make' "$tmp/out" >"$tmp/said" || :
	if [ "$(wc -l <"$tmp/said")" = 1 ] && grep -q "^vfio-pci-width: .*$regex" "$tmp/said"; then
		ok "$name"
	else
		not_ok "$name" "$tmp/said"
	fi
}

contents() {
	(cd "$dest" && find . ! -type d | sort)
}

# load_order NAME MODULE: of the kernel's modules and ours, modprobe loads core, width, MODULE.
load_order() {
	modprobe -d "$dest" -S "$release" -C "$dest/options" --show-depends "$2" |
		sed -n 's/^insmod .*\/\([^ ]*vfio-pci[^ ]*\)\.ko.*/\1/p' >"$tmp/said"
	if [ "$(tr '\n' ' ' <"$tmp/said")" = "vfio-pci-core vfio-pci-width $2 " ]; then
		ok "$1"
	else
		not_ok "$1" "$tmp/said"
	fi
}

# A variant driver needs vfio-pci-core, as vfio-pci does. Debian's kernels have none.
test_order() {
	cp -r "$kernel/lib" "$dest/"
	vfio_pci=$(find "$dest/lib/modules/$release/kernel" -name vfio-pci.ko)
	cp "$vfio_pci" "${vfio_pci%/*}/variant-vfio-pci.ko"
	mkdir "$dest/options"
	cp packaging/modprobe.conf "$dest/options/ours.conf"
	depmod -b "$dest" "$release"
	load_order "$1: modprobe loads it between vfio-pci-core and vfio-pci" vfio-pci
	load_order "$1: modprobe loads it between vfio-pci-core and a variant driver" variant-vfio-pci
}

test_install() {
	kernel=$got
	kdir=$kernel/headers
	release=$(cat "$kernel/release")
	dest=$tmp/dest-$1
	mkdir "$dest"
	echo theirs >"$dest/theirs"
	works "$1: make install" in_checkout install
	ko=$(find "$dest/lib/modules/$release" -name 'vfio-pci-width.ko*')
	modinfo "$ko" 2>&1 | grep -E '^(sig_key|signer):' >"$tmp/said" || :
	is_empty "$1: not signed without a key" "$tmp/said"
	contents >"$tmp/installed"
	# Where initramfs-tools looks for it.
	silent "$1: make install, PREFIX=/usr/local: the modprobe configuration is in /lib" \
		cmp packaging/modprobe.conf "$dest/lib/modprobe.d/vfio-pci-width.conf"
	refused "$1: make install, a key that is not there" 'cannot sign with /none/key: cannot read it or' \
		SIGN_KEY=/none/key
	refused "$1: make install, a key without certificate" 'cannot read it or SIGN_CERT=/none/cert' \
		SIGN_KEY="$tmp/mok.key" SIGN_CERT=/none/cert
	works "$1: make install, signed" in_checkout install SIGN_KEY="$tmp/mok.key"
	works "$1: make install, signed again" in_checkout install SIGN_KEY="$tmp/mok.key"
	contents | diff "$tmp/installed" - >"$tmp/said" || :
	is_empty "$1: installing again gives the same files" "$tmp/said"
	case $ko in
	*.xz) xz -dc "$ko" >"$tmp/installed.ko" ;;
	*) cp "$ko" "$tmp/installed.ko" ;;
	esac
	{
		modinfo "$tmp/installed.ko" | grep -q '^signer: *vfio-pci-width test$' || echo "not signed by the key"
		[ "$(grep -ac '~Module signature appended~' "$tmp/installed.ko")" = 1 ] || echo "not signed once"
		readelf -S "$tmp/installed.ko" | grep '\.debug_info' || :
	} >"$tmp/said" 2>&1
	is_empty "$1: stripped, and signed once" "$tmp/said"
	works "$1: make uninstall" in_checkout uninstall
	contents | grep -vFx ./theirs >"$tmp/said" || :
	is_empty "$1: make uninstall removes all that was installed" "$tmp/said"
	works "$1: make install after uninstall" in_checkout install
	test_order "$1"
	in_checkout clean >/dev/null 2>&1
}

openssl req -new -x509 -nodes -newkey rsa:2048 -keyout "$tmp/mok.key" -outform DER -out "$tmp/mok.pub" \
	-days 2 -subj "/CN=vfio-pci-width test/" 2>"$tmp/said" || not_ok "openssl makes a signing key" "$tmp/said"
for name in 6.1 6.12; do
	if obtain scripts/get-kernel $name; then
		test_install $name
	else
		skip "$name: make install" "$reason"
	fi
done

tap_done
