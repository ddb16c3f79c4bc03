# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # set by lab-boot
#
# The devices of the machines on which QEMU's trace of memory regions shows the accesses;
# sourced by machine-*.sh.

# boot_devices QEMU OPTION...: boot with the devices and the trace. $nvme is appended to the
# properties of the nvme.
nvme=
boot_devices() {
	"$here/lab/make-rom" >"$out/rom.bin"
	rm -f "$out/log.mem"
	truncate -s 16M "$out/log.mem"

	# One thread for all CPUs. With a thread per CPU, QEMU 7.2 sometimes keeps executing
	# the breakpoint by which the kernel patches a function after the kernel has removed
	# it, and both CPUs hang. While BARs come and go, an access may also reach the wrong
	# device, as a CPU keeps using stale address mappings (10.0 fails an assertion then).
	accel=${VPW_ACCEL:-tcg}
	[ "$accel" != tcg ] || accel=tcg,thread=single

	qemu=$1
	set -- "$@" -accel "$accel" -vga none -net none \
		-device edu,addr=4 \
		-device rtl8139,addr=5,romfile= \
		-device "e1000e,addr=6,romfile=$out/rom.bin" \
		-drive if=none,id=disk,file=null-co://,format=raw -device "nvme,drive=disk,serial=1,addr=7$nvme" \
		-object memory-backend-ram,id=memory,size=4M,share=on \
		-device ivshmem-plain,memdev=memory,addr=8 \
		-device edu,addr=0xa \
		-object "memory-backend-file,id=log,size=16M,share=on,mem-path=$out/log.mem" \
		-device ivshmem-plain,memdev=log,addr=0xb
	# Newer QEMUs log accesses that a device refuses in a class of their own.
	log=guest_errors
	! "$qemu" -d help | grep -q '^invalid_mem' || log=$log,invalid_mem
	[ "$trace" = no ] || set -- "$@" -d "$log" -D "$out/trace.log" \
		-trace 'memory_region_ops_*' -trace 'memory_region_subpage_*'

	boot "$@"
}

machine_results() {
	perl -e 'read(STDIN, $n, 8) == 8 or exit; $n = unpack("Q<", $n);
		read(STDIN, $t, $n - 8) if $n > 8; print $t // ""' <"$out/log.mem"
	rm -f "$out/log.mem" "$out/rom.bin"
}
