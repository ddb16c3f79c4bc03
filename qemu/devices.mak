# SPDX-License-Identifier: GPL-2.0-only
#
# The devices that QEMU is built with to try the steps: the machine, vfio-pci, and
# emulated functions to compare with.
CONFIG_S390_CCW_VIRTIO=y
CONFIG_VFIO=y
CONFIG_VFIO_PCI=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_RNG=y
CONFIG_NVME_PCI=y
# NVMe needs it and does not select it.
CONFIG_SPDM_SOCKET=y
