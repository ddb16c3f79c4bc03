# SPDX-License-Identifier: GPL-2.0-only
#
# The devices of the ISM lab's QEMU: the machine, and those that scripts/lab/machine-s390x.sh
# plugs. ISM is always built.
CONFIG_S390_CCW_VIRTIO=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_RNG=y
CONFIG_NVME_PCI=y
# nvme needs this, but QEMU does not declare the dependency.
CONFIG_SPDM_SOCKET=y
