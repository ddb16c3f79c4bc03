#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the scripts say to a command line that is wrong, or a cache that cannot be: one
# line, at once, and an exit code.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# says NAME CODE REGEX COMMAND...: ends with that code after one line that matches.
says() {
	name=$1
	wanted=$2
	regex=$3
	shift 3
	status=0
	timeout 30 "$@" >"$tmp/out" 2>&1 || status=$?
	# But for what make adds, and steps.
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
says "soak without minutes" 2 'how many minutes' $soak
says "soak of no minutes" 2 'minutes: 0 is not enough' $soak 0
says "make soak MINUTES=0" 2 'minutes: 0 is not enough' make soak MINUTES=0
says "soak of minutes that are no number" 2 "'1h' is no number" $soak 1h
says "soak of minutes that a shell takes for octal" 2 "'010' is no number" $soak 010
says "soak: no seconds" 2 'seconds: 0 is not enough' $soak --seconds 0 1
says "soak: a seed that is no number" 2 "seed: 'x' is no number" $soak --seed x 1
says "soak: a kernel that is not there" 2 'no kernel debug-x86-64, but these: 6.1 6.12 .*debug-x86_64( .*)' \
	$soak --kernel debug-x86-64 1
says "make soak: a kernel that is not there" 2 'no kernel 6.13, but these' \
	make soak MINUTES=1 SOAK="--kernel 6.1 --kernel 6.13"
says "soak: an option without its value" 2 'needs a value' $soak --kernel
says "demo: a kernel that is not there" 2 'no demo on a kernel 5.10' scripts/demo 5.10
says "demo: an architecture that is not there" 2 'no demo on arm' scripts/demo --arch arm
says "demo: a kernel where there is no choice" 2 'leave KERNEL' scripts/demo --arch ism 6.12
says "demo: a kernel where there is no choice, either" 2 'leave KERNEL' scripts/demo --arch qemu 6.12
says "get-qemu-source: a version that is not there" 2 'no such QEMU: 7.2' scripts/get-qemu-source 7.2
says "build-qemu-vfio: an option that is not there" 2 'no such option: --frob' scripts/build-qemu-vfio --frob
says "build-qemu-vfio: a version that is not there" 2 'QSRC is 7.2; supported are 10.0 10.2' scripts/build-qemu-vfio 7.2
says "make qemu-series without a source" 2 'give QSRC=DIR' make qemu-series
says "qemu-series of a directory that is none" 1 'no source of QEMU in /etc' qemu/series QSRC=/etc
says "qemu-series: a version that is not there" 2 'QSRC is 9.2; supported are 10.0 10.2' make qemu-series QSRC=9.2
says "check: an option that is not there" 2 'no such option' scripts/check --frob
says "bench: an option that is not there" 2 'no such option' scripts/bench --frob
says "bench-profile: an event that nobody can have" 2 'not 3' scripts/bench-profile 6.1 event 3
says "bench: a setup that is not there" 2 'no such setup: 5.10' scripts/bench 5.10
says "bench-scale: a setup that it has not" 2 'no such setup for x86_64: s390x-6.12' scripts/bench-scale s390x-6.12
says "bench-bus: an option that is not there" 2 'no such option' scripts/bench-bus --kernel
says "bench-bus: no directory" 2 'needs a value' scripts/bench-bus --out
says "make bench-bus: setups, of which it has none" 2 'leave out 6.1' make bench-bus SETUPS=6.1
says "make bench-uml: setups, of which it has none" 2 'leave out 6.1' make bench-uml SETUPS=6.1
says "bench-bus: a place where nothing can be" 1 'cannot write to /proc/x' scripts/bench-bus --out /proc/x
says "bench-uml: pairs that are no number" 2 'takes a number' scripts/bench-uml --pairs x
says "bench-profile without a direction" 2 'give a setup' scripts/bench-profile 6.1
says "bench-profile: too many bytes" 2 'no number of bytes' scripts/bench-profile 6.1 read 4194305
says "coverage: an option that is not there" 2 'unknown option' scripts/coverage --no
says "build-kernel: a kernel that is not there" 2 'no scripts/kernels/x.config' scripts/build-kernel x
says "get-kernel: a kernel that is not there" 2 'no such kernel: 5.10-rt' scripts/get-kernel 5.10-rt
says "lab-boot without a kernel" 2 'are needed' scripts/lab-boot
says "build-site: an option that is not there" 2 'no such option' scripts/build-site --frob
says "build-site: no kernel tree" 1 'there is no kernel tree in /proc: give KSRC=7.3' scripts/build-site /proc
says "build-site: a place where nothing can be" 1 'cannot write to /proc/x' scripts/build-site --out /proc/x
says "get-root: an option that is not there" 2 'no such release: --frob' scripts/get-root --frob
says "in-root: no root directory" 2 'DIR is a root directory' scripts/in-root "$tmp/none" true
says "build-deb: what it does not know" 2 'give OUT=DIR or nothing' scripts/build-deb /tmp
says "build-deb: a place where nothing can be" 1 'cannot write to /proc/x' scripts/build-deb OUT=/proc/x
says "build-rpm: what it does not know" 2 'give OUT=DIR or nothing' scripts/build-rpm --frob
says "build-rpm: a place where nothing can be" 1 'cannot write to /proc/x' scripts/build-rpm OUT=/proc/x
says "series without a source" 2 'give KSRC=DIR' make series

# A hint that names a command can be followed.
for script in soak demo bench bench-scale bench-bus bench-uml bench-profile build-kernel lab-boot fuzz build-deb build-rpm; do
	"scripts/$script" --nope >"$tmp/said" 2>&1 || :
	hint=$(sed -n 's/.*(see \(.*\) --help)$/\1/p' "$tmp/said")
	if [ -x "$hint" ] && "$hint" --help >>"$tmp/said" 2>&1; then
		ok "$script says how to get help"
	else
		not_ok "$script says how to get help" "$tmp/said"
	fi
done

# ---- the cache ----

# Nobody can write there, not even root.
for script in demo bench ism-table "soak 1" get-busybox; do
	# shellcheck disable=SC2086 # with its arguments
	says "$script: a cache that cannot be written" 1 'cannot write to /proc/cache' \
		env VPW_CACHE=/proc/cache scripts/$script
done
says "a cache by a relative path" 1 "must have an absolute path: .* such as $PWD/cache" \
	env VPW_CACHE=cache scripts/demo
says "make: a cache by a relative path" 1 "must have an absolute path" \
	sh -c 'make bench VPW_CACHE=cache || exit 1'
says "a cache with a blank in its name" 1 'without spaces' env VPW_CACHE="$tmp/a b" scripts/demo
ls -d cache >"$tmp/said" 2>/dev/null || :
is_empty "none of them is made" "$tmp/said"

# ---- the emulated machine ----

# A kernel that is none: QEMU says so on what would be the console.
mkdir "$tmp/kernel" "$tmp/lab"
echo none >"$tmp/kernel/vmlinuz"
: >"$tmp/kernel/config"
: >"$tmp/job"
status=0
VPW_KEEP='' scripts/lab-boot --kernel "$tmp/kernel" --job "$tmp/job" --out "$tmp/lab" \
	>"$tmp/said" 2>&1 || status=$?
if grep -q '^    qemu' "$tmp/said" && [ "$status" = 1 ] &&
	tail -n 1 "$tmp/said" | grep -q 'QEMU ended with exit code 1; .* with VPW_KEEP=1 only$'; then
	ok "lab-boot shows the end of the console, and says how to keep it"
else
	not_ok "lab-boot shows the end of the console, and says how to keep it" "$tmp/said"
fi

tap_done
