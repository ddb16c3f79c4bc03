// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of the kernel's DIBS that moves payloads between two ISM functions and compares
 * each byte that arrives, and those around it:
 *
 *   echo FROM TO FIRST LAST >/sys/module/dibs_move/parameters/run
 *   cat /sys/module/dibs_move/parameters/result
 *
 * FROM and TO are the functions in the order in which DIBS has told of them, from 0. A
 * payload of each length from FIRST to LAST goes to an odd offset in a page of the buffer,
 * if it fits, from an odd one here; every 64th with a signal. The result is
 *
 *   MOVED WRONG FAILED SIGNALS
 *
 * payloads that arrived, that arrived otherwise, that move_data() did not do, and how often
 * the receiver was interrupted.
 */
#include <linux/delay.h>
#include <linux/dibs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#define MAX_DEVS	4
#define DMB_LEN		(4 * PAGE_SIZE)
#define FILL		0xee

static struct dibs_dev *devs[MAX_DEVS];
static unsigned int nr_devs;
static unsigned int moved, wrong, failed;
static atomic_t signals;

static void add_dev(struct dibs_dev *dev)
{
	if (nr_devs < MAX_DEVS)
		devs[nr_devs++] = dev;
}

static void del_dev(struct dibs_dev *dev)
{
	unsigned int i;

	for (i = 0; i < nr_devs; i++)
		if (devs[i] == dev)
			devs[i] = devs[--nr_devs];
}

static void handle_irq(struct dibs_dev *dev, unsigned int idx, u16 dmbemask)
{
	atomic_inc(&signals);
}

static void handle_event(struct dibs_dev *dev, const struct dibs_event *event)
{
}

static const struct dibs_client_ops client_ops = {
	.add_dev = add_dev,
	.del_dev = del_dev,
	.handle_irq = handle_irq,
	.handle_event = handle_event,
};

static struct dibs_client client = {
	.name = "dibs-move",
	.ops = &client_ops,
};

/* Where a payload goes: odd, and not over the end of a page. Tests work this out as well. */
static unsigned int offset_of(unsigned int len)
{
	unsigned int room = PAGE_SIZE - len;

	return (len % 4) * PAGE_SIZE + (room ? (len * 37 % room) | 1 : 0);
}

static u8 byte_of(unsigned int len, unsigned int i)
{
	return len * 13 + i * 7 + (i >> 8) * 3;
}

static bool arrived(const u8 *buf, const u8 *data, unsigned int off, unsigned int len)
{
	return !memcmp(buf + off, data, len) && !memchr_inv(buf, FILL, off) &&
	       !memchr_inv(buf + off + len, FILL, DMB_LEN - off - len);
}

static void move_one(struct dibs_dev *from, struct dibs_dmb *dmb, u8 *data, unsigned int len)
{
	unsigned int i, off = offset_of(len);

	for (i = 0; i < len; i++)
		data[i] = byte_of(len, i);
	memset(dmb->cpu_addr, FILL, DMB_LEN);
	if (from->ops->move_data(from, dmb->dmb_tok, 1, !(len % 64), off, data, len))
		failed++;
	else if (arrived(dmb->cpu_addr, data, off, len))
		moved++;
	else
		wrong++;
}

static int move_all(struct dibs_dev *from, struct dibs_dev *to, unsigned int first,
		    unsigned int last)
{
	struct dibs_dmb dmb = { .rgid = from->gid, .dmb_len = DMB_LEN };
	u8 *data = kmalloc(3 * PAGE_SIZE, GFP_KERNEL);
	unsigned int len;
	int ret;

	if (!data)
		return -ENOMEM;
	ret = to->ops->register_dmb(to, &dmb, &client);
	if (ret) {
		kfree(data);
		return ret < 0 ? ret : -EIO;
	}
	for (len = first; len <= last; len++) {
		move_one(from, &dmb, data + (len * 11 % PAGE_SIZE | 1), len);
		cond_resched();
	}
	/* The last signal may be under way. */
	msleep(100);
	to->ops->unregister_dmb(to, &dmb);
	kfree(data);

	return 0;
}

static int run(const char *text, const struct kernel_param *kp)
{
	unsigned int from, to, first, last;

	if (sscanf(text, "%u %u %u %u", &from, &to, &first, &last) != 4 ||
	    from >= nr_devs || to >= nr_devs || !first || last > PAGE_SIZE)
		return -EINVAL;
	moved = 0;
	wrong = 0;
	failed = 0;
	atomic_set(&signals, 0);

	return move_all(devs[from], devs[to], first, last);
}

static int show(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%u %u %u %d\n", moved, wrong, failed, atomic_read(&signals));
}

static const struct kernel_param_ops run_ops = { .set = run };
static const struct kernel_param_ops result_ops = { .get = show };

module_param_cb(run, &run_ops, NULL, 0200);
module_param_cb(result, &result_ops, NULL, 0400);

static int __init dibs_move_init(void)
{
	return dibs_register_client(&client);
}
module_init(dibs_move_init);

static void __exit dibs_move_exit(void)
{
	dibs_unregister_client(&client);
}
module_exit(dibs_move_exit);

MODULE_DESCRIPTION("Moves payloads between ISM functions");
MODULE_LICENSE("GPL");
