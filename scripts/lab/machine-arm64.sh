# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # set by or for lab-boot, which sources this
#
# QEMU's "virt" machine with an SMMUv3, and an ITS, which isolates interrupts. The CPU is
# one that hosts of vfio-pci have: "max" spends its time on pointer authentication. An access
# that a device refuses is an external abort, which ends the kernel, so the tests use nvme's
# controller memory buffer, which takes any access.

# shellcheck source=devices.sh
. "$here/lab/devices.sh"

machine_busybox() {
	need qemu-system-aarch64:qemu-system-arm
	"$here/get-busybox" arm64
}

machine_boot() {
	cpu=neoverse-n1
	nvme=,cmb_size_mb=1,legacy-cmb=on
	boot_devices qemu-system-aarch64 -machine virt,gic-version=3,iommu=smmuv3 \
		-append "console=ttyAMA0 oops=panic quiet panic=-1 $append"
}
