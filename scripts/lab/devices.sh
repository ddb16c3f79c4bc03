# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # set by lab-boot
#
# The devices of those machines on which QEMU's trace of memory regions shows what
# they see; sourced by machine-*.sh.

# boot_devices QEMU OPTION...: as boot, with the devices and the trace. $nvme are more
# properties of that device.
nvme=
boot_devices() {
	"$here/lab/make-rom" >"$out/rom.bin"
	rm -f "$out/log.mem"
	truncate -s 16M "$out/log.mem"

	# One thread for all processors: with a thread for each, QEMU 7.2 now and then
	# goes on executing the breakpoint that the kernel put into a function to patch
	# it and has taken out again, and both processors hang there. And while BARs come
	# and go, an access to any device may end at another one, as a processor goes on
	# using what it knew of the addresses (10.0 ends with an assertion then).
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
	# Accesses that a device refuses are a class of their own in newer QEMUs' log.
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
