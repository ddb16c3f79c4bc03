// SPDX-License-Identifier: GPL-2.0-only
/* vfio-bar: the command line. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "vfio-bar.h"

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/**
 * struct options - the command line
 * @bdf: the function
 * @index: region index of the BAR
 * @offset: where the request starts in the BAR
 * @count: how many bytes the request has
 * @repeat: how often the request is made
 * @payload: bytes to write
 * @file: take the payload from there
 * @data: the payload was given by --data
 * @raw: print the bytes that were read as they are
 * @quiet: don't print them
 * @keep_decode: leave memory and I/O decoding as they are
 */
struct options {
	char bdf[BDF_LEN];
	unsigned int index;
	unsigned long long offset;
	size_t count;
	unsigned long long repeat;
	unsigned char *payload;
	const char *file;
	const char *data;
	bool raw;
	bool quiet;
	bool keep_decode;
};

static const char help[] =
"Usage: vfio-bar info  BDF\n"
"       vfio-bar read  BDF BAR OFFSET COUNT\n"
"       vfio-bar write BDF BAR OFFSET VALUE:WIDTH\n"
"       vfio-bar write BDF BAR OFFSET --data HEX\n"
"       vfio-bar write BDF BAR OFFSET --file FILE\n"
"\n"
"Reads and writes the BARs of a PCI function that is bound to vfio-pci. One\n"
"request is one system call: COUNT bytes are one pread, a payload is one pwrite,\n"
"never split and never continued by this program.\n"
"\n"
"  info   list the function's BARs: size, kind, flags, region offset, holes, widths\n"
"  read   read COUNT bytes, print them in hex; 1, 2, 4 and 8 also as a number\n"
"  write  write a number of WIDTH bytes (1, 2, 4, 8; little endian) or a payload\n"
"\n"
"  BDF             the function: DDDD:BB:DD.F or BB:DD.F, in hex\n"
"  BAR             0 to 5, or rom (can only be read)\n"
"  OFFSET, COUNT   decimal or 0x hex, with an optional k, M, G or T (powers of 1024)\n"
"  VALUE           decimal or 0x hex\n"
"\n"
"Options:\n"
"  --repeat N      make the request N times; a read prints only the last answer\n"
"  --raw           read: write the bytes themselves to standard output\n"
"  --quiet         read: print nothing\n"
"  --data HEX      write: the payload in hex, first byte first; spaces, colons and\n"
"                  underscores between the digits and a leading 0x are skipped\n"
"  --file FILE     write: the payload is the whole FILE; - is standard input\n"
"  --no-decode     don't turn on the function's memory and I/O decoding first\n"
"  -h, --help      print this text\n"
"  -V, --version   print the version\n"
"\n"
"Examples:\n"
"  vfio-bar info 00:04.0\n"
"  vfio-bar read 00:04.0 0 0x80 8\n"
"  vfio-bar write 00:04.0 0 0x80 0x1122334455667788:8\n"
"  vfio-bar write 00:04.0 2 4k --data '01 02 03 04 05 06'\n"
"  vfio-bar read 00:04.0 rom 0 64k --raw > rom.bin\n"
"\n"
"Exit status: 0 done; 1 failed or fewer bytes than asked for; 2 wrong usage.\n";

/* Always -1, so that a caller can return what it complains about. */
int complain(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("vfio-bar: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

static noreturn void __printf(1, 2) usage_error(const char *fmt, ...)
{
	va_list args;

	fputs("vfio-bar: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\nTry 'vfio-bar --help' for more.\n", stderr);
	exit(EXIT_USAGE);
}

/* @wrong is what a parser says about @text. */
static void check_parsed(const char *what, const char *text, const char *wrong)
{
	if (wrong)
		usage_error("%s '%s' %s", what, text, wrong);
}

static int finish_output(void)
{
	bool failed = ferror(stdout);

	if (fclose(stdout) || failed)
		return complain("cannot write to standard output: %s",
				errno ? strerror(errno) : "output error");
	return 0;
}

static int print_and_finish(const char *text)
{
	fputs(text, stdout);
	return finish_output() ? EXIT_FAILED : EXIT_OK;
}

/*
 * Descriptors 0 to 2 must not become VFIO files, or a message could end up in
 * the device. What was closed stays unusable for its purpose.
 */
static void guard_standard_files(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDWR };
	int fd;

	for (fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
			_exit(EXIT_FAILED);
	}
}

/* The whole of the file, up to the largest request. */
static int load_file(struct options *opts)
{
	bool is_stdin = !strcmp(opts->file, "-");
	int fd = is_stdin ? 0 : open(opts->file, O_RDONLY | O_CLOEXEC);
	size_t room = 0, used = 0;
	unsigned char *buf = NULL;
	ssize_t n = 1;

	if (fd < 0)
		return complain("cannot open %s: %s", opts->file, strerror(errno));

	while (n && used <= REQUEST_MAX) {
		if (used == room) {
			unsigned char *grown;

			room = room ? 2 * room : 1 << 16;
			grown = realloc(buf, room);
			if (!grown) {
				n = -1;
				break;
			}
			buf = grown;
		}
		n = read(fd, buf + used, room - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		used += n;
	}
	opts->payload = buf;
	opts->count = used;
	if (n < 0)
		complain("cannot read %s: %s", opts->file, strerror(errno));
	else if (!used)
		n = complain("%s is empty: there is nothing to write", opts->file);
	else if (used > REQUEST_MAX)
		n = complain("%s is too large: a request has at most %llu bytes", opts->file,
			     REQUEST_MAX);
	if (!is_stdin)
		close(fd);
	return n < 0 ? -1 : 0;
}

static void print_dump(unsigned long long offset, const unsigned char *bytes, size_t count)
{
	int digits = offset + count > 1ULL << 32 ? 16 : 8;
	size_t line, i;

	for (line = 0; line < count; line += 16) {
		size_t n = count - line < 16 ? count - line : 16;

		printf("%0*llx ", digits, offset + line);
		for (i = 0; i < 16; i++) {
			if (i % 8 == 0)
				putchar(' ');
			if (i < n)
				printf("%02x ", bytes[line + i]);
			else
				fputs("   ", stdout);
		}
		fputs(" |", stdout);
		for (i = 0; i < n; i++)
			putchar(isprint(bytes[line + i]) ? bytes[line + i] : '.');
		fputs("|\n", stdout);
	}
}

static void print_number(unsigned long long offset, const unsigned char *bytes, size_t count)
{
	unsigned long long number = 0;
	size_t i;

	if (count != 1 && count != 2 && count != 4 && count != 8)
		return;
	for (i = count; i--;)
		number = number << 8 | bytes[i];
	printf("0x%016llx: 0x%0*llx\n", offset, (int)(2 * count), number);
}

static void print_bytes(const struct options *opts, const unsigned char *bytes, size_t count)
{
	if (opts->quiet)
		return;
	if (opts->raw) {
		fwrite(bytes, 1, count, stdout);
		return;
	}
	print_dump(opts->offset, bytes, count);
	if (count == opts->count)
		print_number(opts->offset, bytes, count);
}

static int complain_absent(struct device *dev, unsigned int index)
{
	char list[128] = "";
	size_t used = 0;
	unsigned int i;

	for (i = VFIO_PCI_BAR0_REGION_INDEX; i <= VFIO_PCI_ROM_REGION_INDEX; i++) {
		struct region region;

		if (region_open(dev, i, &region))
			return -1;
		if (region.info->size)
			used += snprintf(list + used, sizeof(list) - used, "%s%s",
					 used ? ", " : "", region_name(i));
		region_close(&region);
	}
	return complain("%s has no %s; it has: %s", dev->func.bdf, region_name(index),
			used ? list : "none");
}

/* Checks what the kernel would not explain; sets where the request starts in the device's file. */
static int locate(struct device *dev, const struct options *opts, bool is_write, off_t *pos,
		  unsigned long long *bar_size)
{
	const char *bdf = dev->func.bdf, *bar = region_name(opts->index);
	unsigned int flag = is_write ? VFIO_REGION_INFO_FLAG_WRITE : VFIO_REGION_INFO_FLAG_READ;
	struct region region;
	int ret = 0;

	if (region_open(dev, opts->index, &region))
		return -1;

	*bar_size = region.info->size;
	if (!*bar_size)
		ret = complain_absent(dev, opts->index);
	else if (!(region.info->flags & flag))
		ret = complain("%s of %s cannot be %s", bar, bdf, is_write ? "written" : "read");
	else if (opts->offset >= *bar_size)
		ret = complain("offset 0x%llx is beyond %s of %s, which has 0x%llx bytes",
			       opts->offset, bar, bdf, *bar_size);
	else
		*pos = region.info->offset + opts->offset;

	region_close(&region);
	return ret;
}

static bool decode_is_off(struct device *dev)
{
	unsigned int command;

	return !device_config_read(dev, PCI_COMMAND, 2, &command) &&
	       !(command & PCI_COMMAND_MEMORY);
}

static int complain_failed(struct device *dev, const char *request, int err)
{
	const char *bdf = dev->func.bdf;

	if (err == EIO && decode_is_off(dev))
		return complain("%s: memory decode of %s is off: leave out --no-decode", request,
				bdf);
	if (err == EIO)
		return complain("%s: the device or its platform failed the access (%s)", request,
				strerror(err));
	if (err == EFAULT)
		return complain("%s: the kernel cannot use this program's memory (%s)", request,
				strerror(err));
	if (err == EBUSY)
		return complain("%s: another driver claims this BAR (see /proc/iomem)", request);
	return complain("%s: %s", request, strerror(err));
}

/*
 * Makes the request, as often as wanted: each time exactly one system call.
 * *@done is how many bytes the last one carried.
 */
static int make_requests(struct device *dev, const struct options *opts, bool is_write,
			 unsigned char *buf, size_t *done)
{
	unsigned long long bar_size, i;
	char request[96], which[48] = "";
	off_t pos = 0;

	*done = 0;
	if (locate(dev, opts, is_write, &pos, &bar_size))
		return -1;

	for (i = 1; i <= opts->repeat; i++) {
		ssize_t n = is_write ? pwrite(dev->fd, buf, opts->count, pos) :
				       pread(dev->fd, buf, opts->count, pos);
		int err = errno;

		*done = n < 0 ? 0 : n;
		if (*done == opts->count)
			continue;

		if (opts->repeat > 1)
			snprintf(which, sizeof(which), " (request %llu)", i);
		snprintf(request, sizeof(request), "%s of %s at 0x%llx%s",
			 is_write ? "write" : "read", region_name(opts->index), opts->offset,
			 which);
		if (n < 0)
			return complain_failed(dev, request, err);
		if (opts->count > bar_size - opts->offset)
			return complain("%s: short count: %zu of %zu bytes, the %s ends at 0x%llx",
					request, *done, opts->count,
					opts->index == VFIO_PCI_ROM_REGION_INDEX ? "ROM" : "BAR",
					bar_size);
		return complain("%s: short count: %zu of %zu bytes", request, *done, opts->count);
	}
	return 0;
}

static int do_info(struct device *dev, struct options *opts)
{
	(void)opts;
	return info_print(dev);
}

static int do_read(struct device *dev, struct options *opts)
{
	unsigned char *buf = calloc(1, opts->count);
	size_t done;
	int ret;

	if (!buf)
		return complain("no memory for %zu bytes", opts->count);

	ret = make_requests(dev, opts, false, buf, &done);
	print_bytes(opts, buf, done);
	free(buf);
	return ret;
}

static int do_write(struct device *dev, struct options *opts)
{
	size_t done;

	return make_requests(dev, opts, true, opts->payload, &done);
}

static const struct command {
	const char *name;
	int min_args;
	int max_args;
	int (*run)(struct device *dev, struct options *opts);
} commands[] = {
	{ "info", 1, 1, do_info },
	{ "read", 4, 4, do_read },
	{ "write", 3, 4, do_write },
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	}
	usage_error("unknown command '%s' (info, read or write)", name);
}

enum { OPT_REPEAT = 256, OPT_RAW, OPT_QUIET, OPT_DATA, OPT_FILE, OPT_NO_DECODE };

static const struct option long_options[] = {
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "raw", no_argument, NULL, OPT_RAW },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "file", required_argument, NULL, OPT_FILE },
	{ "no-decode", no_argument, NULL, OPT_NO_DECODE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void bad_option(int option, char **argv)
{
	if (option == ':')
		usage_error("option '%s' needs an argument", argv[optind - 1]);
	if (isdigit(optopt))
		usage_error("a number must not be negative: '-%c...'", optopt);
	if (optopt && optopt < 256 && optopt != 'h' && optopt != 'V')
		usage_error("unknown option '-%c'", optopt);
	usage_error("unknown or ambiguous option, or one that takes no argument: '%s'",
		    argv[optind - 1]);
}

/* Takes the options; what is left starts at argv[optind]. */
static void take_options(int argc, char **argv, struct options *opts)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
		switch (option) {
		case OPT_REPEAT:
			check_parsed("repeat count", optarg,
				     parse_number(optarg, false, &opts->repeat));
			if (!opts->repeat)
				usage_error("repeat count must not be 0");
			break;
		case OPT_RAW:
			opts->raw = true;
			break;
		case OPT_QUIET:
			opts->quiet = true;
			break;
		case OPT_DATA:
			opts->data = optarg;
			break;
		case OPT_FILE:
			opts->file = optarg;
			break;
		case OPT_NO_DECODE:
			opts->keep_decode = true;
			break;
		case 'h':
			exit(print_and_finish(help));
		case 'V':
			exit(print_and_finish("vfio-bar " VFIO_BAR_VERSION "\n"));
		default:
			bad_option(option, argv);
		}
	}
}

static void check_options(const struct command *command, const struct options *opts)
{
	bool is_read = command->run == do_read, is_write = command->run == do_write;

	if (opts->repeat && !is_read && !is_write)
		usage_error("--repeat is for read and write");
	if ((opts->raw || opts->quiet) && !is_read)
		usage_error("%s is for read", opts->raw ? "--raw" : "--quiet");
	if (opts->raw && opts->quiet)
		usage_error("--raw and --quiet exclude each other");
	if ((opts->data || opts->file) && !is_write)
		usage_error("%s is for write", opts->data ? "--data" : "--file");
}

static void take_count(const char *text, struct options *opts)
{
	unsigned long long count = 0;

	check_parsed("count", text, parse_number(text, true, &count));
	if (!count || count > REQUEST_MAX)
		usage_error("count '%s' is not between 1 and %llu", text, REQUEST_MAX);
	opts->count = count;
}

static void take_payload(const char *value, struct options *opts)
{
	if (!!value + !!opts->data + !!opts->file != 1)
		usage_error("write takes one of VALUE:WIDTH, --data and --file");

	if (opts->data) {
		check_parsed("--data", opts->data,
			     parse_hex(opts->data, &opts->payload, &opts->count));
	} else if (value) {
		static unsigned char bytes[8];

		check_parsed("value", value, parse_value(value, bytes, &opts->count));
		opts->payload = bytes;
	}
}

static const struct command *take_command(int argc, char **argv, struct options *opts)
{
	const struct command *command;
	int args;

	take_options(argc, argv, opts);
	argv += optind;
	args = argc - optind - 1;
	if (args < 0)
		usage_error("no command (info, read or write)");

	command = find_command(argv[0]);
	check_options(command, opts);
	if (args < command->min_args)
		usage_error("%s: too few arguments", command->name);
	if (args > command->max_args)
		usage_error("%s: too many arguments: '%s'", command->name,
			    argv[command->max_args + 1]);

	check_parsed("address", argv[1], parse_bdf(argv[1], opts->bdf));
	if (command->run == do_info)
		return command;

	check_parsed("BAR", argv[2], parse_bar(argv[2], &opts->index));
	check_parsed("offset", argv[3], parse_number(argv[3], true, &opts->offset));
	if (command->run == do_read)
		take_count(argv[4], opts);
	else
		take_payload(args > 3 ? argv[4] : NULL, opts);
	if (!opts->repeat)
		opts->repeat = 1;
	return command;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct options opts = { .repeat = 0 };
	struct device dev;
	int ret;

	guard_standard_files();
	signal(SIGPIPE, SIG_IGN);
	command = take_command(argc, argv, &opts);

	if (command->run == do_write && opts.index == VFIO_PCI_ROM_REGION_INDEX) {
		complain("the ROM can only be read");
		return EXIT_FAILED;
	}
	if (opts.file && load_file(&opts))
		return EXIT_FAILED;
	if (device_open(&dev, opts.bdf, !opts.keep_decode))
		return EXIT_FAILED;

	ret = command->run(&dev, &opts);
	device_close(&dev);
	if (finish_output())
		ret = -1;
	return ret ? EXIT_FAILED : EXIT_OK;
}
