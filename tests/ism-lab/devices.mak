# SPDX-License-Identifier: GPL-2.0-only
#
# The devices that QEMU is built with for the ISM lab: the machine, and those of the
# functions that scripts/lab/machine-s390x.sh plugs. ISM itself is always there.
CONFIG_S390_CCW_VIRTIO=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_RNG=y
CONFIG_NVME_PCI=y
# Which that needs, and does not say.
CONFIG_SPDM_SOCKET=y
