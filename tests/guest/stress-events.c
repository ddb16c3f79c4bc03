// SPDX-License-Identifier: GPL-2.0-only
/* The threads of bar-stress that cause events while others make requests. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress.h"

/* As in tests/lib/Stress.pm: set in the marker numbers of periods with decode off. */
#define MARK_DARK	0x1000000

/*
 * No access may reach the device between the write to its command register that turns
 * decode off and the next one; the host checks what is between the markers.
 */
void stress_decode(struct stress_thread *thread)
{
	struct device *dev = &stress_devices[thread->device].dev;
	unsigned int mark = MARK_DARK + thread->device;

	for (; stress_going(thread); thread->done++) {
		stress_zap_begin();
		guest_set_command(dev, 0, PCI_COMMAND_MEMORY);
		stress_zap_end();
		guest_mark(GUEST_MARK_BEGIN, mark);
		stress_rest(thread, 4000);
		guest_mark(GUEST_MARK_END, mark);
		guest_set_command(dev, PCI_COMMAND_MEMORY, 0);
		stress_rest(thread, 40000);
	}
}

void stress_reset(struct stress_thread *thread)
{
	struct device *dev = &stress_devices[thread->device].dev;

	for (; stress_going(thread); thread->done++) {
		int ret;

		stress_zap_begin();
		ret = ioctl(dev->fd, VFIO_DEVICE_RESET);
		stress_zap_end();
		/* EAGAIN: the function's lock is held. */
		if (ret) {
			if (errno != EAGAIN)
				stress_die(thread, "VFIO_DEVICE_RESET: %s", strerror(errno));
			thread->failed++;
		}
		stress_rest(thread, 300000);
	}
}

/* The ioctl only tries to take the devices' locks, so it fails while a request holds one. */
void stress_hot_reset(struct stress_thread *thread)
{
	struct device *dev = &stress_devices[thread->device].dev;
	struct {
		struct vfio_pci_hot_reset head;
		int group;
	} arg = {
		.head = { .argsz = sizeof(arg), .count = 1 },
		.group = dev->group,
	};

	while (stress_going(thread)) {
		int ret;

		stress_zap_begin();
		ret = ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &arg);
		stress_zap_end();
		if (!ret) {
			thread->done++;
			stress_rest(thread, 500000);
			continue;
		}
		if (errno != EBUSY && errno != EAGAIN)
			stress_die(thread, "VFIO_DEVICE_PCI_HOT_RESET: %s", strerror(errno));
		thread->failed++;
		stress_rest(thread, 5000);
	}
}

/* ---- interrupts ---- */

struct irq_set {
	struct vfio_irq_set head;
	int fds[STRESS_VECTORS];
};

/* @nr of 0 disables them. */
static void set_interrupts(struct stress_thread *thread, const struct stress_irqs *irqs,
			   unsigned int nr)
{
	struct irq_set set = {
		.head = {
			.argsz = sizeof(set.head) + nr * sizeof(set.fds[0]),
			.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
				 (nr ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE),
			.index = irqs->index,
			.count = nr,
		},
	};
	unsigned int i;

	for (i = 0; i < nr; i++)
		set.fds[i] = eventfd(0, EFD_CLOEXEC);
	if (ioctl(stress_devices[irqs->device].dev.fd, VFIO_DEVICE_SET_IRQS, &set))
		stress_die(thread, "%u interrupts of kind %u of %s: %s", nr, irqs->index,
			   stress_devices[irqs->device].name, strerror(errno));
	for (i = 0; i < nr; i++)
		close(set.fds[i]);
}

void stress_interrupts(struct stress_thread *thread)
{
	for (; stress_going(thread); thread->done++) {
		unsigned int i = stress_below(thread, ARRAY_SIZE(stress_machine.irqs));
		const struct stress_irqs *irqs = &stress_machine.irqs[i];

		set_interrupts(thread, irqs, irqs->nr);
		stress_rest(thread, 5000);
		set_interrupts(thread, irqs, 0);
		stress_rest(thread, 20000);
	}
}

/* ---- ioeventfds ---- */

#define EVENT_POS	0x300008

static void set_ioeventfd(struct stress_thread *thread, unsigned int value, int fd)
{
	const struct stress_device *device = &stress_devices[thread->device];
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = device->region.pos + EVENT_POS,
		.data = value,
		.fd = fd,
	};

	if (ioctl(device->dev.fd, VFIO_DEVICE_IOEVENTFD, &arg))
		stress_die(thread, "an ioeventfd %s: %s", fd < 0 ? "to clear" : "to set",
			   strerror(errno));
}

/* The kernel defers the write to a thread if it cannot do it at once. */
static void wait_for_value(struct stress_thread *thread, unsigned int value)
{
	const struct stress_device *device = &stress_devices[thread->device];
	unsigned int is = 0, tries;

	for (tries = 0; tries < 20000 && is != value; tries++) {
		if (pread(device->dev.fd, &is, 4, device->region.pos + EVENT_POS) != 4)
			stress_die(thread, "a read failed: %s", strerror(errno));
		guest_sleep_us(500);
	}
	if (is != value)
		stress_die(thread, "the write of an ioeventfd did not arrive");
}

void stress_ioeventfd(struct stress_thread *thread)
{
	const unsigned long long one = 1;

	for (; stress_going(thread); thread->done++) {
		unsigned int value = thread->done + 1;
		int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

		set_ioeventfd(thread, value, fd);
		if (write(fd, &one, sizeof(one)) != sizeof(one))
			stress_die(thread, "cannot signal: %s", strerror(errno));
		if (stress_below(thread, 8))
			wait_for_value(thread, value);
		set_ioeventfd(thread, value, -1);
		close(fd);
		stress_rest(thread, 10000);
	}
}

/* ---- bar_max_width, and the livepatch ---- */

static const char *cap_file;
static bool with_patch;

void stress_modes_setup(const char *file, bool patch)
{
	cap_file = file;
	with_patch = patch;
}

/*
 * The livepatch looks the limit up for each request. With replacement modules, a device
 * latches it when it is opened, so only the visited function, opened anew, gets one.
 */
static void change_cap(struct stress_thread *thread)
{
	static const char *const caps[] = {
		"0", "8", "64", "4096", "8,ffff:ffff:1", "4", "2", "1", "ffff:ffff:8,4",
	};
	unsigned int i = stress_below(thread, ARRAY_SIZE(caps));
	bool latched = !with_patch;

	stress_mode_change((struct stress_mode) { .ours = true, .wide = latched });
	guest_write_file(cap_file, caps[i]);
	stress_mode_change((struct stress_mode) { .ours = true, .wide = latched || i < 5 });
	stress_rest(thread, 30000);
}

/* Requests that do not hold the mode run during the switch. */
static void switch_patch(struct stress_thread *thread)
{
	stress_mode_change((struct stress_mode) { 0 });
	guest_write_file(GUEST_PATCH "/enabled", "0");
	guest_patch_unload();
	stress_rest(thread, 50000);
	guest_patch_load();
	guest_patch_settle();
	stress_mode_change((struct stress_mode) { .ours = true, .wide = true });
}

void stress_modes(struct stress_thread *thread)
{
	for (; stress_going(thread); thread->done++) {
		if (with_patch && !stress_below(thread, 4)) {
			switch_patch(thread);
			thread->last++;
		} else {
			change_cap(thread);
		}
	}
	guest_write_file(cap_file, "0");
}

/* ---- processes that start and exit while others are in a request ---- */

static noreturn void child_of_thread(const struct stress_device *device)
{
	unsigned char bytes[256];

	if (pread(device->dev.fd, bytes, sizeof(bytes), device->region.pos) < 0)
		_exit(1);
	_exit(0);
}

void stress_forks(struct stress_thread *thread)
{
	const struct stress_device *device = &stress_devices[thread->device];

	for (; stress_going(thread); thread->done++) {
		pid_t child = fork();
		int status;

		if (child < 0)
			stress_die(thread, "fork: %s", strerror(errno));
		if (!child)
			child_of_thread(device);
		if (!stress_below(thread, 4))
			kill(child, SIGKILL);
		waitpid(child, &status, 0);
		stress_rest(thread, 30000);
	}
}

/* ---- a function that is opened, reset, closed, unbound and bound again ---- */

#define DRIVER		"/sys/bus/pci/drivers/vfio-pci/"
/* All of the ROM, if the region is one. */
#define VISITED_SIZE	2048

static unsigned char visited[VISITED_SIZE];

static void *read_visited(void *arg)
{
	const struct guest_bar *bar = ((void **)arg)[1];
	const struct device *dev = ((void **)arg)[0];
	unsigned char bytes[VISITED_SIZE];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		ssize_t ret = pread(dev->fd, bytes, VISITED_SIZE, bar->pos);

		if (ret != VISITED_SIZE)
			guest_die("reading the visited region: %zd (%s)", ret, strerror(errno));
		if (memcmp(bytes, visited, VISITED_SIZE))
			guest_die("the visited region reads differently");
	}

	return NULL;
}

/* Stock may return 0xff to one of two concurrent readers of a ROM. */
static void read_visited_twice(struct stress_thread *thread, struct device *dev,
			       struct guest_bar *bar)
{
	struct stress_mode mode = stress_mode_hold(thread);
	void *arg[] = { dev, bar };
	pthread_t other;

	if (mode.ours) {
		if (pthread_create(&other, NULL, read_visited, arg))
			stress_die(thread, "no thread");
		read_visited(arg);
		pthread_join(other, NULL);
	}
	stress_mode_release();
}

/* Learns the content of the visited region, which must not change later. */
static void know_visited(struct stress_thread *thread, struct device *dev, struct guest_bar *bar)
{
	unsigned int i;

	/* 2 bytes at a time, which are never a store block. */
	for (i = 0; stress_machine.visited_memory && i < VISITED_SIZE; i += 2) {
		const unsigned char bytes[2] = { i * 7 + 3, i * 11 + 1 };

		if (pwrite(dev->fd, bytes, 2, bar->pos + i) != 2)
			stress_die(thread, "writing the visited region: %s", strerror(errno));
	}
	if (pread(dev->fd, visited, VISITED_SIZE, bar->pos) != VISITED_SIZE)
		stress_die(thread, "reading the visited region: %s", strerror(errno));
}

static void visit(struct stress_thread *thread, struct device *dev)
{
	struct guest_bar bar;

	if (guest_bar_open(dev, stress_machine.visited_region, &bar))
		stress_die(thread, "there is no such region");
	if (!visited[0])
		know_visited(thread, dev, &bar);
	read_visited_twice(thread, dev, &bar);
	/* Not every emulated function has a reset. */
	ioctl(dev->fd, VFIO_DEVICE_RESET);
	read_visited_twice(thread, dev, &bar);
}

/* Retry, as children of other threads may hold the group for a moment. */
static void open_visited(struct stress_thread *thread, struct device *dev)
{
	unsigned int tries;

	for (tries = 0; tries < 6000; tries++) {
		if (!device_open(dev, stress_machine.visited, true))
			return;
		guest_sleep_us(5000);
	}
	stress_die(thread, "%s cannot be reopened", stress_machine.visited);
}

/* Returns when the device is closed. */
static void *unbind(void *arg)
{
	(void)arg;
	guest_write_file(DRIVER "unbind", stress_machine.visited);

	return NULL;
}

void stress_sessions(struct stress_thread *thread)
{
	for (; stress_going(thread); thread->done++) {
		bool unbinds = !stress_below(thread, 2);
		struct device dev;
		pthread_t id;

		open_visited(thread, &dev);
		if (unbinds && pthread_create(&id, NULL, unbind, NULL))
			stress_die(thread, "no thread");
		visit(thread, &dev);
		device_close(&dev);
		if (unbinds) {
			pthread_join(id, NULL);
			guest_write_file("/sys/bus/pci/drivers_probe", stress_machine.visited);
			thread->last++;
		}
		stress_rest(thread, 20000);
	}
}
