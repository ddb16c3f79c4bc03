/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zPCI functions with relaxed alignment, for QEMU: a device with this interface gets the
 * bytes of its BARs as the instructions carry them, and CLP reports the type of function to
 * the guest.
 *
 * The differences from other functions follow this project's contract, which is derived from
 * the kernel: arch/s390/include/asm/pci_clp.h, drivers/s390/net/ism.h and
 * drivers/vfio/pci/ism/main.c.
 *
 *   PCISTB  any 1 to 4096 bytes, if the target is inside one 4 KiB page. The contract also
 *           keeps the source inside one page, which a device may require; the kernel's ISM
 *           driver does not.
 *   PCILG   any 1 to 8 bytes inside one doubleword
 *   PCISTG  refused on BARs; configuration space is as on every function
 */
#ifndef HW_S390X_ZPCI_RELAXED_H
#define HW_S390X_ZPCI_RELAXED_H

#include "hw/s390x/s390-pci-bus.h"
#include "hw/s390x/s390-pci-inst.h"

#define TYPE_ZPCI_RELAXED "zpci-relaxed"

/* The longest block. */
#define ZPCI_RELAXED_BLOCK_MAX	4096

/* How an instruction ends. */
enum zpci_relaxed_result {
	ZPCI_RELAXED_OK,	/* condition code 0 */
	ZPCI_RELAXED_BUSY,	/* 2: the guest has to try again */
	ZPCI_RELAXED_ERROR,	/* 1 */
	ZPCI_RELAXED_GONE,	/* 3: no such function */
	ZPCI_RELAXED_REFUSED,	/* a program interruption */
};

struct zpci_relaxed_access {
	const char *insn;
	uint32_t fh;
	unsigned int space;
	unsigned int len;
	uint64_t offset;
	/* The address of a block in the guest's memory. */
	uint64_t source;
	/* In the BAR's order. */
	uint8_t bytes[ZPCI_RELAXED_BLOCK_MAX];
	/* The bytes are valid. */
	bool carried;
};

struct zpci_relaxed_class {
	InterfaceClass parent_class;

	/* Adds the function's own fields to the response to CLP Query PCI Function. */
	void (*describe)(PCIDevice *pdev, ClpRspQueryPci *fn);
	/* True if CLP hides relaxed alignment, as QEMU up to 10.2 does from its guest. */
	bool (*plain_clp)(PCIDevice *pdev);
	/* True if a block whose source crosses a page is refused. */
	bool (*source_in_page)(PCIDevice *pdev);
	/* Both get accesses that keep the rules above and are inside the BAR. */
	enum zpci_relaxed_result (*load)(PCIDevice *pdev, struct zpci_relaxed_access *access);
	enum zpci_relaxed_result (*store)(PCIDevice *pdev,
					  const struct zpci_relaxed_access *access);
	/* Called after each access, with its result. */
	void (*seen)(PCIDevice *pdev, const struct zpci_relaxed_access *access,
		     enum zpci_relaxed_result result);
	/* The guest has disabled or released the function. */
	void (*reset)(PCIDevice *pdev);
};

/* For the devices. */
S390PCIBusDevice *zpci_relaxed_bus_device(PCIDevice *pdev);
void s390_pci_generate_plug_event(uint16_t pec, uint32_t fh, uint32_t fid);

/*
 * For QEMU's own files; tests/ism-lab/qemu adds the calls. For an instruction, returns true
 * if it is on such a function, and is done.
 */
bool zpci_relaxed(S390PCIBusDevice *pbdev);
void zpci_relaxed_plug(S390PCIBusDevice *pbdev);
void zpci_relaxed_reset(S390PCIBusDevice *pbdev);
S390IOTLBEntry *zpci_relaxed_translate(S390PCIIOMMU *iommu, uint64_t iova);
bool zpci_relaxed_load(S390CPU *cpu, S390PCIBusDevice *pbdev, uint8_t r1, uint8_t r2,
		       uintptr_t ra);
bool zpci_relaxed_store(S390CPU *cpu, S390PCIBusDevice *pbdev, uint8_t r2, uintptr_t ra);
bool zpci_relaxed_store_block(S390CPU *cpu, S390PCIBusDevice *pbdev, uint8_t r1, uint8_t r3,
			      uint64_t source, uint8_t ar, uintptr_t ra);

#endif
