# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # set by lab-boot, which sources this
#
# A PC with an IOMMU. QEMU's trace of memory regions shows the accesses.

# shellcheck source=devices.sh
. "$here/lab/devices.sh"

machine_busybox() {
	need qemu-system-x86_64:qemu-system-x86 static/busybox:busybox-static
	command -v busybox
}

# no_timer_check: on a busy host, the interrupts by which the kernel checks its timer may
# come too late, and it panics.
machine_boot() {
	boot_devices qemu-system-x86_64 -machine q35,kernel-irqchip=split -device intel-iommu \
		-append "console=ttyS0 intel_iommu=on tsc=reliable oops=panic quiet panic=-1 no_timer_check $append"
}
