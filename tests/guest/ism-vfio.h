/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small user-space driver for s390's ISM functions, through VFIO.
 *
 * It makes requests: pread and pwrite on the function's BARs. Whichever kernel driver is
 * bound carries them; the function's own log tells which instructions they become.
 *
 * The layout of commands and memory is from drivers/s390/net/ism.h and ism_drv.c of
 * Linux 7.3. All of it is big endian, as s390 is.
 */
#ifndef ISM_VFIO_H
#define ISM_VFIO_H

#include <pthread.h>
#include <sys/types.h>

#include "guest.h"

#define ISM_PAGE	4096U

/* The BAR for moves of data, and the BAR for commands. */
#define ISM_BAR_MOVE	0
#define ISM_BAR_COMMAND	2

/* Commands. */
#define ISM_REG_SBA	0x01
#define ISM_REG_IEQ	0x02
#define ISM_READ_GID	0x03
#define ISM_ADD_VLAN_ID	0x04
#define ISM_DEL_VLAN_ID	0x05
#define ISM_QUERY_INFO	0x08
#define ISM_QUERY_RGID	0x09
#define ISM_REG_DMB	0x0a
#define ISM_UNREG_DMB	0x0b
#define ISM_SIGNAL_IEQ	0x0e
#define ISM_UNREG_SBA	0x11
#define ISM_UNREG_IEQ	0x12

/* Commands of the model only, see Documentation/ism-lab.rst. */
#define ISM_LAB_BUSY	0xfa01
#define ISM_LAB_ERROR	0xfa02
#define ISM_LAB_GONE	0xfa03
#define ISM_LAB_TOKEN	0xfa05

/* An event from another driver. */
#define ISM_EVENT_SOFTWARE	2

/* Signal bits below this one are not for buffers. */
#define ISM_FIRST_BIT	32
#define ISM_BITS	1920

#define ISM_HEADER	8U

/* A command and its answer, which replaces the command. */
struct ism_message {
	uint32_t code;
	uint16_t ret;
	uint16_t len;
	union {
		/* Fits the longest message, the answer to ISM_QUERY_INFO. */
		uint64_t words[24];
		struct {
			uint64_t addr;
			uint64_t len;
		} ieq;
		struct {
			uint64_t addr;
			uint32_t len;
			uint32_t bit;
			uint32_t vlan_valid;
			uint32_t vlan;
			uint64_t rgid;
		} dmb;
		struct {
			uint64_t rgid;
			uint32_t interrupt;
			uint32_t code;
			uint64_t info;
		} signal;
		struct {
			uint32_t a;
			uint32_t b;
			uint64_t c;
		} fault;
		struct {
			uint32_t version;
			uint32_t max_len;
			uint64_t state;
			uint64_t gid;
			uint64_t sba;
			uint64_t ieq;
			uint32_t ieq_len;
			uint32_t reserved;
			uint32_t owned;
			uint32_t used;
		} info;
	};
};

/* Where the function reports signals. */
struct ism_sba {
	uint8_t summary[4];
	uint8_t bits[ISM_BITS / 8];
	uint32_t reserved[3];
	uint16_t masks[ISM_BITS];
};

#define ISM_SBA_SUMMARY	0x80
#define ISM_SBA_EVENT	0x40

#define ISM_EVENTS	15

struct ism_ieq {
	uint64_t idx;
	uint64_t len;
	uint64_t entry_len;
	uint64_t reserved;
	struct {
		uint32_t type;
		uint32_t code;
		uint64_t token;
		uint64_t time;
		uint64_t info;
	} entry[ISM_EVENTS];
};

/* Memory that the function may write to. */
struct ism_dma {
	void *mem;
	uint64_t iova;
	size_t len;
};

/* A buffer that another function moves data into. */
struct ism_dmb {
	struct ism_dma dma;
	unsigned int bit;
	uint64_t token;
};

struct ism {
	const char *name;
	struct device dev;
	struct guest_bar move;
	struct guest_bar command;
	struct ism_dma sba;
	struct ism_dma ieq;
	uint64_t next_iova;
	uint64_t gid;
	int interrupt;
	pthread_mutex_t lock;
};

/* Log nothing, for a child that will be killed. */
extern bool ism_quiet;

/* These end the program on failure. */
void ism_open(struct ism *ism, const char *name, const char *bdf);
void ism_close(struct ism *ism);
void ism_start(struct ism *ism);
void ism_stop(struct ism *ism);

/* Allocates the memory unless dma->mem is set. */
void ism_map(struct ism *ism, struct ism_dma *dma, size_t len);
void ism_unmap(struct ism *ism, struct ism_dma *dma);
int ism_eventfd(struct ism *ism, unsigned int index);
unsigned int ism_wait(int event, unsigned int ms);

/* Returns 0, a negative errno of the request, or the function's error code. */
int ism_command(struct ism *ism, struct ism_message *msg, size_t len);
int ism_command_simple(struct ism *ism, uint32_t code);
int ism_command_word(struct ism *ism, uint32_t code, uint64_t word, uint64_t *answer);
int ism_register(struct ism *ism);
int ism_dmb_register(struct ism *ism, struct ism_dmb *dmb, unsigned int bit, uint64_t user);
int ism_dmb_unregister(struct ism *ism, struct ism_dmb *dmb);
int ism_fault(struct ism *ism, uint32_t code, uint32_t a, uint32_t b, uint64_t c);
int ism_event(struct ism *ism, uint64_t to, uint32_t code, uint64_t info);

/* One request each; return as pread and pwrite do. */
ssize_t ism_read(struct ism *ism, unsigned int bar, uint64_t off, void *buf, size_t count);
ssize_t ism_write(struct ism *ism, unsigned int bar, uint64_t off, const void *buf, size_t count);
uint64_t ism_move_offset(uint64_t token, unsigned int index, bool signal, uint32_t off);
ssize_t ism_move(struct ism *ism, uint64_t token, uint32_t off, const void *buf, size_t count);

unsigned int ism_mask(const struct ism *ism, unsigned int bit);
bool ism_bit(const struct ism *ism, unsigned int bit);
void ism_clear_signals(struct ism *ism);

/*
 * One assertion of a test, which the host turns into a test line. The text after the name
 * tells what was seen.
 */
void ism_claim(bool good, const char *name, const char *fmt, ...) __printf(3, 4);

/* The same sequence of numbers in each run. */
uint32_t ism_random(uint32_t below);

#endif
