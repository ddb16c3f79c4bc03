// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mainline's vfio_pci_core offers, from what every kernel exports.
 */

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

/*
 * How long the mmap or the ioeventfd of a kernel that maps on first use may take
 * from claiming a BAR to storing its map: an ioremap, plus being preempted there.
 */
#define COMPAT_IOMAP_WAIT_MS	10

/*
 * Serialises first requests. One for all devices: it is taken once for each BAR
 * in the time a device is open.
 */
static DEFINE_MUTEX(compat_iomap_lock);

/*
 * The mmap and the ioeventfd of such kernels set up the same map and take no lock
 * for it. If one of them has claimed the BAR, its map is about to be there.
 */
static void __iomem *compat_vfio_pci_wait_iomap(struct vfio_pci_core_device *vdev,
						unsigned int bar)
{
	void __iomem *io;
	int ms;

	for (ms = 0; ms < COMPAT_IOMAP_WAIT_MS; ms++) {
		io = READ_ONCE(vdev->barmap[bar]);
		if (io)
			return io;
		usleep_range(1000, 2000);
	}

	return IOMEM_ERR_PTR(-EBUSY);
}

static void __iomem *compat_vfio_pci_claim_iomap(struct vfio_pci_core_device *vdev,
						 unsigned int bar)
{
	struct pci_dev *pdev = vdev->pdev;
	void __iomem *io;
	int ret;

	ret = pci_request_selected_regions(pdev, BIT(bar), "vfio-pci");
	if (ret == -EBUSY)
		return compat_vfio_pci_wait_iomap(vdev, bar);
	if (ret)
		return IOMEM_ERR_PTR(ret);

	io = pci_iomap(pdev, bar, 0);
	if (!io) {
		pci_release_selected_regions(pdev, BIT(bar));
		return IOMEM_ERR_PTR(-ENOMEM);
	}

	/* Pairs with the acquire in compat_vfio_pci_get_iomap(). */
	smp_store_release(&vdev->barmap[bar], io);

	return io;
}

/**
 * compat_vfio_pci_set_up_iomap() - Claim and map a BAR that nobody has used yet
 * @vdev: the device, opened
 * @bar: BAR index, below PCI_STD_NUM_BARS
 *
 * Of several first requests on a BAR one sets up the map and the others wait for
 * it. vfio_pci_core releases it when the device is closed.
 *
 * Context: process context, no locks held. Sleeps.
 * Return: the address or port cookie; -EBUSY if another driver has claimed the
 * BAR, -ENOMEM if it cannot be mapped, as error pointer.
 */
void __iomem *compat_vfio_pci_set_up_iomap(struct vfio_pci_core_device *vdev,
					   unsigned int bar)
{
	void __iomem *io;

	mutex_lock(&compat_iomap_lock);
	io = READ_ONCE(vdev->barmap[bar]);
	if (!io)
		io = compat_vfio_pci_claim_iomap(vdev, bar);
	mutex_unlock(&compat_iomap_lock);

	return io;
}

static bool compat_vfio_pci_asleep(struct pci_dev *pdev)
{
	return pdev->current_state == PCI_D3hot ||
	       pdev->current_state == PCI_D3cold ||
	       pdev->current_state == PCI_UNKNOWN;
}

/**
 * compat_vfio_pci_memory_enabled() - May the memory BARs be accessed?
 * @vdev: the device, opened
 *
 * They may not in D3, nor while the user has the command register's memory bit
 * off. A VF has no such bit (PCIe base specification, SR-IOV: it is tied to zero
 * in a VF); its decode follows the PF.
 *
 * Context: memory_lock held.
 * Return: true if they may.
 */
bool compat_vfio_pci_memory_enabled(struct vfio_pci_core_device *vdev)
{
	const __le16 *command = (const __le16 *)(vdev->vconfig + PCI_COMMAND);
	struct pci_dev *pdev = vdev->pdev;

	lockdep_assert_held(&vdev->memory_lock);

	if (compat_vfio_pci_asleep(pdev))
		return false;

	return pdev->no_command_memory || (le16_to_cpup(command) & PCI_COMMAND_MEMORY);
}
