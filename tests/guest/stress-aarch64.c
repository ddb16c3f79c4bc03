// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine of bar-stress on arm64: memory (ivshmem) as on a PC; the registers for
 * numbers are controller memory buffers of nvme functions. edu refuses accesses below 4
 * bytes, which on this machine is an abort in the kernel.
 */
#include "stress.h"

struct stress_device stress_devices[STRESS_DEVICES] = {
	[STRESS_REGS] = { .name = "regs", .bdf = "0000:00:12.0", .bar = 2, .decode = true },
	[STRESS_NIC] = { .name = "nic", .bdf = "0000:00:05.0", .bar = 1 },
	[STRESS_NVME] = { .name = "nvme", .bdf = "0000:00:07.0", .bar = 0 },
	[STRESS_MEMORY] = { .name = "memory", .bdf = "0000:00:08.0", .bar = 2, .decode = true },
	[STRESS_RMEMORY] = { .name = "rmemory", .bdf = "0000:01:00.0", .bar = 2 },
	[STRESS_HMEMORY] = { .name = "hmemory", .bdf = "0000:02:00.0", .bar = 2 },
	[STRESS_HREGS] = { .name = "hregs", .bdf = "0000:02:00.1", .bar = 2, .decode = true },
};

/* The visited function is an e1000e with an option ROM. */
const struct stress_machine stress_machine = {
	.has_maps = true,
	.has_hot_reset = true,
	.irqs = {
		{ STRESS_REGS, VFIO_PCI_MSIX_IRQ_INDEX, STRESS_VECTORS },
		{ STRESS_NIC, VFIO_PCI_INTX_IRQ_INDEX, 1 },
		{ STRESS_NVME, VFIO_PCI_MSIX_IRQ_INDEX, STRESS_VECTORS },
	},
	.visited = "0000:00:06.0",
	.visited_region = VFIO_PCI_ROM_REGION_INDEX,
};
