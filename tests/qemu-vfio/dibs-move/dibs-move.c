// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of the kernel's DIBS that moves payloads between two ISM functions and compares
 * each byte that arrives, and those around it:
 *
 *   echo FROM TO FIRST LAST [ROUNDS] >/sys/module/dibs_move/parameters/start
 *   echo 1 >/sys/module/dibs_move/parameters/wait
 *   cat /sys/module/dibs_move/parameters/result
 *
 * FROM and TO are the functions' names in DIBS, "ism" and the UID. A payload of each length
 * from FIRST to LAST goes from an odd address to an odd offset in a page of the buffer, if
 * it fits; every 64th carries a signal. The result, which can be read at any time, is
 *
 *   MOVED WRONG FAILED SIGNALS
 *
 * the payloads that arrived, that arrived with wrong bytes, and that failed in move_data(),
 * and the number of the receiver's interrupts. Removing a function stops the payloads.
 */
#include <linux/delay.h>
#include <linux/dibs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#define MAX_DEVS	4
#define DMB_LEN		(4 * PAGE_SIZE)
#define FILL		0xee

/* Protects the variables below: DIBS may remove a device at any time. */
static DEFINE_MUTEX(lock);
static struct dibs_dev *devs[MAX_DEVS];
static unsigned int nr_devs;
/* The devices of the current run; NULL without a run, or after removal. */
static struct dibs_dev *from, *to;
static struct dibs_dmb dmb;

static unsigned int first, last, rounds;
static unsigned int moved, wrong, failed;
static atomic_t signals;

static void add_dev(struct dibs_dev *dev)
{
	mutex_lock(&lock);
	if (nr_devs < MAX_DEVS)
		devs[nr_devs++] = dev;
	mutex_unlock(&lock);
}

static void drop_buffer(void)
{
	if (to)
		to->ops->unregister_dmb(to, &dmb);
	to = NULL;
}

static void del_dev(struct dibs_dev *dev)
{
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < nr_devs; i++)
		if (devs[i] == dev)
			devs[i] = devs[--nr_devs];
	if (dev == to)
		drop_buffer();
	if (dev == from)
		from = NULL;
	mutex_unlock(&lock);
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

/* Odd, and inside one page. tests/long/66-qemu-nested.t computes it too. */
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

static bool move_one(u8 *data, unsigned int len)
{
	unsigned int i, off = offset_of(len);

	if (!from || !to)
		return false;
	for (i = 0; i < len; i++)
		data[i] = byte_of(len, i);
	memset(dmb.cpu_addr, FILL, DMB_LEN);
	if (from->ops->move_data(from, dmb.dmb_tok, 1, !(len % 64), off, data, len))
		failed++;
	else if (arrived(dmb.cpu_addr, data, off, len))
		moved++;
	else
		wrong++;

	return true;
}

static void move_all(struct work_struct *work)
{
	u8 *data = kmalloc(3 * PAGE_SIZE, GFP_KERNEL);
	unsigned int i, len, count = last - first + 1;
	bool more = data;

	for (i = 0; more && i < rounds * count; i++) {
		len = first + i % count;
		mutex_lock(&lock);
		more = move_one(data + (len * 11 % PAGE_SIZE | 1), len);
		mutex_unlock(&lock);
		cond_resched();
	}
	/* The last signal may be pending. */
	msleep(100);
	mutex_lock(&lock);
	drop_buffer();
	from = NULL;
	mutex_unlock(&lock);
	kfree(data);
}

static DECLARE_WORK(work, move_all);

static struct dibs_dev *find_dev(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_devs; i++)
		if (!strcmp(dev_name(&devs[i]->dev), name))
			return devs[i];

	return NULL;
}

static int begin(struct dibs_dev *sender, struct dibs_dev *receiver)
{
	int ret;

	if (!sender || !receiver)
		return -ENODEV;
	dmb = (struct dibs_dmb){ .rgid = sender->gid, .dmb_len = DMB_LEN };
	ret = receiver->ops->register_dmb(receiver, &dmb, &client);
	if (ret)
		return ret < 0 ? ret : -EIO;
	from = sender;
	to = receiver;
	moved = 0;
	wrong = 0;
	failed = 0;
	atomic_set(&signals, 0);
	schedule_work(&work);

	return 0;
}

static int start(const char *text, const struct kernel_param *kp)
{
	char sender[16], receiver[16];
	int ret;

	flush_work(&work);
	rounds = 1;
	if (sscanf(text, "%15s %15s %u %u %u", sender, receiver, &first, &last, &rounds) < 4 ||
	    !first || first > last || last > PAGE_SIZE)
		return -EINVAL;

	mutex_lock(&lock);
	ret = begin(find_dev(sender), find_dev(receiver));
	mutex_unlock(&lock);

	return ret;
}

static int wait(const char *text, const struct kernel_param *kp)
{
	flush_work(&work);

	return 0;
}

static int show(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%u %u %u %d\n", moved, wrong, failed, atomic_read(&signals));
}

static const struct kernel_param_ops start_ops = { .set = start };
static const struct kernel_param_ops wait_ops = { .set = wait };
static const struct kernel_param_ops result_ops = { .get = show };

module_param_cb(start, &start_ops, NULL, 0200);
module_param_cb(wait, &wait_ops, NULL, 0200);
module_param_cb(result, &result_ops, NULL, 0400);

static int __init dibs_move_init(void)
{
	return dibs_register_client(&client);
}
module_init(dibs_move_init);

static void __exit dibs_move_exit(void)
{
	flush_work(&work);
	dibs_unregister_client(&client);
}
module_exit(dibs_move_exit);

MODULE_DESCRIPTION("Moves payloads between ISM functions");
MODULE_LICENSE("GPL");
