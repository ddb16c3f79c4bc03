#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The README's commands on a freshly installed machine of the other Debian release (13 on a
# machine with 12 and vice versa): in a root directory with only make and git, and no network
# but the Debian mirror. Its cache is kept from run to run.
#
# shellcheck disable=SC2016,SC2031 # the shell in the root expands what is in single quotes
set -eu
cd "$(dirname "$0")/../.."
. tests/lib/tap.sh

if ! obtain scripts/get-root other; then
	echo "1..0 # SKIP $reason"
	exit 0
fi
base=$got
if ! unshare -m mount --make-rprivate / 2>"$tmp/err"; then
	echo "1..0 # SKIP no mount namespace: $(tail -n 1 "$tmp/err")"
	exit 0
fi

root=$tmp/root
# Next to the root itself, which is rebuilt from time to time.
# shellcheck disable=SC1091 # lib.sh needs $here
cache=$(here=scripts && . scripts/lib.sh && echo "$VPW_CACHE/other-$(. "$base/etc/os-release" && echo "$VERSION_CODENAME")")
mkdir -p "$cache"
cp -a "$base" "$root"
scripts/copy-tree "$root/src"
cp /etc/resolv.conf "$root/etc/"

# in_root COMMAND: runs it in the source tree of the root. The last process takes the mounts
# with it.
in_root() {
	unshare -m sh -c '
		set -e
		mount --make-rprivate /
		mount -t proc proc "$1/proc"
		mount --rbind /dev "$1/dev"
		mkdir -p "$1/root/.cache"
		mount --bind "$2" "$1/root/.cache"
		exec chroot "$1" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C \
			VPW_JOBS="$4" sh -c "cd /src && $3"' in_root "$root" "$cache" "$1" "${VPW_JOBS:-}" </dev/null
}

# command_works NAME REGEX COMMAND: succeeds and prints a line that matches.
command_works() {
	status=0
	begin=$(date +%s)
	in_root "$3" >"$tmp/said" 2>&1 || status=$?
	echo "# $1: $(($(date +%s) - begin)) s" >&2
	if [ "$status" = 0 ] && grep -Eq "$2" "$tmp/said"; then
		ok "$1"
	else
		echo "exit code $status; wanted a line like $2" >>"$tmp/said"
		not_ok "$1" "$tmp/said"
	fi
}

# command_fails NAME REGEX COMMAND: fails and prints a line that matches.
command_fails() {
	status=0
	in_root "$3" >"$tmp/said" 2>&1 || status=$?
	if [ "$status" != 0 ] && grep -Eq "$2" "$tmp/said"; then
		ok "$1"
	else
		echo "exit code $status; wanted a line like $2" >>"$tmp/said"
		not_ok "$1" "$tmp/said"
	fi
}

command_fails "make series without a git identity" 'git does not know who you are' \
	'make series KSRC=7.3 OUT=/tmp/series'
command_fails "make without a kernel" 'no kernel to build for' 'make'
command_works "make demo" '^PASSED: .*on stock, [1-9]' 'make demo'
command_works "make demo KERNEL=6.12" '^PASSED' 'make demo KERNEL=6.12'
command_works "make demo ARCH=s390" '^PASSED: .*on stock, [1-9]' 'make demo ARCH=s390'
command_works "make" 'vfio-pci-width.ko' 'apt-get install -y gcc make && make KDIR=$(scripts/get-kernel 6.12)/headers'
command_works "make install" '^installed$' \
	'make install DESTDIR=/tmp/inst KDIR=$(scripts/get-kernel 6.12)/headers &&
	[ -n "$(find /tmp/inst -name "vfio-pci-width.ko*")" ] && [ -x /tmp/inst/usr/local/bin/vfio-bar ] && echo installed'
command_works "make replacement-modules" '/vfio-pci-core.ko$' \
	'make replacement-modules KSRC=6.12 KDIR=$(scripts/get-kernel 6.12)/headers OUT=/tmp/modules'
command_works "git config" '^$' 'git config --global user.name Newcomer &&
	git config --global user.email newcomer@example.org && echo'
command_works "make series" '0001-.*\.patch$' 'make series KSRC=7.3 OUT=/tmp/series'
command_works "make overlay" 'has the rework' 'make overlay KSRC=7.3 OUT=/tmp/tree'
command_works "make check, where releases differ" 'all tests passed' \
	'make check TESTS="tests/08-scripts-cli.t tests/41-matrix-6.12.t tests/44-matrix-replacement-6.12.t"'
command_works "make demo ARCH=ism" '^PASSED' 'make demo ARCH=ism'
find "$root/boot" "$root/lib/modules" -name '*[0-9]*' >"$tmp/kernels" 2>/dev/null || :
is_empty "no kernel is installed" "$tmp/kernels"

tap_done
