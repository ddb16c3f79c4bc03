// SPDX-License-Identifier: GPL-2.0-only
/* A small user-space driver for s390's ISM functions, through VFIO. */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ism-vfio.h"

/* As in the kernel's driver, no buffer crosses a multiple of this. */
#define IOVA_STEP	0x100000ULL

bool ism_quiet;

/* ---- requests ---- */

/* Called before the next request, so that the log has the requests in order. */
static void log_request(struct ism *ism, char rw, unsigned int bar, uint64_t off, size_t count,
			ssize_t ret, int err)
{
	if (!ism_quiet)
		guest_log("req %s %c %u 0x%llx %zu %zd %d\n", ism->name, rw, bar,
			  (unsigned long long)off, count, ret, ret < 0 ? err : 0);
}

static uint64_t position(const struct ism *ism, unsigned int bar, uint64_t off)
{
	return (bar == ISM_BAR_MOVE ? ism->move.pos : ism->command.pos) + off;
}

ssize_t ism_read(struct ism *ism, unsigned int bar, uint64_t off, void *buf, size_t count)
{
	ssize_t ret = pread(ism->dev.fd, buf, count, position(ism, bar, off));
	int err = errno;

	log_request(ism, 'r', bar, off, count, ret, err);
	errno = err;

	return ret;
}

ssize_t ism_write(struct ism *ism, unsigned int bar, uint64_t off, const void *buf, size_t count)
{
	ssize_t ret = pwrite(ism->dev.fd, buf, count, position(ism, bar, off));
	int err = errno;

	log_request(ism, 'w', bar, off, count, ret, err);
	errno = err;

	return ret;
}

/* A short request is an error too. */
static int whole(ssize_t ret, size_t count)
{
	if (ret == (ssize_t)count)
		return 0;
	return ret < 0 ? -errno : -EIO;
}

/* ---- commands ---- */

static int read_answer(struct ism *ism, struct ism_message *msg)
{
	size_t len;
	int ret;

	/* Not a valid response, in case the read stores nothing. */
	msg->ret = 0xffff;
	ret = whole(ism_read(ism, ISM_BAR_COMMAND, 0, msg, ISM_HEADER), ISM_HEADER);
	if (ret || msg->ret)
		return ret ? ret : be16toh(msg->ret);

	len = be16toh(msg->len);
	if (len <= ISM_HEADER)
		return 0;
	if (len > sizeof(*msg))
		return -EMSGSIZE;

	return whole(ism_read(ism, ISM_BAR_COMMAND, ISM_HEADER, msg->words, len - ISM_HEADER),
		     len - ISM_HEADER);
}

static int run_command(struct ism *ism, struct ism_message *msg, size_t len)
{
	size_t rest = len - ISM_HEADER;
	int ret = 0;

	/* The header comes last, as it starts the command. */
	if (rest)
		ret = whole(ism_write(ism, ISM_BAR_COMMAND, ISM_HEADER, msg->words, rest), rest);
	if (!ret)
		ret = whole(ism_write(ism, ISM_BAR_COMMAND, 0, msg, ISM_HEADER), ISM_HEADER);

	return ret ? ret : read_answer(ism, msg);
}

int ism_command(struct ism *ism, struct ism_message *msg, size_t len)
{
	int ret;

	msg->code = htobe32(msg->code);
	msg->ret = 0;
	msg->len = htobe16(len);

	pthread_mutex_lock(&ism->lock);
	ret = run_command(ism, msg, len);
	pthread_mutex_unlock(&ism->lock);

	return ret;
}

int ism_command_simple(struct ism *ism, uint32_t code)
{
	struct ism_message msg = { .code = code };

	return ism_command(ism, &msg, ISM_HEADER);
}

int ism_command_word(struct ism *ism, uint32_t code, uint64_t word, uint64_t *answer)
{
	struct ism_message msg = { .code = code, .words = { htobe64(word) } };
	int ret = ism_command(ism, &msg, ISM_HEADER + 8);

	if (answer)
		*answer = be64toh(msg.words[0]);

	return ret;
}

/* Registers the memory that the function needs, also after each reset. */
int ism_register(struct ism *ism)
{
	struct ism_message ieq = { .code = ISM_REG_IEQ, .ieq = {
		.addr = htobe64(ism->ieq.iova), .len = htobe64(sizeof(struct ism_ieq)) } };
	struct ism_message gid = { .code = ISM_READ_GID };
	int ret;

	memset(ism->sba.mem, 0, ism->sba.len);
	memset(ism->ieq.mem, 0, ism->ieq.len);
	ret = ism_command_word(ism, ISM_REG_SBA, ism->sba.iova, NULL);
	if (!ret)
		ret = ism_command(ism, &ieq, ISM_HEADER + sizeof(ieq.ieq));
	if (!ret)
		ret = ism_command(ism, &gid, ISM_HEADER);
	if (!ret)
		ism->gid = be64toh(gid.words[0]);

	return ret;
}

/* Registers a buffer to which the function with the GID @user may move data. */
int ism_dmb_register(struct ism *ism, struct ism_dmb *dmb, unsigned int bit, uint64_t user)
{
	struct ism_message msg = { .code = ISM_REG_DMB, .dmb = {
		.addr = htobe64(dmb->dma.iova), .len = htobe32(dmb->dma.len),
		.bit = htobe32(bit), .rgid = htobe64(user) } };
	int ret = ism_command(ism, &msg, ISM_HEADER + sizeof(msg.dmb));

	dmb->bit = bit;
	dmb->token = ret ? 0 : be64toh(msg.words[0]);

	return ret;
}

int ism_dmb_unregister(struct ism *ism, struct ism_dmb *dmb)
{
	return ism_command_word(ism, ISM_UNREG_DMB, dmb->token, NULL);
}

/* Makes the model cause the fault @code, on which the meaning of the numbers depends. */
int ism_fault(struct ism *ism, uint32_t code, uint32_t a, uint32_t b, uint64_t c)
{
	struct ism_message msg = { .code = code, .fault = {
		.a = htobe32(a), .b = htobe32(b), .c = htobe64(c) } };

	return ism_command(ism, &msg, ISM_HEADER + sizeof(msg.fault));
}

/* Sends an event, which raises an interrupt. */
int ism_event(struct ism *ism, uint64_t to, uint32_t code, uint64_t info)
{
	struct ism_message msg = { .code = ISM_SIGNAL_IEQ, .signal = {
		.rgid = htobe64(to), .interrupt = htobe32(1), .code = htobe32(code),
		.info = htobe64(info) } };

	return ism_command(ism, &msg, ISM_HEADER + sizeof(msg.signal));
}

/* ---- moves ---- */

uint64_t ism_move_offset(uint64_t token, unsigned int index, bool signal, uint32_t off)
{
	return token | (uint64_t)index << 24 | (uint64_t)signal << 23 | off;
}

ssize_t ism_move(struct ism *ism, uint64_t token, uint32_t off, const void *buf, size_t count)
{
	return ism_write(ism, ISM_BAR_MOVE, ism_move_offset(token, 0, false, off), buf, count);
}

/* ---- signals ---- */

bool ism_bit(const struct ism *ism, unsigned int bit)
{
	const struct ism_sba *sba = ism->sba.mem;

	return sba->bits[bit / 8] & 0x80 >> bit % 8;
}

/* The moves that have signalled. */
unsigned int ism_mask(const struct ism *ism, unsigned int bit)
{
	const struct ism_sba *sba = ism->sba.mem;

	return be16toh(sba->masks[bit]);
}

/* Clear the summary last: until then, the function raises no new interrupt. */
void ism_clear_signals(struct ism *ism)
{
	struct ism_sba *sba = ism->sba.mem;

	memset(sba->bits, 0, sizeof(sba->bits));
	memset(sba->masks, 0, sizeof(sba->masks));
	__atomic_store_n(&sba->summary[0], 0, __ATOMIC_SEQ_CST);
}

int ism_eventfd(struct ism *ism, unsigned int index)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} irq = {
		.set = {
			.argsz = sizeof(irq),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = index,
			.count = 1,
		},
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};

	if (irq.fd < 0)
		guest_die("no eventfd: %s", strerror(errno));
	if (ioctl(ism->dev.fd, VFIO_DEVICE_SET_IRQS, &irq)) {
		close(irq.fd);
		return -1;
	}

	return irq.fd;
}

/* Returns the number of interrupts; 0 only after the timeout. */
unsigned int ism_wait(int event, unsigned int ms)
{
	struct pollfd poll_event = { .fd = event, .events = POLLIN };
	uint64_t count = 0;

	if (poll(&poll_event, 1, ms) != 1 || read(event, &count, sizeof(count)) != sizeof(count))
		return 0;

	return count;
}

/* ---- memory ---- */

static const struct vfio_info_cap_header *
find_iova_ranges(const struct vfio_iommu_type1_info *info)
{
	const struct vfio_info_cap_header *cap;
	unsigned int pos = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;

	for (; pos && pos <= info->argsz - sizeof(*cap); pos = cap->next) {
		cap = (const void *)((const char *)info + pos);
		if (cap->id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			return cap;
	}

	return NULL;
}

/* The first address for DMA, which is not 0 on s390. */
static uint64_t first_iova(struct ism *ism)
{
	static char buffer[4096] __attribute__((aligned(8)));
	struct vfio_iommu_type1_info *info = (void *)buffer;
	const struct vfio_iommu_type1_info_cap_iova_range *ranges;

	memset(buffer, 0, sizeof(buffer));
	info->argsz = sizeof(buffer);
	if (ioctl(ism->dev.container, VFIO_IOMMU_GET_INFO, info))
		guest_die("%s: no IOMMU info: %s", ism->name, strerror(errno));
	ranges = (const void *)find_iova_ranges(info);
	if (!ranges || !ranges->nr_iovas)
		guest_die("%s: the IOMMU reports no IOVA ranges", ism->name);

	return (ranges->iova_ranges[0].start + IOVA_STEP - 1) & ~(IOVA_STEP - 1);
}

void ism_map(struct ism *ism, struct ism_dma *dma, size_t len)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = ism->next_iova,
		.size = len,
	};

	if (!dma->mem)
		dma->mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0);
	if (dma->mem == MAP_FAILED)
		guest_die("no memory");
	map.vaddr = (uintptr_t)dma->mem;
	if (ioctl(ism->dev.container, VFIO_IOMMU_MAP_DMA, &map))
		guest_die("cannot map memory for %s: %s", ism->name, strerror(errno));
	dma->iova = map.iova;
	dma->len = len;
	ism->next_iova += (len + IOVA_STEP - 1) & ~(IOVA_STEP - 1);
}

void ism_unmap(struct ism *ism, struct ism_dma *dma)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = dma->iova,
		.size = dma->len,
	};

	if (ioctl(ism->dev.container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		guest_die("cannot unmap memory of %s: %s", ism->name, strerror(errno));
	munmap(dma->mem, dma->len);
	dma->mem = NULL;
}

/* ---- for tests ---- */

void ism_claim(bool good, const char *name, const char *fmt, ...)
{
	char seen[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(seen, sizeof(seen), fmt, args);
	va_end(args);
	guest_log("claim %s: %s (%s)\n", good ? "good" : "BAD", name, seen);
}

/* George Marsaglia's xorshift with 32 bits. */
uint32_t ism_random(uint32_t below)
{
	static uint32_t state = 0x49534d31;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;

	return below ? state % below : state;
}

static void log_function(const struct ism *ism)
{
	char path[128], handle[32] = "";
	FILE *file;

	if (ism_quiet)
		return;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/function_handle", ism->dev.func.bdf);
	file = fopen(path, "r");
	if (!file || !fgets(handle, sizeof(handle), file))
		guest_die("%s: %s", path, strerror(errno));
	fclose(file);
	guest_log("function %s %s", ism->name, handle);
}

/* ---- the function ---- */

void ism_open(struct ism *ism, const char *name, const char *bdf)
{
	memset(ism, 0, sizeof(*ism));
	ism->name = name;
	pthread_mutex_init(&ism->lock, NULL);
	if (device_open(&ism->dev, bdf, true))
		guest_die("cannot open %s", bdf);
	if (guest_bar_open(&ism->dev, ISM_BAR_MOVE, &ism->move) ||
	    guest_bar_open(&ism->dev, ISM_BAR_COMMAND, &ism->command))
		guest_die("%s: no region info of its BARs", bdf);
	log_function(ism);
	guest_set_command(&ism->dev, PCI_COMMAND_MASTER, 0);
	ism->next_iova = first_iova(ism);
	ism->interrupt = ism_eventfd(ism, VFIO_PCI_MSI_IRQ_INDEX);
	if (ism->interrupt < 0)
		guest_die("%s: no interrupt: %s", name, strerror(errno));
	ism_map(ism, &ism->sba, ISM_PAGE);
	ism_map(ism, &ism->ieq, ISM_PAGE);
}

void ism_close(struct ism *ism)
{
	close(ism->interrupt);
	device_close(&ism->dev);
	munmap(ism->sba.mem, ism->sba.len);
	munmap(ism->ieq.mem, ism->ieq.len);
}

void ism_start(struct ism *ism)
{
	int ret = ism_register(ism);

	if (ret)
		guest_die("%s refuses the registration: %d", ism->name, ret);
}

void ism_stop(struct ism *ism)
{
	int ret = ism_command_simple(ism, ISM_UNREG_IEQ);

	if (!ret)
		ret = ism_command_simple(ism, ISM_UNREG_SBA);
	if (ret)
		guest_die("%s cannot be stopped: %d", ism->name, ret);
	ism_close(ism);
}
