// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-bar bench: times requests of 1 byte to 4 KiB, with the stock path and the
 * livepatch in turn if the livepatch can be switched.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "commands.h"
#include "complain.h"
#include "hazard.h"
#include "machine.h"
#include "macros.h"
#include "plot.h"
#include "request.h"
#include "status.h"
#include "stop.h"
#include "switch.h"

#define BLOCK_MAX	4096

/* The paths take turns, so that other load on the machine hits both. */
#define ROUNDS		5

/* With a slow device, a size gets fewer samples instead of more time. */
#define SIZE_SECONDS	1

#define SERIES_MAX	4	/* two paths, two directions */

static const unsigned int sizes[] = { 1, 2, 4, 8, 64, 128, 256, 512, 1024, 2048, 4096 };

/**
 * struct series - measurements of one path and direction
 * @path: name of the path
 * @on: the livepatch must be on
 * @is_write: the direction
 * @figures: results by size
 * @samples: times in nanoseconds, room for bench.room of each size
 */
struct series {
	const char *path;
	bool on;
	bool is_write;
	struct figures figures[ARRAY_SIZE(sizes)];
	unsigned long long *samples;
};

/**
 * struct bench - state of the command
 * @dev: the device
 * @opts: the command line
 * @target: where the requests go
 * @id: vendor and device ID
 * @machine: where the times come from
 * @switcher: the livepatch
 * @nr_sizes: how many of the sizes are measured
 * @series: measurements that take turns
 * @nr_series: how many there are
 * @room: room for samples of each size
 * @buf: buffer of the requests; writes write what was read at first
 */
struct bench {
	struct device *dev;
	const struct options *opts;
	struct request_target target;
	char id[16];
	struct machine machine;
	struct switcher switcher;
	unsigned int nr_sizes;
	struct series series[SERIES_MAX];
	unsigned int nr_series;
	unsigned int room;
	unsigned char buf[BLOCK_MAX];
};

static const char *direction(const struct series *series)
{
	return series->is_write ? "write" : "read";
}

/* ---- measuring ---- */

static int make_request(struct bench *bench, bool is_write, unsigned int bytes,
			unsigned long long *ns)
{
	unsigned long long start = machine_clock();
	int ret = request_once(bench->dev, bench->opts, &bench->target, is_write, bench->buf,
			       bytes);

	*ns = machine_clock() - start;
	*ns -= *ns < bench->machine.clock_ns ? *ns : bench->machine.clock_ns;
	return ret;
}

/* Takes @want samples, after a request that warms up. */
static int measure_size(struct bench *bench, struct series *series, unsigned int size,
			unsigned int want)
{
	struct figures *figures = &series->figures[size];
	unsigned long long *samples = series->samples + (size_t)size * bench->room;
	unsigned long long end = machine_clock() + SIZE_SECONDS * 1000000000ULL, ns;

	figures->bytes = sizes[size];
	if (make_request(bench, series->is_write, sizes[size], &ns))
		return -1;
	while (want--) {
		if (make_request(bench, series->is_write, sizes[size], &ns))
			return -1;
		samples[figures->count++] = ns;
		if (stop_asked() || machine_clock() > end)
			break;
	}
	return 0;
}

static void progress(const struct bench *bench, unsigned int round, const struct series *series)
{
	if (bench->opts->quiet)
		return;
	fprintf(stderr, "round %u of %u: %s, %s%s", round + 1, ROUNDS, series->path,
		direction(series), isatty(2) ? "        \r" : "\n");
}

static int measure_round(struct bench *bench, unsigned int round)
{
	/* The remainder goes to the first rounds. */
	unsigned int want = bench->room / ROUNDS + (round < bench->room % ROUNDS);
	unsigned int i, size;

	for (i = 0; i < bench->nr_series; i++) {
		struct series *series = &bench->series[i];

		progress(bench, round, series);
		if (bench->switcher.can && switch_to(&bench->switcher, series->on))
			return -1;
		for (size = 0; size < bench->nr_sizes; size++) {
			if (measure_size(bench, series, size, want))
				return -1;
			if (stop_asked())
				return complain("stopped by a signal: no results");
		}
	}
	return 0;
}

static int measure(struct bench *bench)
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		if (measure_round(bench, round))
			return -1;
	}
	if (!bench->opts->quiet && isatty(2))
		fprintf(stderr, "%*s\r", 60, "");
	return 0;
}

static void sum_up(struct bench *bench)
{
	unsigned int i, size;

	for (i = 0; i < bench->nr_series; i++) {
		for (size = 0; size < bench->nr_sizes; size++) {
			struct figures *figures = &bench->series[i].figures[size];
			unsigned long long *samples = bench->series[i].samples +
						      (size_t)size * bench->room;

			sort_times(samples, figures->count);
			figures->median = samples[figures->count / 2];
			figures->p5 = samples[figures->count * 5 / 100];
			figures->p95 = samples[figures->count * 95 / 100];
		}
	}
}

/* ---- what is measured ---- */

static int add_series(struct bench *bench, const char *path, bool on, bool is_write)
{
	struct series *series = &bench->series[bench->nr_series];

	series->path = path;
	series->on = on;
	series->is_write = is_write;
	series->samples = calloc((size_t)ARRAY_SIZE(sizes) * bench->room,
				 sizeof(series->samples[0]));
	if (!series->samples)
		return complain("no memory for %u samples: use a smaller --samples", bench->room);
	bench->nr_series++;
	return 0;
}

static int add_directions(struct bench *bench, const char *path, bool on)
{
	if (add_series(bench, path, on, false))
		return -1;
	return bench->opts->write ? add_series(bench, path, on, true) : 0;
}

static int plan(struct bench *bench)
{
	struct status *status;
	int ret;

	switch_find(&bench->switcher, bench->opts);
	if (bench->switcher.can) {
		if (add_directions(bench, path_name(PATH_STOCK), false))
			return -1;
		return add_directions(bench, path_name(PATH_LIVEPATCH), true);
	}

	status = malloc(sizeof(*status));
	if (!status)
		return complain("no memory for %zu bytes", sizeof(*status));
	status_find(status);
	if (status->livepatch.transition)
		ret = complain("the livepatch is in transition: run bench when it has ended");
	else
		ret = add_directions(bench, path_name(status->path), false);
	free(status);
	return ret;
}

/* Finds the sizes that end inside the BAR and before a hazard. */
static int find_sizes(struct bench *bench)
{
	unsigned long long left = bench->target.size - bench->opts->offset;
	const char *what;

	for (; bench->nr_sizes < ARRAY_SIZE(sizes); bench->nr_sizes++) {
		unsigned int size = sizes[bench->nr_sizes];
		int hazard = hazard_at(bench->dev, bench->opts, size, &what);

		if (hazard < 0)
			return -1;
		if (hazard || size > left)
			break;
	}
	return 0;
}

static int find_id(struct bench *bench)
{
	unsigned int vendor, device;

	if (device_config_read(bench->dev, PCI_VENDOR_ID, 2, &vendor) ||
	    device_config_read(bench->dev, PCI_DEVICE_ID, 2, &device))
		return -1;
	snprintf(bench->id, sizeof(bench->id), "%04x:%04x", vendor, device);
	return 0;
}

/* Leaves no empty file behind: the results may never come. */
static int check_writable(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd >= 0)
		unlink(path);
	else if (errno == EEXIST)
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return complain("cannot open %s: %s", path, strerror(errno));
	close(fd);
	return 0;
}

static bool is_stdout(const char *file)
{
	return file && !strcmp(file, "-");
}

/* Open the output files first, so that an unwritable one does not waste a measurement. */
static int check_outputs(const struct options *opts)
{
	const char *const files[] = { opts->csv, opts->plot };
	size_t i;

	if (opts->plot && !plot_possible())
		return complain("--plot needs gnuplot: install it (Debian: gnuplot-nox)");
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (files[i] && !is_stdout(files[i]) && check_writable(files[i]))
			return -1;
	}
	return 0;
}

/* ---- figures ---- */

static void print_head(const struct bench *bench, FILE *out)
{
	const struct machine *machine = &bench->machine;
	struct utsname uts;

	uname(&uts);
	fprintf(out, "%s (%s), %s at 0x%llx, kernel %s %s\n", bench->dev->func.bdf, bench->id,
		region_name(bench->opts->index), bench->opts->offset, uts.release, uts.machine);
	fprintf(out, "CPU %d, %s (%llu ns a reading, subtracted), up to %u samples of each size\n",
		machine->cpu, machine->clock, machine->clock_ns, bench->room);
	if (machine->virtual_by[0])
		fprintf(out, "virtual machine (%s): these are not the times of real hardware\n",
			machine->virtual_by);
	if (bench->switcher.can)
		fprintf(out, "stock and livepatch in turn, %d rounds\n", ROUNDS);
	else
		fprintf(out, "only the %s path; the livepatch is not switched: %s\n",
			bench->series[0].path, bench->switcher.why_not);
}

static void print_table(const struct bench *bench, FILE *out)
{
	unsigned int i, size;

	fprintf(out, "\n%7s", "ns");
	for (i = 0; i < bench->nr_series; i++)
		fprintf(out, "  |  %*s %5s", 20, bench->series[i].path,
			direction(&bench->series[i]));
	fprintf(out, "\n%7s", "bytes");
	for (i = 0; i < bench->nr_series; i++)
		fprintf(out, "  |%9s%9s%9s", "median", "5 %", "95 %");
	fputc('\n', out);
	for (size = 0; size < bench->nr_sizes; size++) {
		fprintf(out, "%7u", sizes[size]);
		for (i = 0; i < bench->nr_series; i++) {
			const struct figures *figures = &bench->series[i].figures[size];

			fprintf(out, "  |%9llu%9llu%9llu", figures->median, figures->p5,
				figures->p95);
		}
		fputc('\n', out);
	}
}

static void print_csv(const struct bench *bench, FILE *file)
{
	struct utsname uts;
	unsigned int i, size;

	uname(&uts);
	fprintf(file, "kernel,machine,virtual,device,id,bar,offset,path,direction,bytes,samples,");
	fprintf(file, "median_ns,p5_ns,p95_ns,clock,clock_ns,cpu\n");
	for (i = 0; i < bench->nr_series; i++) {
		const struct series *series = &bench->series[i];

		for (size = 0; size < bench->nr_sizes; size++) {
			const struct figures *figures = &series->figures[size];

			fprintf(file, "%s,%s,%s,%s,%s,%s,0x%llx,", uts.release, uts.machine,
				bench->machine.virtual_by[0] ? "yes" : "no", bench->dev->func.bdf,
				bench->id, region_name(bench->opts->index), bench->opts->offset);
			fprintf(file, "%s,%s,%u,%u,%llu,%llu,%llu,%s,%llu,%d\n", series->path,
				direction(series), figures->bytes, figures->count, figures->median,
				figures->p5, figures->p95, bench->machine.clock,
				bench->machine.clock_ns, bench->machine.cpu);
		}
	}
}

static int write_csv(const struct bench *bench, const char *path)
{
	FILE *file = fopen(path, "we");
	bool failed;

	if (!file)
		return complain("cannot open %s: %s", path, strerror(errno));
	print_csv(bench, file);
	failed = ferror(file);
	if (fclose(file) || failed)
		return complain("cannot write %s: %s", path, strerror(errno));
	return 0;
}

static int draw(const struct bench *bench, const char *file)
{
	struct curve curves[SERIES_MAX];
	char title[128];
	unsigned int i;

	for (i = 0; i < bench->nr_series; i++) {
		const struct series *series = &bench->series[i];

		curves[i] = (struct curve) {
			.path = series->path,
			.direction = direction(series),
			.figures = series->figures,
			.count = bench->nr_sizes,
		};
	}
	snprintf(title, sizeof(title), "%s (%s), %s at 0x%llx%s", bench->dev->func.bdf, bench->id,
		 region_name(bench->opts->index), bench->opts->offset,
		 bench->machine.virtual_by[0] ? ", virtual machine" : "");
	return plot_curves(file, title, curves, bench->nr_series);
}

static int print_all(const struct bench *bench)
{
	const struct options *opts = bench->opts;
	FILE *text = is_stdout(opts->csv) ? stderr : stdout;
	int ret = 0;

	print_head(bench, text);
	print_table(bench, text);
	if (is_stdout(opts->csv))
		print_csv(bench, stdout);
	else if (opts->csv && write_csv(bench, opts->csv))
		ret = -1;
	if (opts->plot && draw(bench, opts->plot))
		ret = -1;
	/* A terminal gets a plot by default; nobody asked for it, so it may fail. */
	if (!opts->plot && text == stdout && isatty(1) && plot_possible())
		draw(bench, "-");
	return ret;
}

static int prepare(struct bench *bench)
{
	const struct options *opts = bench->opts;
	unsigned long long ns;

	if (request_locate(bench->dev, opts, false, &bench->target) ||
	    (opts->write && request_locate(bench->dev, opts, true, &bench->target)) ||
	    hazard_refuse(bench->dev, opts, 1) || check_outputs(opts) || find_sizes(bench) ||
	    find_id(bench) || machine_find(&bench->machine, bench->dev->func.bdf, opts->cpu) ||
	    plan(bench))
		return -1;

	/* Writes write back what is there. */
	return make_request(bench, false, sizes[bench->nr_sizes - 1], &ns);
}

int do_bench(struct device *dev, const struct options *opts)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	unsigned int i;
	int ret;

	if (!bench)
		return complain("no memory for %zu bytes", sizeof(*bench));
	bench->dev = dev;
	bench->opts = opts;
	bench->room = opts->samples;

	stop_catch();
	ret = prepare(bench) || measure(bench);
	if (switch_back(&bench->switcher))
		ret = -1;
	if (!ret) {
		sum_up(bench);
		ret = print_all(bench);
	}
	for (i = 0; i < bench->nr_series; i++)
		free(bench->series[i].samples);
	free(bench);
	return ret ? -1 : 0;
}
