// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves data between two ISM functions, checks every byte where it arrives, and logs each
 * request, so that the host can compare them with the functions' log.
 *
 *   ism-moves SENDER RECEIVER
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ism-vfio.h"

#define TIB		0x10000000000ULL
#define DMB_LEN		(16 * ISM_PAGE)
#define DMBS		4

/* Bytes around a move that are checked after it; each group ends with a full check. */
#define AROUND		64

static struct ism sender, receiver;
static struct ism_dmb dmbs[DMBS];

/* The expected content of the buffers. */
static uint8_t shadows[DMBS][DMB_LEN];

/* The user's buffer, used at odd addresses too. */
static uint8_t payload[DMB_LEN + 2 * ISM_PAGE];

/* ---- one group of moves ---- */

struct group {
	const char *name;
	unsigned int done;
	unsigned int failed;
	char first[128];
};

static void fail(struct group *group, const char *what, unsigned int nr, uint32_t off, size_t count)
{
	if (!group->failed++)
		snprintf(group->first, sizeof(group->first), "%s: %zu at 0x%x of buffer %u", what,
			 count, off, nr);
}

static bool same(unsigned int nr, uint32_t from, uint32_t to)
{
	const uint8_t *mem = dmbs[nr].dma.mem;

	return !memcmp(mem + from, shadows[nr] + from, to - from);
}

static void fill(uint8_t *bytes, size_t count)
{
	for (; count; count--)
		*bytes++ = ism_random(0) >> 8;
}

static void move(struct group *group, unsigned int nr, uint32_t off, size_t count)
{
	uint8_t *source = payload + ism_random(ISM_PAGE);
	uint32_t from = off > AROUND ? off - AROUND : 0;
	uint32_t to = off + count + AROUND < DMB_LEN ? off + count + AROUND : DMB_LEN;
	ssize_t ret;

	fill(source, count);
	group->done++;
	ret = ism_move(&sender, dmbs[nr].token, off, source, count);
	if (ret > 0)
		memcpy(shadows[nr] + off, source, ret);
	if (ret != (ssize_t)count)
		fail(group, "not all bytes were written", nr, off, count);
	else if (!same(nr, from, to))
		fail(group, "the bytes are not those that were written", nr, off, count);
}

static void begin(struct group *group, const char *name)
{
	memset(group, 0, sizeof(*group));
	group->name = name;
}

static void end(struct group *group)
{
	unsigned int nr;

	for (nr = 0; nr < DMBS; nr++)
		if (!same(nr, 0, DMB_LEN))
			fail(group, "bytes were changed that no move wrote", nr, 0, DMB_LEN);
	ism_claim(!group->failed, group->name, "%u moves, %u wrong%s%s", group->done, group->failed,
		  group->failed ? ", first " : "", group->first);
}

/* ---- the groups ---- */

/* Anywhere in a page where the payload fits, at an odd offset if possible. */
static void move_lengths(void)
{
	struct group group;
	uint32_t off, last;
	size_t count;

	begin(&group, "every length from 1 to 4096 arrives, at odd offsets, from odd buffers");
	for (count = 1; count <= ISM_PAGE; count++) {
		last = ISM_PAGE - count;
		off = last ? ism_random(last + 1) | 1 : 0;
		if (off > last)
			off = last;
		move(&group, count % DMBS, ism_random(DMB_LEN / ISM_PAGE) * ISM_PAGE + off, count);
	}
	end(&group);
}

static void move_offsets(void)
{
	struct group group;
	uint32_t off;

	begin(&group, "short moves arrive at every offset of a doubleword, and at a page's end");
	for (off = 0; off < 16; off++) {
		size_t count;

		for (count = 1; count <= 17; count++) {
			move(&group, off % DMBS, ISM_PAGE + off, count);
			move(&group, off % DMBS, 3 * ISM_PAGE - count, count);
		}
	}
	end(&group);
}

static void move_across(void)
{
	static const unsigned int parts[] = { 1, 2, 3, 7, 8, 9, 63, 100, 1001, 2048, 4095, 4096 };
	struct group group;
	unsigned int i, j;

	begin(&group, "moves across a page's end arrive whole");
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		for (j = 0; j < ARRAY_SIZE(parts); j++)
			move(&group, (i + j) % DMBS,
			     (2 + ism_random(10)) * ISM_PAGE - parts[i], parts[i] + parts[j]);
	end(&group);
}

static void move_long(void)
{
	struct group group;
	unsigned int nr;

	begin(&group, "moves of many pages arrive whole, up to the whole buffer");
	for (nr = 0; nr < DMBS; nr++) {
		move(&group, nr, 0, DMB_LEN);
		move(&group, nr, 1, DMB_LEN - 1);
		move(&group, nr, 4095, 3 * ISM_PAGE + 2);
		move(&group, nr, ISM_PAGE, 2 * ISM_PAGE);
	}
	end(&group);
}

/* ---- refusals: no request returns bytes that it did not write ---- */

static void refuse(const char *name, uint64_t token, uint32_t off, size_t count, ssize_t expected)
{
	unsigned int nr = 0;
	ssize_t ret;
	int err;

	fill(payload, count);
	ret = ism_move(&sender, token, off, payload, count);
	err = ret < 0 ? errno : 0;
	if (ret > 0)
		memcpy(shadows[nr] + off, payload, ret);
	ism_claim(ret == expected && (ret >= 0 || err == EIO) && same(nr, 0, DMB_LEN), name,
		  "%zu gave %zd%s%s", count, ret, ret < 0 ? " " : "", ret < 0 ? strerror(err) : "");
}

static void check_refusals(void)
{
	uint64_t token = dmbs[0].token;
	ssize_t ret;

	refuse("a move to an unknown buffer is an error", 0xabcdULL << 32, 0, 100, -1);
	refuse("a move beyond a buffer's end is an error", token, DMB_LEN, 100, -1);
	refuse("a move across a buffer's end returns the bytes inside", token,
	       DMB_LEN - 100, 300, 100);
	refuse("a longer move across a buffer's end does too", token,
	       DMB_LEN - ISM_PAGE - 3, 3 * ISM_PAGE, ISM_PAGE + 3);

	ret = ism_move(&sender, token, 0, NULL, 100);
	ism_claim(ret == -1 && errno == EFAULT && same(0, 0, DMB_LEN),
		  "a bad pointer is an error, and nothing is moved", "%zd", ret);
}

static void check_unregister(void)
{
	unsigned int nr;
	int ret = 0;
	ssize_t moved;

	for (nr = 0; nr < DMBS && !ret; nr++)
		ret = ism_dmb_unregister(&receiver, &dmbs[nr]);
	ism_claim(!ret, "buffers can be unregistered", "%d", ret);

	moved = ism_move(&sender, dmbs[0].token, 0, payload, 8);
	ism_claim(moved == -1 && errno == EIO && same(0, 0, DMB_LEN),
		  "a move to a buffer that is not registered any more is an error", "%zd", moved);
}

/* ---- signals and events ---- */

static bool signalled_as(unsigned int nr, unsigned int index)
{
	const struct ism_sba *sba = receiver.sba.mem;

	return sba->summary[0] & ISM_SBA_SUMMARY && ism_bit(&receiver, dmbs[nr].bit) &&
	       ism_mask(&receiver, dmbs[nr].bit) == 0x1000 >> index;
}

static void signal_move(struct group *group, unsigned int nr, unsigned int index)
{
	uint32_t off = ism_random(DMB_LEN - 16);
	uint64_t where = ism_move_offset(dmbs[nr].token, index, true, off);

	/* A move across a page would be split, and each part would signal. */
	off = off % ISM_PAGE > ISM_PAGE - 16 ? off - 16 : off;
	where = ism_move_offset(dmbs[nr].token, index, true, off);

	fill(payload, 11);
	memcpy(shadows[nr] + off, payload, 11);
	group->done++;
	if (ism_write(&sender, ISM_BAR_MOVE, where, payload, 11) != 11)
		fail(group, "not all bytes were written", nr, off, 11);
	else if (ism_wait(receiver.interrupt, 2000) != 1)
		fail(group, "no interrupt, or more than one", nr, off, 11);
	else if (!signalled_as(nr, index))
		fail(group, "the signal bits are not those of the buffer", nr, off, 11);
	else if (!same(nr, off, off + 11))
		fail(group, "the interrupt came before the bytes", nr, off, 11);
	ism_clear_signals(&receiver);
}

static void check_signals(void)
{
	const struct ism_sba *sba = receiver.sba.mem;
	struct group group;
	unsigned int index, nr;

	ism_claim(!ism_wait(receiver.interrupt, 0) && !sba->summary[0],
		  "moves without the signal flag signal nothing", "summary %02x", sba->summary[0]);

	begin(&group, "a move with the flag raises one interrupt, with its buffer's bit and mask");
	for (index = 0; index < 13; index++)
		for (nr = 0; nr < DMBS; nr++)
			signal_move(&group, nr, index);
	end(&group);
}

static void check_events(void)
{
	const struct ism_ieq *ieq = receiver.ieq.mem;
	const struct ism_sba *sba = receiver.sba.mem;
	unsigned int i, wrong = 0;

	ism_clear_signals(&receiver);
	/* More events than entries. */
	for (i = 0; i < 2 * ISM_EVENTS; i++) {
		uint64_t before = be64toh(ieq->idx) % ISM_EVENTS;
		uint64_t info = (uint64_t)ism_random(0) << 32 | i;

		wrong += ism_event(&sender, receiver.gid, 0x1234 + i, info) != 0 ||
			 ism_wait(receiver.interrupt, 2000) != 1 ||
			 !(sba->summary[0] & ISM_SBA_EVENT) ||
			 be32toh(ieq->entry[before].type) != ISM_EVENT_SOFTWARE ||
			 be32toh(ieq->entry[before].code) != 0x1234 + i ||
			 be64toh(ieq->entry[before].token) != sender.gid ||
			 be64toh(ieq->entry[before].info) != info;
		ism_clear_signals(&receiver);
	}
	ism_claim(!wrong, "events arrive in the queue, each with an interrupt", "%u, %u wrong", i,
		  wrong);
}

/* ---- commands and reads ---- */

static void check_commands(void)
{
	struct ism_message info = { .code = ISM_QUERY_INFO };
	struct ism_message rgid = { .code = ISM_QUERY_RGID, .words = { htobe64(receiver.gid) } };
	struct ism_message none = { .code = ISM_QUERY_RGID, .words = { htobe64(0x77) } };
	int ret;

	ret = ism_command(&receiver, &info, ISM_HEADER);
	ism_claim(!ret && be64toh(info.info.gid) == receiver.gid &&
		  be64toh(info.info.sba) == receiver.sba.iova &&
		  be64toh(info.info.ieq) == receiver.ieq.iova && be32toh(info.info.owned) == DMBS,
		  "the function reports what was registered", "%d, %u buffers", ret,
		  be32toh(info.info.owned));
	ret = ism_command(&sender, &rgid, ISM_HEADER + 16);
	ism_claim(!ret, "the other function can be reached", "%d", ret);
	ret = ism_command(&sender, &none, ISM_HEADER + 16);
	ism_claim(ret > 0, "an unknown function cannot be reached", "%d", ret);
	ret = ism_command_word(&sender, ISM_ADD_VLAN_ID, 100, NULL);
	if (!ret)
		ret = ism_command_word(&sender, ISM_DEL_VLAN_ID, 100, NULL);
	ism_claim(!ret, "a VLAN can be joined and left", "%d", ret);
	ret = ism_command_simple(&sender, 0x77);
	ism_claim(ret > 0, "an unknown command is answered as such", "%d", ret);
}

/* The answer to a command can be read again. */
static void check_reads(void)
{
	uint8_t all[64], some[64];
	unsigned int off, count, done = 0, wrong = 0;

	if (ism_command_simple(&sender, ISM_QUERY_INFO))
		guest_die("the function does not answer a query");
	for (off = 0; off < sizeof(all); off += 8)
		wrong += ism_read(&sender, ISM_BAR_COMMAND, off, all + off, 8) != 8;
	for (off = 0; off < 32; off++)
		for (count = 1; count <= 32; count += count < 9 ? 1 : 5) {
			memset(some, 0, sizeof(some));
			done++;
			wrong += ism_read(&sender, ISM_BAR_COMMAND, off, some, count) !=
					 (ssize_t)count ||
				 memcmp(some, all + off, count);
		}
	ism_claim(!wrong, "reads of 1 to 8 bytes and more give the bytes of the BAR, at any offset",
		  "%u reads, %u wrong", done, wrong);
}

/* ---- */

static void set_up(const char *sender_bdf, const char *receiver_bdf)
{
	static const unsigned int tokens[DMBS] = { 0x7, 0x100, 0x8001, 0xffff };
	unsigned int nr, above = 0;
	int ret = 0;

	ism_open(&sender, "sender", sender_bdf);
	ism_open(&receiver, "receiver", receiver_bdf);
	guest_log("region move size 0x%llx at 0x%llx\n", sender.move.size, sender.move.pos);
	guest_log("region signal at 0x%llx\n", sender.command.pos);
	ism_start(&sender);
	ism_start(&receiver);

	for (nr = 0; nr < DMBS; nr++) {
		ism_map(&receiver, &dmbs[nr].dma, DMB_LEN);
		ret = ism_command_word(&receiver, ISM_LAB_TOKEN, tokens[nr], NULL);
		if (!ret)
			ret = ism_dmb_register(&receiver, &dmbs[nr], ISM_FIRST_BIT + 7 * nr,
					       sender.gid);
		if (ret)
			guest_die("no buffer: %d", ret);
		above += dmbs[nr].token >= TIB;
	}
	ism_claim(above == DMBS - 1 && dmbs[DMBS - 1].token == 0xffffULL << 32,
		  "tokens are below 1 TiB, above it, and as high as can be", "%u above", above);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		guest_die("usage: ism-moves SENDER RECEIVER");

	guest_open();
	set_up(argv[1], argv[2]);
	check_commands();
	check_reads();
	move_lengths();
	move_offsets();
	move_across();
	move_long();
	check_refusals();
	check_signals();
	check_events();
	check_unregister();
	ism_stop(&sender);
	ism_stop(&receiver);
	guest_log("done\n");

	return 0;
}
