// SPDX-License-Identifier: GPL-2.0-only
/*
 * Markers and results on x86_64 and arm64 use two devices that are not bound to VFIO: an
 * edu device, whose trace carries the markers, and an ivshmem device, whose memory is a
 * file on the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#define GUEST_MARKER_BDF	"0000:00:0a.0"
#define GUEST_LOG_BDF		"0000:00:0b.0"

/* Text is stored unaligned, which faults in a mapping of arm64's Device memory type. */
#ifdef __aarch64__
#define GUEST_LOG_FILE		"resource2_wc"
#else
#define GUEST_LOG_FILE		"resource2"
#endif

/* Markers are written at an offset where the edu device has no register. */
#define MARKER_OFFSET	0x1000

/* The log begins with its length, including this field. */
struct log_area {
	unsigned long long used;
	char text[];
};

static unsigned long long *marker;
static struct log_area *log_area;
static size_t log_size;

static void *map_resource(const char *bdf, const char *name, size_t *size)
{
	struct stat st;
	char path[128];
	void *map;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		guest_die("%s: %s", path, strerror(errno));

	map = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		guest_die("cannot map %s: %s", path, strerror(errno));
	close(fd);
	*size = st.st_size;

	return map;
}

void guest_open(void)
{
	size_t marker_size;
	char *edu;

	edu = map_resource(GUEST_MARKER_BDF, "resource0", &marker_size);
	marker = (unsigned long long *)(edu + MARKER_OFFSET);
	log_area = map_resource(GUEST_LOG_BDF, GUEST_LOG_FILE, &log_size);
	if (!log_area->used)
		log_area->used = sizeof(*log_area);
}

void guest_mark(unsigned int kind, unsigned int id)
{
	/* One plain store. */
	__atomic_store_n(marker, (unsigned long long)kind << 32 | id, __ATOMIC_RELAXED);
}

void guest_log(const char *fmt, ...)
{
	unsigned long long used = log_area->used;
	size_t room = log_size - used;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf((char *)log_area + used, room, fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= room)
		guest_die("the log is full");
	log_area->used = used + len;
}

#ifdef __aarch64__
/* The virtual counter follows QEMU's clock: one ns per instruction. */
unsigned long long guest_instructions(void)
{
	unsigned long long count, hertz;

	asm volatile("isb; mrs %0, cntvct_el0; mrs %1, cntfrq_el0"
		     : "=r" (count), "=r" (hertz) : : "memory");

	return count * (1000000000 / hertz);
}
#else
/* The TSC has the frequency of QEMU's clock: one tick per instruction. */
unsigned long long guest_instructions(void)
{
	unsigned int low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");

	return (unsigned long long)high << 32 | low;
}
#endif
