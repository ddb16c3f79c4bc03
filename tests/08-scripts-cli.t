#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A wrong command line or an unusable cache ends a script at once, with one line and an exit code.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# says NAME CODE REGEX COMMAND...: the command ends with CODE after one line that matches.
says() {
	name=$1
	wanted=$2
	regex=$3
	shift 3
	status=0
	timeout 30 "$@" >"$tmp/out" 2>&1 || status=$?
	# Ignore make's own lines and reports of progress.
	grep -v -e '^make: ' -e '^==> ' "$tmp/out" >"$tmp/said" || :
	if [ "$status" = "$wanted" ] && [ "$(wc -l <"$tmp/said")" = 1 ] &&
		grep -Eq "$regex" "$tmp/said"; then
		ok "$name"
	else
		echo "exit code $status; wanted $wanted and one line like $regex" >>"$tmp/said"
		not_ok "$name" "$tmp/said"
	fi
}

# ---- usage ----

soak=scripts/soak
says "soak without minutes" 2 'give a number of minutes' $soak
says "soak: 0 minutes" 2 'minutes: must be above 0' $soak 0
says "make soak MINUTES=0" 2 'minutes: must be above 0' make soak MINUTES=0
says "soak: minutes not a number" 2 "'1h' is not a decimal number" $soak 1h
says "soak: minutes in octal" 2 "'010' is not a decimal number" $soak 010
says "soak: 0 seconds" 2 'seconds: must be above 0' $soak --seconds 0 1
says "soak: seed not a number" 2 "seed: 'x' is not a decimal number" $soak --seed x 1
says "soak: unknown kernel" 2 'no such kernel: debug-x86-64; there are: 6.1 6.12 .*debug-x86_64( .*)' \
	$soak --kernel debug-x86-64 1
says "make soak: unknown kernel" 2 'no such kernel: 6.13; there are' \
	make soak MINUTES=1 SOAK="--kernel 6.1 --kernel 6.13"
says "soak: option without a value" 2 'needs a value' $soak --kernel
says "demo: unknown kernel" 2 'no demo on a kernel 5.10' scripts/demo 5.10
says "demo: unknown architecture" 2 'no demo on arm' scripts/demo --arch arm
says "demo of ism: KERNEL is refused" 2 'leave out KERNEL' scripts/demo --arch ism 6.12
says "demo of qemu: KERNEL is refused" 2 'leave out KERNEL' scripts/demo --arch qemu 6.12
says "get-qemu-source: unknown version" 2 'no such QEMU: 7.2' scripts/get-qemu-source 7.2
says "build-qemu-vfio: unknown option" 2 'no such option: --frob' scripts/build-qemu-vfio --frob
says "build-qemu-vfio: unknown version" 2 'QSRC is 7.2; supported are 10.0 10.2' scripts/build-qemu-vfio 7.2
says "make qemu-series without a source" 2 'give QSRC=DIR' make qemu-series
says "qemu-series: a directory without QEMU's source" 1 'no source of QEMU in /etc' qemu/series QSRC=/etc
says "qemu-series: unknown version" 2 'QSRC is 9.2; supported are 10.0 10.2' make qemu-series QSRC=9.2
says "check: unknown option" 2 'no such option' scripts/check --frob
says "check: no such test" 2 'no such test: tests/x.t' scripts/check tests/x.t
says "bench: unknown option" 2 'no such option' scripts/bench --frob
says "bench-profile: impossible width of an event" 2 'not 3' scripts/bench-profile 6.1 event 3
says "bench: unknown setup" 2 'no such setup: 5.10' scripts/bench 5.10
says "bench-scale: setup of another architecture" 2 'no such setup for x86_64: s390x-6.12' scripts/bench-scale s390x-6.12
says "bench-scale: arm64" 2 'no such setup for x86_64: arm64' scripts/bench-scale arm64-6.12-modules
says "bench-profile: arm64" 2 'no such setup for x86_64: arm64' scripts/bench-profile arm64-6.12-modules read 8
says "bench-bus: unknown option" 2 'no such option' scripts/bench-bus --kernel
says "bench-bus: --out without a value" 2 'needs a value' scripts/bench-bus --out
says "make bench-bus: SETUPS is refused" 2 'leave out 6.1' make bench-bus SETUPS=6.1
says "make bench-uml: SETUPS is refused" 2 'leave out 6.1' make bench-uml SETUPS=6.1
says "bench-bus: directory not writable" 1 'cannot write to /proc/x' scripts/bench-bus --out /proc/x
says "bench-uml: --pairs not a number" 2 'takes a number' scripts/bench-uml --pairs x
says "bench-profile without a direction" 2 'give a setup' scripts/bench-profile 6.1
says "bench-profile: too many bytes" 2 'give 1 to 4194304 bytes' scripts/bench-profile 6.1 read 4194305
says "coverage: unknown option" 2 'no such option' scripts/coverage --no
says "build-kernel: unknown kernel" 2 'no such file: scripts/kernels/x.config' scripts/build-kernel x
says "get-kernel: unknown kernel" 2 'no such kernel: 5.10-rt' scripts/get-kernel 5.10-rt
says "lab-boot without a kernel" 2 'give --kernel' scripts/lab-boot
says "build-site: unknown option" 2 'no such option' scripts/build-site --frob
says "build-site: no kernel tree" 1 'no kernel tree in /proc: give KSRC=7.3' scripts/build-site /proc
says "build-site: directory not writable" 1 'cannot write to /proc/x' scripts/build-site --out /proc/x
says "get-root: unknown option" 2 'no such release: --frob' scripts/get-root --frob
says "in-root: no root directory" 2 'DIR is a root directory' scripts/in-root "$tmp/none" true
says "build-deb: unknown argument" 2 'give OUT=DIR or nothing' scripts/build-deb /tmp
says "build-deb: directory not writable" 1 'cannot write to /proc/x' scripts/build-deb OUT=/proc/x
says "build-rpm: unknown argument" 2 'give OUT=DIR or nothing' scripts/build-rpm --frob
says "build-rpm: directory not writable" 1 'cannot write to /proc/x' scripts/build-rpm OUT=/proc/x
says "series without a source" 2 'give KSRC=DIR' make series

# A script must refuse these before it installs or fetches anything, which takes more tools.
mkdir "$tmp/few"
for tool in cat date dirname find mkdir rm; do
	ln -s "$(command -v $tool)" "$tmp/few/"
done
few="env PATH=$tmp/few"
# shellcheck disable=SC2086 # a command and its argument
{
	says "layout: unknown option" 2 'no such option: --frob' $few scripts/layout --frob
	says "coverage: two options" 2 'give one option' $few scripts/coverage --no-kunit --no-qemu
	says "fuzz: empty input" 2 "'' is not a hexadecimal input" $few scripts/fuzz --replay ''
	says "lab-boot: size not a number" 2 "take a number, not '2G'" \
		$few scripts/lab-boot --kernel / --job /dev/null --out "$tmp" --memory 2G
}

# ---- make install ----

# Only the target that make install and uninstall check first.
mkdir -p "$tmp/dkms/vfio-pci-width"
says "make install beside DKMS" 2 'DKMS manages the module' make may_install dkms_tree="$tmp/dkms"
silent "make install beside DKMS, DESTDIR" make -s may_install dkms_tree="$tmp/dkms" DESTDIR="$tmp"
mkdir -p "$tmp/kdir/certs" "$tmp/kdir/scripts"
touch "$tmp/kdir/certs/signing_key.pem" "$tmp/kdir/scripts/sign-file" "$tmp/key" "$tmp/cert"
set -- make -s sign_key KDIR="$tmp/kdir" SIGN_KEY="$tmp/key" SIGN_CERT="$tmp/cert"
echo CONFIG_MODULE_SIG_ALL=y >"$tmp/kdir/.config"
says "make install: kbuild signs" 2 'kbuild signs with the key of' "$@"
echo '# CONFIG_MODULE_SIG_ALL is not set' >"$tmp/kdir/.config"
silent "make install: kbuild has a key but does not sign" "$@"

# ---- help ----

# A hint must name a command that works.
for script in soak demo bench bench-scale bench-bus bench-uml bench-profile build-kernel lab-boot fuzz build-deb build-rpm; do
	"scripts/$script" --nope >"$tmp/said" 2>&1 || :
	hint=$(sed -n 's/.*(see \(.*\) --help)$/\1/p' "$tmp/said")
	if [ -x "$hint" ] && "$hint" --help >>"$tmp/said" 2>&1; then
		ok "$script tells how to get help"
	else
		not_ok "$script tells how to get help" "$tmp/said"
	fi
done

# ---- the cache ----

# Not even root can write to /proc/cache.
for script in demo bench ism-table "soak 1" get-busybox; do
	# shellcheck disable=SC2086 # a script and its argument
	says "$script: cache not writable" 1 'cannot write to /proc/cache' \
		env VPW_CACHE=/proc/cache scripts/$script
done
says "a relative path of the cache" 1 "must have an absolute path: .* such as $PWD/cache" \
	env VPW_CACHE=cache scripts/demo
says "make: a relative path of the cache" 1 "must have an absolute path" \
	sh -c 'make bench VPW_CACHE=cache || exit 1'
says "a path of the cache with a blank" 1 'without spaces' env VPW_CACHE="$tmp/a b" scripts/demo
ls -d cache >"$tmp/said" 2>/dev/null || :
is_empty "no such cache is made" "$tmp/said"

# shellcheck disable=SC1091,SC2034,SC2317 # lib.sh needs $here; suite_open calls these
unread_list() {
	(
		here=scripts VPW_CACHE=$tmp/cache
		. scripts/lib.sh
		vpw_keyring=$here/lib.sh
		debian_mirror() { echo "mirror bookworm"; }
		suite_apt() { false; }
		sleep() { :; }
		if suite_open bookworm amd64; then
			echo "the list is there"
			return 1
		fi
		flock -n "$VPW_CACHE/lock/lists" true
	)
}
works "a package list that cannot be read does not stay locked" unread_list

# ---- copies of the tree ----

works "copy-tree copies a checkout of another user" \
	env GIT_TEST_ASSUME_DIFFERENT_OWNER=1 scripts/copy-tree "$tmp/copy"
mkdir "$tmp/copy/out"
touch "$tmp/copy/out/x.deb" "$tmp/copy/livepatch/x.o" "$tmp/copy/tools/vfio-bar/vfio-bar"
works "copy-tree without git" "$tmp/copy/scripts/copy-tree" "$tmp/again"
rm -r "$tmp/copy/out" "$tmp/copy/livepatch/x.o" "$tmp/copy/tools/vfio-bar/vfio-bar"
silent "copy-tree without git leaves out build products" diff -r "$tmp/copy" "$tmp/again"

# ---- the emulated machine ----

# The file is not a kernel, and QEMU says so on the console.
mkdir "$tmp/kernel" "$tmp/lab"
echo none >"$tmp/kernel/vmlinuz"
: >"$tmp/kernel/config"
: >"$tmp/job"
status=0
VPW_KEEP='' scripts/lab-boot --kernel "$tmp/kernel" --job "$tmp/job" --out "$tmp/lab" \
	>"$tmp/said" 2>&1 || status=$?
if grep -q '^    qemu' "$tmp/said" && [ "$status" = 1 ] &&
	tail -n 1 "$tmp/said" | grep -q 'QEMU ended with exit code 1; .* with VPW_KEEP=1 only$'; then
	ok "lab-boot shows the end of the console and tells how to keep it"
else
	not_ok "lab-boot shows the end of the console and tells how to keep it" "$tmp/said"
fi

# One that hangs.
mkdir "$tmp/bin"
# shellcheck disable=SC2016 # the script's $2
printf '#!/bin/sh\n[ "$2" != help ] || exit 0\ntrap "" TERM\nexec sleep 20\n' >"$tmp/bin/qemu-system-x86_64"
chmod +x "$tmp/bin/qemu-system-x86_64"
# shellcheck disable=SC2031 # lib.sh, in a subshell, has a PATH of its own
PATH=$tmp/bin:$PATH scripts/lab-boot --kernel "$tmp/kernel" --job "$tmp/job" --out "$tmp/lab" --timeout 5 \
	>"$tmp/said" 2>&1 || :
if tail -n 1 "$tmp/said" | grep -q 'did not end within 5 seconds, or QEMU was killed; '; then
	ok "lab-boot: QEMU survives SIGTERM"
else
	not_ok "lab-boot: QEMU survives SIGTERM" "$tmp/said"
fi

tap_done
