// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands in for mainline's vfio_pci_core, using only what every kernel exports.
 */

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/lockdep.h>
#include <linux/mmap_lock.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/vfio_pci_core.h>

#include "vfio_pci_vdev.h"

/*
 * Serializes the set-up of maps. One lock serves all devices, as a BAR is set up once
 * each time its device is opened. Only requests on a BAR that another driver has claimed
 * take it each time, and each of them logs a line, as on the stock path.
 */
static DEFINE_MUTEX(compat_iomap_lock);

static void __iomem *compat_vfio_pci_claim_iomap(struct vfio_pci_core_device *vdev,
						 unsigned int bar)
{
	struct pci_dev *pdev = vdev->pdev;
	void __iomem *io;
	int ret;

	/*
	 * The kernel keeps the pointer to the name. The claim lasts until the device
	 * is closed, which may be after this module is unloaded.
	 */
	ret = pci_request_selected_regions(pdev, BIT(bar), pci_name(pdev));
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

/*
 * Kernels that map a BAR on first use do so in mmap() too, under mmap_lock but not under
 * our mutex. Taking mmap_lock once waits for such a set-up by this process. Set-ups by an
 * ioeventfd, another process or a request on the old path are not waited for: they cannot
 * be told from another driver's claim, for which -EBUSY must come at once.
 */
static void __iomem *compat_vfio_pci_claimed_iomap(struct vfio_pci_core_device *vdev,
						   unsigned int bar)
{
	void __iomem *io;

	if (current->mm) {
		mmap_read_lock(current->mm);
		mmap_read_unlock(current->mm);
	}
	io = READ_ONCE(vdev->barmap[bar]);

	return io ?: IOMEM_ERR_PTR(-EBUSY);
}

/**
 * compat_vfio_pci_set_up_iomap() - Claim and map a BAR on its first use
 * @vdev: the device, opened
 * @bar: BAR index, below PCI_STD_NUM_BARS
 *
 * Of concurrent first requests on a BAR, one sets up the map and the others wait for it.
 * vfio_pci_core releases it when the device is closed. Each request retries a BAR that
 * another driver has claimed, so it works as soon as the claim is gone.
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

	if (io == IOMEM_ERR_PTR(-EBUSY))
		io = compat_vfio_pci_claimed_iomap(vdev, bar);

	return io;
}

static bool compat_vfio_pci_asleep(struct pci_dev *pdev)
{
	return pdev->current_state == PCI_D3hot ||
	       pdev->current_state == PCI_D3cold ||
	       pdev->current_state == PCI_UNKNOWN;
}

/**
 * compat_vfio_pci_memory_enabled() - Check if the memory BARs may be accessed
 * @vdev: the device, opened
 *
 * They may not in D3, nor while the user has cleared the command register's memory
 * bit. In a VF, this bit is hardwired to zero (PCIe base specification, SR-IOV) and
 * decode follows the PF.
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
