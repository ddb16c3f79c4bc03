# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The packages on a machine of one Debian release: built and installed in a root directory with
# the release's own kernel, then booted in QEMU with Debian's initramfs and systemd.
# Sourced like tap.sh, which it includes.
. tests/lib/tap.sh
export PATH="$PATH:/usr/sbin:/sbin"

root=$tmp/root
disk=$tmp/disk.img
edu=0000:00:04.0

# in_root COMMAND: runs it as root of that machine.
in_root() {
	scripts/in-root "$root" "$1"
}

# root_works NAME COMMAND
root_works() {
	begin=$(date +%s)
	works "$1" in_root "$2"
	echo "# $1: $(($(date +%s) - begin)) s" >&2
}

# says NAME REGEX FILE: a line of the file matches.
says() {
	if grep -Eq "$2" "$3"; then
		ok "$1"
	else
		{
			cat "$3"
			echo "no line matches $2"
		} >"$tmp/why"
		not_ok "$1" "$tmp/why"
	fi
}

# root_says NAME REGEX COMMAND
root_says() {
	in_root "$3" >"$tmp/said" 2>&1 || echo "exit code $?" >>"$tmp/said"
	says "$1" "$2" "$tmp/said"
}

# ---- the machine ----

# machine SUITE: makes the root directory $root, with the packages in /debs; may skip the test.
machine() {
	suite=$1
	if [ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ]; then
		echo "1..0 # SKIP the stock kernels are for amd64"
		exit 0
	fi
	if ! obtain scripts/get-root --machine "$suite"; then
		echo "1..0 # SKIP $reason"
		exit 0
	fi
	cp -a "$got" "$root"
	cp /etc/resolv.conf "$root/etc/"
	build_packages
}

# Builds the packages in another root directory than the one that installs them.
build_packages() {
	obtain scripts/get-root "$suite"
	cp -a "$got" "$tmp/builder"
	cp /etc/resolv.conf "$tmp/builder/etc/"
	scripts/copy-tree "$tmp/builder/src"
	works "make deb" scripts/in-root "$tmp/builder" 'apt-get update && cd /src && make deb OUT=/debs'
	works "lintian is there" scripts/in-root "$tmp/builder" 'apt-get install -y --no-install-recommends lintian'
	silent "lintian" scripts/in-root "$tmp/builder" \
		'lintian --allow-root --fail-on error,warning /debs/*.changes'
	mkdir "$root/debs"
	cp "$tmp/builder"/debs/vfio-pci-width-dkms_*.deb "$tmp/builder"/debs/vfio-bar_*.deb "$root/debs/"
	starts_nothing "$root/debs"
	# An upgrade needs a next version.
	works "make deb, of the next version" scripts/in-root "$tmp/builder" 'cd /src &&
		echo 0.999 >VERSION && sed -i "1s/(.*)/(0.999)/" debian/changelog && make deb OUT=/next'
	mkdir "$root/next"
	cp "$tmp/builder"/next/vfio-pci-width-dkms_*.deb "$root/next/"
	rm -rf "$tmp/builder"
}

# kernel_of PATTERN: prints the release name of the kernel that matches.
kernel_of() {
	basename "$(find "$root/boot" -name "vmlinuz-$1" | sort -V | tail -n 1)" | sed 's/^vmlinuz-//'
}

# vfio-pci takes edu as soon as it loads. A unit makes a request before any other service can,
# prints the state, and powers off.
prepare_machine() {
	echo 'options vfio-pci ids=1234:11e8' >"$root/etc/modprobe.d/test.conf"
	echo vfio-pci >"$root/etc/modules-load.d/test.conf"
	cat >"$root/test" <<-TEST
		#!/bin/sh
		exec >/dev/ttyS0 2>&1
		patch=/sys/kernel/livepatch/vfio_pci_width
		echo "TEST: kernel \$(uname -r)"
		echo "TEST: read \$(vfio-bar read $edu 0 0x80 8 2>&1 | tr '\\n' ' ')"
		[ -e \$patch ] && echo "TEST: enabled \$(cat \$patch/enabled)" || echo "TEST: no patch"
		journalctl -b -o cat -u vfio-pci-width | sed 's/^/TEST: unit: /'
		dmesg | sed -n 's/^\[ *\([0-9.]*\)\] /TEST: log: /p' |
			grep -E 'livepatch: |vfio|module|Run /init|systemd.* running in system mode'
		sync
		echo o >/proc/sysrq-trigger
		sleep 60
	TEST
	chmod +x "$root/test"
	cat >"$root/etc/systemd/system/test.service" <<-UNIT
		[Unit]
		DefaultDependencies=no
		After=systemd-modules-load.service vfio-pci-width.service
		Before=sysinit.target
		[Service]
		Type=oneshot
		ExecStart=/test
	UNIT
	mkdir -p "$root/etc/systemd/system/sysinit.target.wants"
	ln -sf ../test.service "$root/etc/systemd/system/sysinit.target.wants/"
}

# make_disk: from the current root directory.
make_disk() {
	rm -f "$disk"
	rm -rf "$root/var/cache/apt/archives"/*.deb
	mke2fs -q -t ext4 -d "$root" -E lazy_itable_init=1 "$disk" 6G >/dev/null
}

# boot NAME KERNEL INITRD [APPEND]: the console goes to $tmp/console, edu's trace to $tmp/seen.
boot() {
	rm -f "$tmp/trace"
	mkfifo "$tmp/trace"
	grep "'edu-mmio'" <"$tmp/trace" >"$tmp/seen" &
	begin=$(date +%s)
	accel=${VPW_ACCEL:-tcg}
	[ "$accel" != tcg ] || accel=tcg,thread=single
	status=0
	timeout -k 5 600 qemu-system-x86_64 -machine q35,kernel-irqchip=split -accel "$accel" -cpu max \
		-m 1024 -nographic -no-reboot -vga none -net none -device intel-iommu -device edu,addr=4 \
		-drive "if=none,id=disk,file=$disk,format=raw,snapshot=on" -device virtio-blk-pci,drive=disk,addr=5 \
		-kernel "$root/boot/vmlinuz-$2" -initrd "$3" \
		-append "root=/dev/vda rw console=ttyS0 intel_iommu=on tsc=reliable no_timer_check panic=-1 ${4:-}" \
		-D "$tmp/trace" -trace 'memory_region_ops_*' </dev/null >"$tmp/console" 2>&1 || status=$?
	wait $! || :
	echo "# $1: booted in $(($(date +%s) - begin)) s" >&2
	tr -d '\r' <"$tmp/console" | sed -n 's/^.*TEST: //p' >"$tmp/test"
	if [ "$status" = 0 ] && grep -q "^kernel $2\$" "$tmp/test"; then
		ok "$1: boots"
	else
		echo "QEMU's exit code $status" >>"$tmp/console"
		not_ok "$1: boots" "$tmp/console"
	fi
	[ -z "${VPW_KEEP:-}" ] || cp "$tmp/console" "/tmp/console-$suite-$(echo "$1" | tr -c 'a-z0-9.\n-' _)"
}

# widths NAME WANTED: the widths of the accesses of the request.
widths() {
	sed -n 's/.* size \([0-9]*\) name .*/\1/p' "$tmp/seen" | tr '\n' ' ' >"$tmp/widths"
	echo >>"$tmp/widths"
	says "$1: the first request reaches the device as $2" "^$2 \$" "$tmp/widths"
}

# patch_first NAME: the livepatch was enabled before vfio-pci took its first device.
patch_first() {
	says "$1: the livepatch is enabled" '^enabled 1$' "$tmp/test"
	sed -n -e "s/.*livepatch: enabling patch 'vfio_pci_width'.*/patch/p" \
		-e 's/.*vfio_pci: add \[1234:11e8.*/device/p' "$tmp/test" | tr '\n' ' ' >"$tmp/order"
	echo >>"$tmp/order"
	says "$1: the livepatch is enabled before vfio-pci takes a device" '^patch device $' "$tmp/order"
}

# ---- what is installed ----

# in_initrd NAME KERNEL: it has the module, the file that loads it, and vfio-pci.
in_initrd() {
	in_root "lsinitramfs /boot/initrd.img-$2" >"$tmp/initrd" 2>&1
	grep -oE '(vfio-pci-width\.(ko|conf)|vfio-pci\.ko)' "$tmp/initrd" | sort -u | tr '\n' ' ' >"$tmp/said"
	echo >>"$tmp/said"
	says "$1: the initramfs has the module, its configuration and vfio-pci" '^vfio-pci-width.conf vfio-pci-width.ko vfio-pci.ko $' "$tmp/said"
}

# installed NAME KERNEL
installed() {
	root_says "$1: dpkg says installed" '^install ok installed$' \
		"dpkg-query -W -f '\${Status}\\n' vfio-pci-width-dkms"
	root_says "$1: DKMS says installed for $2" ': installed' "dkms status -m vfio-pci-width -k $2"
	root_says "$1: the module is signed" '^DKMS module signing key$' "modinfo -k $2 -F signer vfio-pci-width"
	in_initrd "$1" "$2"
}

# nothing_left NAME: no file of the module is left, none that loads it, and no directory of DKMS.
nothing_left() {
	{
		find "$root" -xdev \( -path "$root/debs" -o -path "$root/next" -o -path "$root/proc" -o -path "$root/dev" \
			-o -path "$root/var/log" -o -path "$root/var/lib/dpkg/info" \) -prune -o \( -iname '*vfio*width*' -o -name dkms -path '*/updates/*' \) -print
		for image in "$root"/boot/initrd.img-*; do
			in_root "lsinitramfs /boot/${image##*/}" | grep 'vfio-pci-width' || :
		done
		grep -l vfio.pci.width "$root"/lib/modules/*/modules.dep || :
	} >"$tmp/said" 2>&1
	is_empty "$1: nothing is left" "$tmp/said"
}

# power_off_at NAME COMMAND: kills the installation of the package once the command succeeds in
# the root directory, then repairs it as an administrator does.
power_off_at() {
	in_root 'dpkg --purge vfio-pci-width-dkms' >/dev/null 2>&1
	scripts/in-root "$root" 'dpkg -i /debs/vfio-pci-width-dkms_*.deb' >"$tmp/dpkg" 2>&1 &
	pid=$!
	for i in $(seq 1 3000); do
		! (cd "$root" && sh -c "$2") >/dev/null 2>&1 || break
		sleep 0.02
	done
	echo "# $1: after $i checks" >&2
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || :
	root_says "power-off $1: the package is half configured" '^install ok half-configured$' \
		"dpkg-query -W -f '\${Status}\\n' vfio-pci-width-dkms"
	root_works "power-off $1: dpkg --configure -a" 'dpkg --configure -a'
	installed "power-off $1" "$own"
}

# test_release SUITE OWN OTHER PACKAGES WIDTHS: OWN and OTHER match the names of two kernels,
# PACKAGES are the other kernel's, WIDTHS is how stock splits 8 bytes.
test_release() {
	machine "$1"
	prepare_machine
	own=$(kernel_of "$2")

	# ---- installed ----
	echo vfio-pci >>"$root/etc/initramfs-tools/modules"
	root_works "an initramfs with vfio-pci" 'update-initramfs -u -k all'
	cp "$root/boot/initrd.img-$own" "$tmp/initrd.before"
	for unfit in "5.10.0-1-amd64 CONFIG_LIVEPATCH=y" "6.5.0-1-amd64 CONFIG_LIVEPATCH=n"; do
		dir=$root/lib/modules/${unfit% *}/build
		mkdir -p "$dir/include"
		printf '%s\n' CONFIG_MODULES=y CONFIG_VFIO_PCI_CORE=m "${unfit#* }" >"$dir/.config"
	done
	root_works "apt install, with kernels that the module does not support" \
		'apt-get update && apt-get install -y --no-install-recommends /debs/*.deb'
	root_says "DKMS skips the kernels that the module does not support" '^1$' "dkms status -m vfio-pci-width | wc -l"
	rm -r "$root/lib/modules/5.10.0-1-amd64" "$root/lib/modules/6.5.0-1-amd64"
	installed "installed" "$own"
	cp "$root/boot/initrd.img-$own" "$tmp/initrd.with"
	root_works "an initramfs without VFIO" "sed -i /vfio-pci/d /etc/initramfs-tools/modules &&
		mkinitramfs -o /tmp/initrd.plain $own && echo vfio-pci >>/etc/initramfs-tools/modules"
	make_disk

	# ---- booted ----
	boot "loaded by systemd" "$own" "$root/tmp/initrd.plain"
	patch_first "loaded by systemd"
	widths "loaded by systemd" 8
	boot "loaded by the initramfs" "$own" "$tmp/initrd.with"
	patch_first "loaded by the initramfs"
	widths "loaded by the initramfs" 8
	# vfio-pci loads first, as if it were built in.
	boot "vfio-pci loaded before" "$own" "$tmp/initrd.before"
	says "vfio-pci loaded before: the livepatch is enabled" '^enabled 1$' "$tmp/test"
	widths "vfio-pci loaded before" 8
	boot "module_blacklist" "$own" "$tmp/initrd.with" module_blacklist=vfio_pci_width
	says "module_blacklist: no livepatch" '^no patch$' "$tmp/test"
	widths "module_blacklist" "$5"
	boot "modprobe.blacklist" "$own" "$root/tmp/initrd.plain" modprobe.blacklist=vfio_pci_width
	says "modprobe.blacklist: the livepatch still loads" '^enabled 1$' "$tmp/test"
	boot "a key that is not enrolled" "$own" "$root/tmp/initrd.plain" module.sig_enforce=1
	says "a key that is not enrolled: no livepatch" '^no patch$' "$tmp/test"
	says "a key that is not enrolled: the kernel says why" 'unavailable key' "$tmp/console"
	widths "a key that is not enrolled" "$5"

	# ---- another kernel, another version ----
	root_works "apt install $4" "apt-get install -y --no-install-recommends $4"
	other=$(kernel_of "$3")
	installed "the other kernel" "$other"
	make_disk
	boot "the other kernel" "$other" "$root/boot/initrd.img-$other"
	patch_first "the other kernel"
	widths "the other kernel" 8
	root_works "the next version" 'dpkg -i /next/*.deb'
	installed "the next version" "$other"
	root_says "the next version: no other version is installed" '/0\.999,' 'dkms status | grep -v 0.999 || dkms status'
	root_works "downgrade" 'dpkg -i /debs/vfio-pci-width-dkms_*.deb'

	# ---- removed ----
	root_works "apt remove" 'apt-get remove -y vfio-pci-width-dkms'
	nothing_left "apt remove"
	root_works "apt purge" 'apt-get purge -y vfio-pci-width-dkms vfio-bar'
	nothing_left "apt purge"
	root_says "apt purge: dpkg knows neither package" '^0$' "dpkg-query -W -f '\${Package}\\n' | grep -c vfio || :"

	# ---- a power-off ----
	power_off_at "while it compiles" 'ls var/lib/dkms/vfio-pci-width/*/build/*/*.o'
	power_off_at "while the module is installed" 'ls lib/modules/*/updates/dkms/vfio-pci-width.ko*'
	power_off_at "while the initramfs is made" 'ls boot/initrd.img-*.new'
	root_works "apt purge at the end" 'apt-get purge -y vfio-pci-width-dkms'
	nothing_left "apt purge at the end"
}
