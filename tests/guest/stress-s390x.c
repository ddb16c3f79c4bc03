// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine of bar-stress on s390x: memory and the registers for numbers are controller
 * memory buffers of nvme functions, of which the host sees each instruction. QEMU mirrors
 * each doubleword of a PCISTB (see tests/lib/ZpciMatrix.pm).
 *
 * A program cannot use the mapping of a BAR without the MIO instructions, which QEMU does
 * not have; a bus has one function and no bridge.
 */
#include "stress.h"

struct stress_device stress_devices[STRESS_DEVICES] = {
	[STRESS_REGS] = { .name = "regs", .bdf = "0021:00:00.0", .bar = 2, .decode = true },
	/* Most of a virtio device's configuration can be read at any width. */
	[STRESS_NIC] = { .name = "nic", .bdf = "0002:00:00.0", .bar = 4, .from = 0x2000 },
	[STRESS_NVME] = { .name = "nvme", .bdf = "0001:00:00.0", .bar = 0 },
	[STRESS_MEMORY] = { .name = "memory", .bdf = "0022:00:00.0", .bar = 2, .decode = true },
	[STRESS_RMEMORY] = { .name = "rmemory", .bdf = "0023:00:00.0", .bar = 2 },
	[STRESS_HMEMORY] = { .name = "hmemory", .bdf = "0024:00:00.0", .bar = 2 },
	[STRESS_HREGS] = { .name = "hregs", .bdf = "0025:00:00.0", .bar = 2, .decode = true },
};

const struct stress_machine stress_machine = {
	.mirrored = true,
	.irqs = {
		{ STRESS_REGS, VFIO_PCI_MSIX_IRQ_INDEX, STRESS_VECTORS },
		{ STRESS_NIC, VFIO_PCI_MSIX_IRQ_INDEX, STRESS_VECTORS },
		{ STRESS_NVME, VFIO_PCI_MSIX_IRQ_INDEX, STRESS_VECTORS },
	},
	.visited = "0026:00:00.0",
	.visited_region = VFIO_PCI_BAR2_REGION_INDEX,
	.visited_memory = true,
};
