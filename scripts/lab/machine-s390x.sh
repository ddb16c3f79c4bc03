# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # set by lab-boot, which sources this
#
# A machine with zPCI. tests/s390x/zpci-log.c logs the PCI instructions. Few devices work on
# it: virtio's, an nvme, which has a BAR of plain memory (the controller memory buffer), and
# ISM functions on request.

machine_busybox() {
	"$here/get-busybox" s390x
}

machine_boot() {
	if [ -n "$qemu_dir" ]; then
		qemu=$qemu_dir
	elif [ "$ism" = 0 ]; then
		qemu=$("$here/get-qemu")
	else
		qemu=$("$here/build-qemu-ism")
	fi
	need gcc:gcc make:make gcc/stdio.h:libc6-dev
	run make -s -C "$here/../tests/s390x" OUT="$VPW_TMP/plugin"

	# The plugin needs all CPUs in one thread.
	accel=${VPW_ACCEL:-tcg}
	[ "$accel" != tcg ] || accel=tcg,thread=single

	# With 128 vectors, the MSI-X table ends where the pending bits begin, so that
	# something follows the hole.
	set -- -machine s390-ccw-virtio -accel "$accel" -nodefaults -serial stdio \
		-append "console=ttyS1 oops=panic quiet panic=-1 $append" \
		-drive if=none,id=disk,file=null-co://,format=raw \
		-device zpci,uid=1,fid=1,target=nvme \
		-device nvme,id=nvme,drive=disk,serial=1,cmb_size_mb=1,legacy-cmb=on \
		-device zpci,uid=2,fid=2,target=nic \
		-device virtio-net-pci,id=nic,mac=52:54:00:12:34:56,vectors=128,romfile= \
		-device zpci,uid=3,fid=3,target=rng -device virtio-rng-pci,id=rng
	# Function i has the address 001i:00:00.0.
	i=1
	while [ "$i" -le "$ism" ]; do
		set -- "$@" -device zpci,uid=$((16 + i)),fid=$((16 + i)),target="ism$i" \
			-device "ism,id=ism$i,log=$out/ism.log${ism_options:+,$ism_options}"
		i=$((i + 1))
	done
	[ "$trace" = no ] ||
		set -- "$@" -plugin "$VPW_TMP/plugin/zpci-log.so,log=$out/trace.log"

	boot "$qemu/qemu-system-s390x" "$@"
}

# Results go through the console.
machine_results() {
	tr -d '\r' <"$out/console.log" | sed -n 's/^RESULT: //p'
}
