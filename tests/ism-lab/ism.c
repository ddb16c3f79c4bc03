// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model of an s390 ISM function (internal shared memory, PCI ID 1014:04ed) for QEMU: a
 * guest's writes to BAR 0 of one function land in a buffer that the guest has registered
 * with another function, or the same one, by commands in BAR 2.
 *
 * The meaning of the numbers is from the kernel's driver, drivers/s390/net/ism.h and
 * ism_drv.c. Where the driver does not define them, a comment marks the choice made here.
 * Documentation/ism-lab.rst describes the model and the commands with which tests make a
 * function misbehave. A real function may behave differently in what the driver leaves open.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "cpu.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_device.h"
#include "hw/qdev-properties.h"
#include "hw/s390x/tod.h"
#include "hw/s390x/zpci-relaxed.h"

#define TYPE_ISM	"ism"
OBJECT_DECLARE_SIMPLE_TYPE(ism, ISM)

#define PCI_DEVICE_ID_ISM	0x04ed

/* ---- BAR 0: struct ism_sba, ISM_CREATE_REQ() ---- */

#define DATA_BAR		0
#define DATA_BAR_SIZE		BIT_ULL(48)

/*
 * An offset has a token, whose lower half is 0, the element of the buffer, a signal flag and
 * the offset in the buffer. The size of the BAR limits the upper half of the token.
 */
#define TOKEN_SHIFT		32
#define TOKEN_NUMBER_MAX	0xffff
#define MOVE_ELEMENT(offset)	((offset) >> 24 & 0xff)
#define MOVE_SIGNAL(offset)	((offset) >> 23 & 1)
#define MOVE_OFFSET(offset)	((offset) & (DMB_LEN_MAX - 1))

/* The largest buffer that an offset can address. */
#define DMB_LEN_MAX		(8ULL << 20)

#define SBA_LEN			4096
#define SBA_INDICES		1920
/* The driver does not use the first word of the signal bits. */
#define SBA_INDEX_MIN		32
#define SBA_BITS		4
#define SBA_MASKS		256
#define SBA_SUMMARY		0x80
#define SBA_EVENT		0x40

/* ---- BAR 2: commands, struct ism_req_hdr and ism_resp_hdr ---- */

#define COMMAND_BAR		2
#define COMMAND_BAR_SIZE	4096
#define HEADER_LEN		8

#define ISM_REG_SBA		0x1
#define ISM_REG_IEQ		0x2
#define ISM_READ_GID		0x3
#define ISM_ADD_VLAN_ID		0x4
#define ISM_DEL_VLAN_ID		0x5
#define ISM_SET_VLAN		0x6
#define ISM_RESET_VLAN		0x7
#define ISM_QUERY_INFO		0x8
#define ISM_QUERY_RGID		0x9
#define ISM_REG_DMB		0xa
#define ISM_UNREG_DMB		0xb
#define ISM_SIGNAL_IEQ		0xe
#define ISM_UNREG_SBA		0x11
#define ISM_UNREG_IEQ		0x12

/* Commands for tests; no driver of a real function issues these. */
#define LAB_BUSY		0xfa01
#define LAB_ERROR		0xfa02
#define LAB_GONE		0xfa03
#define LAB_FAIL		0xfa04
#define LAB_TOKEN		0xfa05
#define LAB_NOTE		0xfa06

/* The driver only knows 0 as success; the other values are ours. */
enum {
	RET_OK = 0,
	RET_UNKNOWN = 1,	/* unknown command */
	RET_LENGTH = 2,		/* wrong length */
	RET_NOT_THERE = 3,	/* what is to be removed does not exist */
	RET_THERE = 4,		/* what is to be added exists */
	RET_ARGUMENT = 5,
	RET_NOBODY = 6,		/* no function has that GID or is in that VLAN */
	RET_NO_ROOM = 7,
	RET_NO_SBA = 8,
};

#define VLANS_MAX		64
/* Includes 0x1fff, an invalid VLAN by which SMC detects version 2. */
#define VLAN_MAX		0x1fff
#define QUERY_INFO_LEN		(72 + 2 * VLANS_MAX)

/* ---- the event queue: struct ism_eq ---- */

#define IEQ_HEADER_LEN		32
#define IEQ_ENTRY_LEN		32
#define IEQ_ENTRIES		15
#define IEQ_LEN			(IEQ_HEADER_LEN + IEQ_ENTRIES * IEQ_ENTRY_LEN)

#define EVENT_BUFFER		0
#define EVENT_DEVICE		1
#define EVENT_SOFTWARE		2
#define CODE_DEVICE_ERROR	0x01
#define CODE_DMB_GONE		0x04
#define CODE_DEVICE_DISABLED	0x07

/* The platform's event codes; the kernel has no names for them (pci_event.c). */
#define PEC_RECOVERED		0x3a
#define PEC_PERMANENT		0x3b

/* A buffer of the guest that other functions write to. */
struct dmb {
	uint32_t number;
	ism *owner;
	uint64_t addr;
	uint32_t len;
	uint32_t sba_index;
	/* GID of the function that may write. */
	uint64_t user;
	/* That function has written, and gets an event when the buffer is unregistered. */
	bool used;
	bool vlan_valid;
	uint16_t vlan;
};

struct ism {
	PCIDevice pdev;
	MemoryRegion data_bar;
	MemoryRegion command_bar;

	/* Properties */
	uint64_t gid;
	uint16_t pchid;
	uint32_t token;
	uint32_t busy;
	bool source_page;
	bool plain_clp;
	char *log_path;

	FILE *log;
	unsigned int resets;
	uint8_t command[COMMAND_BAR_SIZE];

	/* Addresses of registered areas; 0 if there is none. */
	uint64_t sba;
	uint64_t ieq;
	uint64_t ieq_len;
	unsigned int ieq_next;
	bool vlan_required;
	unsigned int nr_vlans;
	uint16_t vlans[VLANS_MAX];

	/* LAB_BUSY: BARs, and the number of times or the duration from the first time. */
	uint32_t busy_spaces;
	uint64_t busy_us;
	int64_t busy_until;
	/* LAB_FAIL: a command and its return value. */
	uint32_t fail_command;
	uint16_t fail_ret;
	/* LAB_ERROR and LAB_GONE. */
	uint32_t error_after;
	uint16_t error_pec;
	uint32_t gone_kind;
	QEMUTimer *error_timer;
	QEMUTimer *gone_timer;
};

/* All functions of the machine, and all of their buffers by number. */
static GSList *functions;
static GHashTable *dmbs;
static uint32_t next_number = 1;
/* FILE by path, as functions may share one. */
static GHashTable *logs;

/* ---- the log ---- */

static uint32_t fid_of(ism *fn)
{
	S390PCIBusDevice *pbdev = zpci_relaxed_bus_device(&fn->pdev);

	return pbdev ? pbdev->fid : 0;
}

static void __attribute__((format(printf, 2, 3))) note(ism *fn, const char *fmt, ...)
{
	va_list args;

	if (!fn->log)
		return;
	va_start(args, fmt);
	vfprintf(fn->log, fmt, args);
	va_end(args);
	fputc('\n', fn->log);
	fflush(fn->log);
}

static bool open_log(ism *fn, Error **errp)
{
	if (!fn->log_path)
		return true;
	if (!logs)
		logs = g_hash_table_new(g_str_hash, g_str_equal);

	fn->log = g_hash_table_lookup(logs, fn->log_path);
	if (fn->log)
		return true;

	fn->log = fopen(fn->log_path, "w");
	if (!fn->log) {
		error_setg_errno(errp, errno, "%s", fn->log_path);
		return false;
	}
	g_hash_table_insert(logs, g_strdup(fn->log_path), fn->log);

	return true;
}

static void log_access(PCIDevice *pdev, const struct zpci_relaxed_access *access,
		       enum zpci_relaxed_result result)
{
	static const char * const results[] = {
		[ZPCI_RELAXED_OK] = "ok", [ZPCI_RELAXED_BUSY] = "busy",
		[ZPCI_RELAXED_ERROR] = "error", [ZPCI_RELAXED_GONE] = "gone",
		[ZPCI_RELAXED_REFUSED] = "refused",
	};
	g_autoptr(GString) bytes = g_string_new(NULL);
	unsigned int i;

	if (access->carried)
		for (i = 0; i < access->len; i++)
			g_string_append_printf(bytes, "%02x", access->bytes[i]);
	else
		g_string_append_c(bytes, '-');

	note(ISM(pdev), "%s %08x %u %u 0x%" PRIx64 " %s 0x%" PRIx64 " %s", access->insn,
	     access->fh, access->space, access->len, access->offset, bytes->str,
	     access->source, results[result]);
}

/* ---- the guest's memory, all of it through the IOMMU of the function ---- */

static bool write_memory(ism *fn, uint64_t addr, const void *bytes, uint64_t len)
{
	return pci_dma_write(&fn->pdev, addr, bytes, len) == MEMTX_OK;
}

/*
 * Sets bits in a byte that the guest may be changing concurrently. Returns the old value, or
 * all ones if there is no such byte.
 */
static uint8_t set_bits(ism *fn, uint64_t addr, uint8_t bits)
{
	dma_addr_t len = 1;
	uint8_t *byte = pci_dma_map(&fn->pdev, addr, &len, DMA_DIRECTION_FROM_DEVICE);
	uint8_t before;

	if (!byte)
		return 0xff;
	before = qatomic_fetch_or(byte, bits);
	pci_dma_unmap(&fn->pdev, byte, len, DMA_DIRECTION_FROM_DEVICE, 1);

	return before;
}

/*
 * The driver clears the summary bit before it reads the others. If the bit is still set, the
 * driver has yet to read them, and needs no interrupt.
 */
static void interrupt(ism *fn)
{
	if (set_bits(fn, fn->sba, SBA_SUMMARY) & SBA_SUMMARY)
		return;
	note(fn, "irq %x", fid_of(fn));
	if (msi_enabled(&fn->pdev))
		msi_notify(&fn->pdev, 0);
}

/* The kernel's loopback device defines the bit of an element (dibs_lo_move_data()). */
static void signal_dmb(const struct dmb *dmb, unsigned int element)
{
	ism *fn = dmb->owner;
	unsigned int shift = element % 16;
	uint16_t mask = 0x1000 >> shift | 0x1000 << (16 - shift);

	if (!fn->sba)
		return;
	set_bits(fn, fn->sba + SBA_MASKS + 2 * dmb->sba_index, mask >> 8);
	set_bits(fn, fn->sba + SBA_MASKS + 2 * dmb->sba_index + 1, mask & 0xff);
	set_bits(fn, fn->sba + SBA_BITS + dmb->sba_index / 8, 0x80 >> dmb->sba_index % 8);
	interrupt(fn);
}

struct event {
	uint32_t type;
	uint32_t code;
	/* A buffer's token, or a function's GID. */
	uint64_t token;
	uint64_t info;
	bool silent;
};

/*
 * The driver takes the entries before the index in the header. The index is that of the last
 * entry plus one, so it is never 0 again.
 */
static void post_event(ism *fn, const struct event *event)
{
	uint8_t entry[IEQ_ENTRY_LEN];
	uint8_t index[8];

	if (!fn->ieq)
		return;

	stl_be_p(entry, event->type);
	stl_be_p(entry + 4, event->code);
	stq_be_p(entry + 8, event->token);
	stq_be_p(entry + 16, time2tod(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL)));
	stq_be_p(entry + 24, event->info);
	stq_be_p(index, fn->ieq_next + 1);
	if (!write_memory(fn, fn->ieq + IEQ_HEADER_LEN + fn->ieq_next * IEQ_ENTRY_LEN, entry,
			  sizeof(entry)) ||
	    !write_memory(fn, fn->ieq, index, sizeof(index)))
		return;
	fn->ieq_next = (fn->ieq_next + 1) % IEQ_ENTRIES;

	note(fn, "event %x %u %u 0x%" PRIx64, fid_of(fn), event->type, event->code,
	     event->token);
	if (!fn->sba)
		return;
	set_bits(fn, fn->sba, SBA_EVENT);
	if (!event->silent)
		interrupt(fn);
}

static void tell_others(ism *fn, uint32_t code)
{
	struct event event = { .type = EVENT_DEVICE, .code = code, .token = fn->gid };
	GSList *i;

	for (i = functions; i; i = i->next)
		if (i->data != fn)
			post_event(i->data, &event);
}

/* ---- functions and VLANs ---- */

static ism *find_function(uint64_t gid)
{
	GSList *i;

	for (i = functions; i; i = i->next)
		if (((ism *)i->data)->gid == gid)
			return i->data;

	return NULL;
}

static int find_vlan(const ism *fn, uint32_t vlan)
{
	unsigned int i;

	for (i = 0; i < fn->nr_vlans; i++)
		if (fn->vlans[i] == vlan)
			return i;

	return -1;
}

/* Without a VLAN, all functions that do not require one can talk to each other. */
static bool can_talk(const ism *one, const ism *other, bool vlan_valid, uint32_t vlan)
{
	if (!vlan_valid)
		return !one->vlan_required && !other->vlan_required;
	return find_vlan(one, vlan) >= 0 && find_vlan(other, vlan) >= 0;
}

static struct dmb *find_dmb(uint64_t number)
{
	return g_hash_table_lookup(dmbs, GUINT_TO_POINTER(number));
}

static struct dmb *find_dmb_by_token(uint64_t token)
{
	return (uint32_t)token ? NULL : find_dmb(token >> TOKEN_SHIFT);
}

static bool sba_index_in_use(ism *fn, uint32_t index)
{
	struct dmb *dmb;
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, dmbs);
	while (g_hash_table_iter_next(&iter, NULL, (void **)&dmb))
		if (dmb->owner == fn && dmb->sba_index == index)
			return true;

	return false;
}

static void count_dmbs(ism *fn, unsigned int *owned, unsigned int *used)
{
	struct dmb *dmb;
	GHashTableIter iter;

	*owned = *used = 0;
	g_hash_table_iter_init(&iter, dmbs);
	while (g_hash_table_iter_next(&iter, NULL, (void **)&dmb)) {
		*owned += dmb->owner == fn;
		*used += dmb->used && dmb->user == fn->gid;
	}
}

/* The next free number, or 0. A released number is not reused soon. */
static uint32_t new_number(void)
{
	uint32_t i, number;

	for (i = 0; i < TOKEN_NUMBER_MAX; i++) {
		number = (next_number + i - 1) % TOKEN_NUMBER_MAX + 1;
		if (!find_dmb(number)) {
			next_number = number % TOKEN_NUMBER_MAX + 1;
			return number;
		}
	}

	return 0;
}

static void tell_user(const struct dmb *dmb)
{
	struct event event = {
		.type = EVENT_BUFFER, .code = CODE_DMB_GONE,
		.token = (uint64_t)dmb->number << TOKEN_SHIFT,
	};
	ism *user = find_function(dmb->user);

	if (dmb->used && user && user != dmb->owner)
		post_event(user, &event);
}

/* ---- commands: the request follows the header, and the response replaces it ---- */

static uint16_t reg_sba(ism *fn, const uint8_t *request, uint8_t *response)
{
	uint64_t addr = ldq_be_p(request);

	if (fn->sba)
		return RET_THERE;
	if (!addr || addr % SBA_LEN)
		return RET_ARGUMENT;
	fn->sba = addr;

	return RET_OK;
}

static uint16_t unreg_sba(ism *fn, const uint8_t *request, uint8_t *response)
{
	if (!fn->sba)
		return RET_NOT_THERE;
	fn->sba = 0;

	return RET_OK;
}

static uint16_t reg_ieq(ism *fn, const uint8_t *request, uint8_t *response)
{
	uint64_t addr = ldq_be_p(request), len = ldq_be_p(request + 8);
	uint8_t header[IEQ_HEADER_LEN] = { 0 };

	if (fn->ieq)
		return RET_THERE;
	if (!addr || addr % 8 || len < IEQ_LEN)
		return RET_ARGUMENT;
	stq_be_p(header + 8, len);
	stq_be_p(header + 16, IEQ_ENTRY_LEN);
	if (!write_memory(fn, addr, header, sizeof(header)))
		return RET_ARGUMENT;
	fn->ieq = addr;
	fn->ieq_len = len;
	fn->ieq_next = 0;

	return RET_OK;
}

static uint16_t unreg_ieq(ism *fn, const uint8_t *request, uint8_t *response)
{
	if (!fn->ieq)
		return RET_NOT_THERE;
	fn->ieq = 0;

	return RET_OK;
}

static uint16_t read_gid(ism *fn, const uint8_t *request, uint8_t *response)
{
	stq_be_p(response, fn->gid);

	return RET_OK;
}

static uint16_t add_vlan(ism *fn, const uint8_t *request, uint8_t *response)
{
	uint64_t vlan = ldq_be_p(request);

	if (!vlan || vlan > VLAN_MAX)
		return RET_ARGUMENT;
	/* Unloading the driver does not remove the VLANs that it added. */
	if (find_vlan(fn, vlan) >= 0)
		return RET_OK;
	if (fn->nr_vlans == VLANS_MAX)
		return RET_NO_ROOM;
	fn->vlans[fn->nr_vlans++] = vlan;

	return RET_OK;
}

static uint16_t del_vlan(ism *fn, const uint8_t *request, uint8_t *response)
{
	uint64_t vlan = ldq_be_p(request);
	int i = vlan <= VLAN_MAX ? find_vlan(fn, vlan) : -1;

	if (i < 0)
		return RET_NOT_THERE;
	fn->vlans[i] = fn->vlans[--fn->nr_vlans];

	return RET_OK;
}

static uint16_t set_vlan(ism *fn, const uint8_t *request, uint8_t *response)
{
	fn->vlan_required = true;

	return RET_OK;
}

static uint16_t reset_vlan(ism *fn, const uint8_t *request, uint8_t *response)
{
	fn->vlan_required = false;

	return RET_OK;
}

static uint16_t query_info(ism *fn, const uint8_t *request, uint8_t *response)
{
	unsigned int owned, used, i;

	count_dmbs(fn, &owned, &used);
	stl_be_p(response, 1);
	stl_be_p(response + 4, QUERY_INFO_LEN);
	stq_be_p(response + 8, 1);
	stq_be_p(response + 16, fn->gid);
	stq_be_p(response + 24, fn->sba);
	stq_be_p(response + 32, fn->ieq);
	stl_be_p(response + 40, fn->ieq ? fn->ieq_len : 0);
	stl_be_p(response + 48, owned);
	stl_be_p(response + 52, used);
	stl_be_p(response + 56, fn->vlan_required);
	stl_be_p(response + 60, fn->nr_vlans);
	for (i = 0; i < fn->nr_vlans; i++)
		stw_be_p(response + 64 + 2 * i, fn->vlans[i]);

	return RET_OK;
}

static uint16_t query_rgid(ism *fn, const uint8_t *request, uint8_t *response)
{
	ism *other = find_function(ldq_be_p(request));

	if (!other || !can_talk(fn, other, ldl_be_p(request + 8), ldl_be_p(request + 12)))
		return RET_NOBODY;

	return RET_OK;
}

static uint16_t reg_dmb(ism *fn, const uint8_t *request, uint8_t *response)
{
	struct dmb new = {
		.owner = fn,
		.addr = ldq_be_p(request), .len = ldl_be_p(request + 8),
		.sba_index = ldl_be_p(request + 12),
		.vlan_valid = ldl_be_p(request + 16), .vlan = ldl_be_p(request + 20),
		.user = ldq_be_p(request + 24),
	};

	if (!fn->sba)
		return RET_NO_SBA;
	if (!new.addr || new.addr % 4096 || !new.len || new.len > DMB_LEN_MAX ||
	    new.sba_index < SBA_INDEX_MIN || new.sba_index >= SBA_INDICES)
		return RET_ARGUMENT;
	if (sba_index_in_use(fn, new.sba_index))
		return RET_THERE;
	if (new.vlan_valid ? find_vlan(fn, new.vlan) < 0 : fn->vlan_required)
		return RET_NOBODY;
	new.number = new_number();
	if (!new.number)
		return RET_NO_ROOM;

	g_hash_table_insert(dmbs, GUINT_TO_POINTER(new.number), g_memdup2(&new, sizeof(new)));
	stq_be_p(response, (uint64_t)new.number << TOKEN_SHIFT);

	return RET_OK;
}

static uint16_t unreg_dmb(ism *fn, const uint8_t *request, uint8_t *response)
{
	struct dmb *dmb = find_dmb_by_token(ldq_be_p(request));

	if (!dmb || dmb->owner != fn)
		return RET_NOT_THERE;
	tell_user(dmb);
	g_hash_table_remove(dmbs, GUINT_TO_POINTER(dmb->number));

	return RET_OK;
}

static uint16_t signal_ieq(ism *fn, const uint8_t *request, uint8_t *response)
{
	struct event event = {
		.type = EVENT_SOFTWARE, .code = ldl_be_p(request + 12), .token = fn->gid,
		.info = ldq_be_p(request + 16), .silent = !ldl_be_p(request + 8),
	};
	ism *other = find_function(ldq_be_p(request));

	if (!other || !other->ieq)
		return RET_NOBODY;
	post_event(other, &event);

	return RET_OK;
}

/* ---- commands by which a test makes the function misbehave ---- */

static int64_t now_us(void)
{
	return qemu_clock_get_us(QEMU_CLOCK_VIRTUAL);
}

static void enter_error(ism *fn)
{
	S390PCIBusDevice *pbdev = zpci_relaxed_bus_device(&fn->pdev);
	bool permanent = fn->error_pec == PEC_PERMANENT;

	if (pbdev->state != ZPCI_FS_ENABLED && pbdev->state != ZPCI_FS_BLOCKED)
		return;
	note(fn, "fault %x error", pbdev->fid);
	pbdev->state = permanent ? ZPCI_FS_PERMANENT_ERROR : ZPCI_FS_ERROR;
	s390_pci_generate_error_event(fn->error_pec, pbdev->fh, pbdev->fid, 0, 0);
	tell_others(fn, CODE_DEVICE_ERROR);
}

/* The platform requests the release of the function, or removes it. */
static void leave(ism *fn)
{
	S390PCIBusDevice *pbdev = zpci_relaxed_bus_device(&fn->pdev);

	if (pbdev->state == ZPCI_FS_RESERVED || pbdev->state == ZPCI_FS_STANDBY)
		return;
	note(fn, "fault %x %s", pbdev->fid, fn->gone_kind ? "gone" : "asked for");
	if (!fn->gone_kind) {
		s390_pci_generate_plug_event(HP_EVENT_DECONFIGURE_REQUEST, pbdev->fh,
					     pbdev->fid);
		return;
	}
	device_cold_reset(DEVICE(pbdev));
	pbdev->state = ZPCI_FS_STANDBY;
	s390_pci_generate_plug_event(HP_EVENT_CONFIGURED_TO_STBRES, pbdev->fh, pbdev->fid);
}

static void error_time(void *opaque)
{
	enter_error(opaque);
}

static void gone_time(void *opaque)
{
	leave(opaque);
}

static uint16_t lab_busy(ism *fn, const uint8_t *request, uint8_t *response)
{
	uint32_t spaces = ldl_be_p(request);

	fn->busy_spaces = spaces ? spaces : 1 << DATA_BAR;
	fn->busy = ldl_be_p(request + 4);
	fn->busy_us = fn->busy ? 0 : ldq_be_p(request + 8);
	fn->busy_until = 0;

	return RET_OK;
}

static uint16_t lab_error(ism *fn, const uint8_t *request, uint8_t *response)
{
	uint32_t pec = ldl_be_p(request + 4);
	uint64_t us = ldq_be_p(request + 8);

	fn->error_after = ldl_be_p(request);
	fn->error_pec = pec ? pec : PEC_RECOVERED;
	if (fn->error_after)
		return RET_OK;
	if (us)
		timer_mod(fn->error_timer, now_us() + us);
	else
		enter_error(fn);

	return RET_OK;
}

static uint16_t lab_gone(ism *fn, const uint8_t *request, uint8_t *response)
{
	uint64_t us = ldq_be_p(request + 8);

	fn->gone_kind = ldl_be_p(request);
	if (us)
		timer_mod(fn->gone_timer, now_us() + us);
	else
		leave(fn);

	return RET_OK;
}

static uint16_t lab_fail(ism *fn, const uint8_t *request, uint8_t *response)
{
	fn->fail_command = ldl_be_p(request);
	fn->fail_ret = ldl_be_p(request + 4);

	return RET_OK;
}

static uint16_t lab_token(ism *fn, const uint8_t *request, uint8_t *response)
{
	uint64_t number = ldq_be_p(request);

	if (!number || number > TOKEN_NUMBER_MAX)
		return RET_ARGUMENT;
	next_number = number;

	return RET_OK;
}

static uint16_t lab_note(ism *fn, const uint8_t *request, uint8_t *response)
{
	note(fn, "note %x %" PRIu64, fid_of(fn), ldq_be_p(request));

	return RET_OK;
}

/* Lengths include the header. */
static const struct command {
	uint32_t code;
	uint16_t request_len;
	uint16_t response_len;
	uint16_t (*run)(ism *fn, const uint8_t *request, uint8_t *response);
} commands[] = {
	{ ISM_REG_SBA, 16, 8, reg_sba },
	{ ISM_REG_IEQ, 24, 8, reg_ieq },
	{ ISM_READ_GID, 8, 16, read_gid },
	{ ISM_ADD_VLAN_ID, 16, 8, add_vlan },
	{ ISM_DEL_VLAN_ID, 16, 8, del_vlan },
	{ ISM_SET_VLAN, 8, 8, set_vlan },
	{ ISM_RESET_VLAN, 8, 8, reset_vlan },
	{ ISM_QUERY_INFO, 8, QUERY_INFO_LEN, query_info },
	{ ISM_QUERY_RGID, 24, 8, query_rgid },
	{ ISM_REG_DMB, 40, 16, reg_dmb },
	{ ISM_UNREG_DMB, 16, 8, unreg_dmb },
	{ ISM_SIGNAL_IEQ, 32, 8, signal_ieq },
	{ ISM_UNREG_SBA, 8, 8, unreg_sba },
	{ ISM_UNREG_IEQ, 8, 8, unreg_ieq },
	{ LAB_BUSY, 24, 8, lab_busy },
	{ LAB_ERROR, 24, 8, lab_error },
	{ LAB_GONE, 24, 8, lab_gone },
	{ LAB_FAIL, 16, 8, lab_fail },
	{ LAB_TOKEN, 16, 8, lab_token },
	{ LAB_NOTE, 16, 8, lab_note },
};

static uint16_t run(ism *fn, const struct command *command, unsigned int len,
		    uint8_t *response)
{
	if (!command)
		return RET_UNKNOWN;
	if (fn->fail_ret && fn->fail_command == command->code) {
		uint16_t ret = fn->fail_ret;

		fn->fail_ret = 0;
		return ret;
	}
	if (len != command->request_len)
		return RET_LENGTH;

	return command->run(fn, fn->command + HEADER_LEN, response + HEADER_LEN);
}

/* The request, and then the response, start at the beginning of the BAR. */
static void run_command(ism *fn)
{
	uint32_t code = ldl_be_p(fn->command);
	const struct command *command = NULL;
	uint8_t response[QUERY_INFO_LEN] = { 0 };
	unsigned int i, len = HEADER_LEN, resets = fn->resets;
	uint16_t ret;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].code == code)
			command = &commands[i];

	ret = run(fn, command, lduw_be_p(fn->command + 6), response);
	note(fn, "cmd %x 0x%x 0x%x", fid_of(fn), code, ret);
	/* The command may have reset the function; then there is no response. */
	if (fn->resets != resets)
		return;
	if (ret == RET_OK)
		len = command->response_len;
	stl_be_p(response, code);
	stw_be_p(response + 4, ret);
	stw_be_p(response + 6, len);
	memcpy(fn->command, response, len);
}

/* ---- the BARs ---- */

static bool busy(ism *fn, unsigned int space)
{
	if (!(fn->busy_spaces >> space & 1))
		return false;
	if (fn->busy_us) {
		if (!fn->busy_until)
			fn->busy_until = now_us() + fn->busy_us;
		if (now_us() < fn->busy_until)
			return true;
		fn->busy_us = 0;
	}
	if (!fn->busy)
		return false;
	fn->busy--;

	return true;
}

static enum zpci_relaxed_result load(PCIDevice *pdev, struct zpci_relaxed_access *access)
{
	ism *fn = ISM(pdev);

	if (busy(fn, access->space))
		return ZPCI_RELAXED_BUSY;
	/* BAR 0 cannot be read. */
	if (access->space != COMMAND_BAR)
		return ZPCI_RELAXED_ERROR;
	memcpy(access->bytes, fn->command + access->offset, access->len);

	return ZPCI_RELAXED_OK;
}

/* The bytes are in the buffer before the owner gets a signal. */
static enum zpci_relaxed_result carry(ism *fn, const struct zpci_relaxed_access *access)
{
	uint64_t offset = MOVE_OFFSET(access->offset);
	struct dmb *dmb = find_dmb(access->offset >> TOKEN_SHIFT);

	if (!dmb || dmb->user != fn->gid || offset + access->len > dmb->len ||
	    !can_talk(fn, dmb->owner, dmb->vlan_valid, dmb->vlan))
		return ZPCI_RELAXED_ERROR;
	if (!write_memory(dmb->owner, dmb->addr + offset, access->bytes, access->len))
		return ZPCI_RELAXED_ERROR;

	dmb->used = true;
	note(fn, "move %x 0x%" PRIx64 " %u %u 0x%" PRIx64 " %u -> %x", fid_of(fn),
	     (uint64_t)dmb->number << TOKEN_SHIFT, (unsigned int)MOVE_ELEMENT(access->offset),
	     (unsigned int)MOVE_SIGNAL(access->offset), offset, access->len,
	     fid_of(dmb->owner));
	if (MOVE_SIGNAL(access->offset))
		signal_dmb(dmb, MOVE_ELEMENT(access->offset));

	return ZPCI_RELAXED_OK;
}

static enum zpci_relaxed_result store(PCIDevice *pdev,
				      const struct zpci_relaxed_access *access)
{
	enum zpci_relaxed_result result = ZPCI_RELAXED_OK;
	ism *fn = ISM(pdev);

	if (busy(fn, access->space))
		return ZPCI_RELAXED_BUSY;

	if (access->space == DATA_BAR) {
		result = carry(fn, access);
		if (fn->error_after && !--fn->error_after)
			enter_error(fn);
		return result;
	}

	memcpy(fn->command + access->offset, access->bytes, access->len);
	/* A write of a whole header starts the command. */
	if (!access->offset && access->len >= HEADER_LEN)
		run_command(fn);

	return result;
}

/* ---- the device ---- */

static gboolean is_owned(gpointer key, gpointer value, gpointer opaque)
{
	struct dmb *dmb = value;

	return dmb->owner == opaque;
}

static bool source_in_page(PCIDevice *pdev)
{
	return ISM(pdev)->source_page;
}

static bool plain_clp(PCIDevice *pdev)
{
	return ISM(pdev)->plain_clp;
}

/* Drops all registrations and pending faults, except LAB_FAIL and a count of LAB_BUSY. */
static void forget(PCIDevice *pdev)
{
	ism *fn = ISM(pdev);
	bool known = fn->sba || fn->ieq;

	fn->resets++;
	timer_del(fn->error_timer);
	timer_del(fn->gone_timer);
	fn->error_after = 0;
	fn->busy_us = 0;
	fn->sba = 0;
	fn->ieq = 0;
	fn->nr_vlans = 0;
	fn->vlan_required = false;
	memset(fn->command, 0, sizeof(fn->command));
	if (dmbs)
		g_hash_table_foreach_remove(dmbs, is_owned, fn);
	if (!known)
		return;
	note(fn, "reset %x", fid_of(fn));
	tell_others(fn, CODE_DEVICE_DISABLED);
}

static void describe(PCIDevice *pdev, ClpRspQueryPci *info)
{
	ism *fn = ISM(pdev);

	info->pft = fn->plain_clp ? 0 : ZPCI_PFT_ISM;
	info->pchid = fn->pchid;
	if (!fn->gid)
		fn->gid = 0x49534d0000000000ULL | info->fid;
}

static void reset_device(DeviceState *dev)
{
	forget(PCI_DEVICE(dev));
}

/* Only the instructions access the BARs, and they do not use this. */
static bool no_access(void *opaque, hwaddr addr, unsigned int size, bool is_write,
		      MemTxAttrs attrs)
{
	return false;
}

static const MemoryRegionOps bar_ops = {
	.valid.accepts = no_access,
	.endianness = DEVICE_BIG_ENDIAN,
};

static void init_bar(ism *fn, unsigned int bar, MemoryRegion *region, uint64_t size)
{
	memory_region_init_io(region, OBJECT(fn), &bar_ops, fn, "ism-bar", size);
	pci_register_bar(&fn->pdev, bar,
			 PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_64, region);
}

static void realize(PCIDevice *pdev, Error **errp)
{
	ism *fn = ISM(pdev);

	if (fn->token > TOKEN_NUMBER_MAX) {
		error_setg(errp, "token must be at most %u", TOKEN_NUMBER_MAX);
		return;
	}
	if (!open_log(fn, errp) || msi_init(pdev, 0, 1, true, false, errp) < 0)
		return;
	if (fn->token)
		next_number = fn->token;
	if (!dmbs)
		dmbs = g_hash_table_new_full(NULL, NULL, NULL, g_free);

	init_bar(fn, DATA_BAR, &fn->data_bar, DATA_BAR_SIZE);
	init_bar(fn, COMMAND_BAR, &fn->command_bar, COMMAND_BAR_SIZE);
	fn->busy_spaces = ~0U;
	fn->error_timer = timer_new_us(QEMU_CLOCK_VIRTUAL, error_time, fn);
	fn->gone_timer = timer_new_us(QEMU_CLOCK_VIRTUAL, gone_time, fn);
	functions = g_slist_append(functions, fn);
}

static void unrealize(PCIDevice *pdev)
{
	ism *fn = ISM(pdev);

	forget(pdev);
	functions = g_slist_remove(functions, fn);
	timer_free(fn->error_timer);
	timer_free(fn->gone_timer);
	msi_uninit(pdev);
}

static const Property properties[] = {
	DEFINE_PROP_UINT64("gid", ism, gid, 0),
	DEFINE_PROP_UINT16("pchid", ism, pchid, 0x07c0),
	DEFINE_PROP_UINT32("token", ism, token, 0),
	DEFINE_PROP_UINT32("busy", ism, busy, 0),
	DEFINE_PROP_BOOL("source-page", ism, source_page, false),
	DEFINE_PROP_BOOL("plain-clp", ism, plain_clp, false),
	DEFINE_PROP_STRING("log", ism, log_path),
};

static void class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);
	PCIDeviceClass *pc = PCI_DEVICE_CLASS(class);
	struct zpci_relaxed_class *rc = (struct zpci_relaxed_class *)
		object_class_dynamic_cast(class, TYPE_ZPCI_RELAXED);

	dc->desc = "s390 internal shared memory, a model for tests";
	set_bit(DEVICE_CATEGORY_MISC, dc->categories);
	device_class_set_props(dc, properties);
	device_class_set_legacy_reset(dc, reset_device);
	pc->realize = realize;
	pc->exit = unrealize;
	pc->vendor_id = PCI_VENDOR_ID_IBM;
	pc->device_id = PCI_DEVICE_ID_ISM;
	pc->class_id = PCI_CLASS_NOT_DEFINED;
	rc->describe = describe;
	rc->source_in_page = source_in_page;
	rc->plain_clp = plain_clp;
	rc->load = load;
	rc->store = store;
	rc->seen = log_access;
	rc->reset = forget;
}

static const TypeInfo ism_info = {
	.name = TYPE_ISM,
	.parent = TYPE_PCI_DEVICE,
	.instance_size = sizeof(ism),
	.class_init = class_init,
	.interfaces = (InterfaceInfo[]) {
		{ INTERFACE_CONVENTIONAL_PCI_DEVICE },
		{ TYPE_ZPCI_RELAXED },
		{ }
	},
};

static void register_types(void)
{
	type_register_static(&ism_info);
}

type_init(register_types);
