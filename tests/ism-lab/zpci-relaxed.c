// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zPCI side of functions with relaxed alignment: their group, and the three
 * instructions.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "cpu.h"
#include "hw/pci/pci_device.h"
#include "hw/s390x/zpci-relaxed.h"

/* Not 0xff, the group of emulated functions, nor near the groups of a host. */
#define RELAXED_GROUP		0xfe
#define PLAIN_GROUP		0xfd
/* A bit of the byte after the version. It has no official name. */
#define RELAXED_ALIGN		0x08

/* The status byte with condition code 1 for an error of the function. */
#define STATUS_ERROR		ZPCI_PCI_ST_FUNC_NOT_AVAIL

#define PAGE			4096

static struct zpci_relaxed_class *class_of(PCIDevice *pdev)
{
	return OBJECT_GET_CLASS(struct zpci_relaxed_class, pdev, TYPE_ZPCI_RELAXED);
}

bool zpci_relaxed(S390PCIBusDevice *pbdev)
{
	return pbdev->pdev && object_dynamic_cast(OBJECT(pbdev->pdev), TYPE_ZPCI_RELAXED);
}

S390PCIBusDevice *zpci_relaxed_bus_device(PCIDevice *pdev)
{
	return s390_pci_find_dev_by_target(s390_get_phb(), DEVICE(pdev)->id);
}

/* A copy of the default group with a longer block and, unless @plain, relaxed alignment. */
static S390PCIGroup *relaxed_group(bool plain)
{
	int id = plain ? PLAIN_GROUP : RELAXED_GROUP;
	S390PCIGroup *group = s390_group_find(id);

	if (group)
		return group;

	group = s390_group_create(id, id);
	group->zpci_group = s390_group_find(ZPCI_DEFAULT_FN_GRP)->zpci_group;
	group->zpci_group.fr |= plain ? 0 : RELAXED_ALIGN;
	group->zpci_group.maxstbl = ZPCI_RELAXED_BLOCK_MAX;

	return group;
}

void zpci_relaxed_plug(S390PCIBusDevice *pbdev)
{
	if (!zpci_relaxed(pbdev))
		return;

	pbdev->pci_group = relaxed_group(class_of(pbdev->pdev)->plain_clp(pbdev->pdev));
	pbdev->zpci_fn.pfgid = pbdev->pci_group->id;
	class_of(pbdev->pdev)->describe(pbdev->pdev, &pbdev->zpci_fn);
}

void zpci_relaxed_reset(S390PCIBusDevice *pbdev)
{
	if (zpci_relaxed(pbdev))
		class_of(pbdev->pdev)->reset(pbdev->pdev);
}

/*
 * QEMU learns a translation when the guest refreshes it (RPCIT), and forgets all of them when
 * the function is disabled. The guest does not refresh them afterwards, as hardware finds them
 * in the guest's tables.
 */
S390IOTLBEntry *zpci_relaxed_translate(S390PCIIOMMU *iommu, uint64_t iova)
{
	static S390IOTLBEntry walked;
	S390IOTLBEntry *entry = g_hash_table_lookup(iommu->iotlb, &iova);

	if (entry || !zpci_relaxed(iommu->pbdev))
		return entry;
	if (s390_guest_io_table_walk(iommu->g_iota, iova, &walked) ||
	    walked.perm == IOMMU_NONE)
		return NULL;
	/* A translation of a megabyte may begin elsewhere. */
	walked.len = TARGET_PAGE_SIZE;

	return &walked;
}

/* Decodes the registers that all three instructions have in common. */
static bool decode(S390PCIBusDevice *pbdev, uint64_t request, uint64_t offset,
		   struct zpci_relaxed_access *access)
{
	access->fh = request >> 32;
	access->space = request >> 16 & 0xf;
	access->offset = offset;

	return zpci_relaxed(pbdev) && access->space <= ZPCI_IO_BAR_MAX;
}

static bool in_bar(S390PCIBusDevice *pbdev, const struct zpci_relaxed_access *access)
{
	uint64_t size = pbdev->pdev->io_regions[access->space].size;

	return access->len <= size && access->offset <= size - access->len;
}

/* The result of any instruction, by the state of the function. */
static enum zpci_relaxed_result by_state(S390PCIBusDevice *pbdev)
{
	switch (pbdev->state) {
	case ZPCI_FS_ENABLED:
	case ZPCI_FS_BLOCKED:
		return ZPCI_RELAXED_OK;
	case ZPCI_FS_ERROR:
	case ZPCI_FS_PERMANENT_ERROR:
		return ZPCI_RELAXED_ERROR;
	default:
		return ZPCI_RELAXED_GONE;
	}
}

static uint64_t error_status(S390PCIBusDevice *pbdev)
{
	return by_state(pbdev) == ZPCI_RELAXED_ERROR ? ZPCI_PCI_ST_BLOCKED : STATUS_ERROR;
}

/* Must come last: QEMU does not return from a program interruption. */
static void finish(S390CPU *cpu, S390PCIBusDevice *pbdev, unsigned int status_reg,
		   const struct zpci_relaxed_access *access,
		   enum zpci_relaxed_result result, unsigned int interruption, uintptr_t ra)
{
	uint64_t *status = &cpu->env.regs[status_reg];

	class_of(pbdev->pdev)->seen(pbdev->pdev, access, result);

	switch (result) {
	case ZPCI_RELAXED_OK:
		setcc(cpu, ZPCI_PCI_LS_OK);
		break;
	case ZPCI_RELAXED_BUSY:
		setcc(cpu, ZPCI_PCI_LS_BUSY);
		break;
	case ZPCI_RELAXED_ERROR:
		*status = (*status & ~0xff000000ULL) | error_status(pbdev) << 24;
		setcc(cpu, ZPCI_PCI_LS_ERR);
		break;
	case ZPCI_RELAXED_GONE:
		setcc(cpu, ZPCI_PCI_LS_INVAL_HANDLE);
		break;
	case ZPCI_RELAXED_REFUSED:
		s390_program_interrupt(&cpu->env, interruption, ra);
		break;
	}
}

/* Big endian: the last byte of the access is the lowest byte of the register. */
static uint64_t register_value(const struct zpci_relaxed_access *access)
{
	uint64_t value = 0;
	unsigned int i;

	for (i = 0; i < access->len; i++)
		value = value << 8 | access->bytes[i];

	return value;
}

bool zpci_relaxed_load(S390CPU *cpu, S390PCIBusDevice *pbdev, uint8_t r1, uint8_t r2,
		       uintptr_t ra)
{
	uint64_t *regs = cpu->env.regs;
	struct zpci_relaxed_access access = { .insn = "PCILG" };
	enum zpci_relaxed_result result;

	if (!decode(pbdev, regs[r2], regs[r2 + 1], &access))
		return false;

	access.len = regs[r2] & 0xf;
	result = by_state(pbdev);
	if (result == ZPCI_RELAXED_OK) {
		if (!access.len || access.offset % 8 + access.len > 8 || !in_bar(pbdev, &access))
			result = ZPCI_RELAXED_REFUSED;
		else
			result = class_of(pbdev->pdev)->load(pbdev->pdev, &access);
	}

	if (result == ZPCI_RELAXED_OK) {
		access.carried = true;
		regs[r1] = register_value(&access);
		pbdev->fmb.counter[ZPCI_FMB_CNT_LD]++;
	}
	finish(cpu, pbdev, r2, &access, result, PGM_OPERAND, ra);

	return true;
}

bool zpci_relaxed_store(S390CPU *cpu, S390PCIBusDevice *pbdev, uint8_t r2, uintptr_t ra)
{
	uint64_t *regs = cpu->env.regs;
	struct zpci_relaxed_access access = { .insn = "PCISTG" };
	enum zpci_relaxed_result result;

	if (!decode(pbdev, regs[r2], regs[r2 + 1], &access))
		return false;

	access.len = regs[r2] & 0xf;
	result = by_state(pbdev);
	if (result == ZPCI_RELAXED_OK)
		result = ZPCI_RELAXED_REFUSED;
	finish(cpu, pbdev, r2, &access, result, PGM_OPERAND, ra);

	return true;
}

static bool block_valid(S390PCIBusDevice *pbdev, const struct zpci_relaxed_access *access)
{
	if (!access->len || access->len > ZPCI_RELAXED_BLOCK_MAX ||
	    access->offset % PAGE + access->len > PAGE)
		return false;

	return access->source % PAGE + access->len <= PAGE ||
	       !class_of(pbdev->pdev)->source_in_page(pbdev->pdev);
}

/* Returns false, with a program interruption pending, if the guest cannot read there. */
static bool read_source(S390CPU *cpu, uint8_t ar, struct zpci_relaxed_access *access,
			uintptr_t ra)
{
	if (s390_cpu_virt_mem_read(cpu, access->source, ar, access->bytes, access->len)) {
		s390_cpu_virt_mem_handle_exc(cpu, ra);
		return false;
	}
	access->carried = true;

	return true;
}

bool zpci_relaxed_store_block(S390CPU *cpu, S390PCIBusDevice *pbdev, uint8_t r1, uint8_t r3,
			      uint64_t source, uint8_t ar, uintptr_t ra)
{
	uint64_t *regs = cpu->env.regs;
	struct zpci_relaxed_access access = { .insn = "PCISTB", .source = source };
	unsigned int interruption = PGM_OPERAND;
	enum zpci_relaxed_result result;

	if (!decode(pbdev, regs[r1], regs[r3], &access))
		return false;

	/* The whole field, so that a length that is too large is refused, not truncated. */
	access.len = regs[r1] & 0x1fff;
	result = by_state(pbdev);
	if (result != ZPCI_RELAXED_OK) {
		/* The rest does not matter. */
	} else if (!block_valid(pbdev, &access)) {
		result = ZPCI_RELAXED_REFUSED;
		interruption = PGM_SPECIFICATION;
	} else if (!in_bar(pbdev, &access)) {
		result = ZPCI_RELAXED_REFUSED;
	} else {
		if (!read_source(cpu, ar, &access, ra))
			return true;
		result = class_of(pbdev->pdev)->store(pbdev->pdev, &access);
	}
	if (result == ZPCI_RELAXED_OK)
		pbdev->fmb.counter[ZPCI_FMB_CNT_STB]++;
	finish(cpu, pbdev, r1, &access, result, interruption, ra);

	return true;
}

static const TypeInfo zpci_relaxed_info = {
	.name = TYPE_ZPCI_RELAXED,
	.parent = TYPE_INTERFACE,
	.class_size = sizeof(struct zpci_relaxed_class),
};

static void register_types(void)
{
	type_register_static(&zpci_relaxed_info);
}

type_init(register_types);
