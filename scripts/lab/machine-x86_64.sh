# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # set by lab-boot, which sources this
#
# A PC with an IOMMU. What the devices see is QEMU's own trace of memory regions.

# shellcheck source=devices.sh
. "$here/lab/devices.sh"

machine_busybox() {
	need qemu-system-x86_64:qemu-system-x86 static/busybox:busybox-static
	command -v busybox
}

# On a busy host the interrupts that the kernel waits for, to see whether its timer
# works, now and then come too late, and it panics: no_timer_check.
machine_boot() {
	boot_devices qemu-system-x86_64 -machine q35,kernel-irqchip=split -device intel-iommu \
		-append "console=ttyS0 intel_iommu=on tsc=reliable oops=panic quiet panic=-1 no_timer_check $append"
}
