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

#include "commands.h"
#include "complain.h"
#include "help.h"
#include "macros.h"
#include "parse.h"
#include "request.h"
#include "stop.h"
#include "version.h"

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

/* @wrong is what a parser returned for @text. */
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
 * If a standard file is closed, a VFIO file would get its descriptor, and a message would
 * be written to the device. Put /dev/null there: for input and output opened so that using
 * it fails, for errors so that messages are dropped.
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

enum {
	OPT_REPEAT = 256,
	OPT_RAW,
	OPT_QUIET,
	OPT_DATA,
	OPT_FILE,
	OPT_NO_DECODE,
	OPT_JSON,
	OPT_WRITE,
	OPT_VALUE,
	OPT_FORCE,
	OPT_SAMPLES,
	OPT_CPU,
	OPT_CSV,
	OPT_PLOT,
	OPT_MODULE,
	OPT_SWITCH,
	OPT_NO_SWITCH,
};

static const struct option long_options[] = {
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "raw", no_argument, NULL, OPT_RAW },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "file", required_argument, NULL, OPT_FILE },
	{ "no-decode", no_argument, NULL, OPT_NO_DECODE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "write", no_argument, NULL, OPT_WRITE },
	{ "value", required_argument, NULL, OPT_VALUE },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "samples", required_argument, NULL, OPT_SAMPLES },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "csv", required_argument, NULL, OPT_CSV },
	{ "plot", required_argument, NULL, OPT_PLOT },
	{ "module", required_argument, NULL, OPT_MODULE },
	{ "switch", no_argument, NULL, OPT_SWITCH },
	{ "no-switch", no_argument, NULL, OPT_NO_SWITCH },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

#define TAKES(option)	(1U << ((option) - OPT_REPEAT))

/* @run is NULL for status, which needs no device. */
static const struct command {
	const char *name;
	int min_args;
	int max_args;
	int (*run)(struct device *dev, const struct options *opts);
	unsigned int takes;
} commands[] = {
	{ "info", 1, 1, do_info, TAKES(OPT_NO_DECODE) },
	{ "read", 4, 4, do_read,
	  TAKES(OPT_NO_DECODE) | TAKES(OPT_REPEAT) | TAKES(OPT_RAW) | TAKES(OPT_QUIET) },
	{ "write", 3, 4, do_write,
	  TAKES(OPT_NO_DECODE) | TAKES(OPT_REPEAT) | TAKES(OPT_DATA) | TAKES(OPT_FILE) },
	{ "check", 3, 3, do_check,
	  TAKES(OPT_NO_DECODE) | TAKES(OPT_WRITE) | TAKES(OPT_VALUE) | TAKES(OPT_FORCE) },
	{ "bench", 3, 3, do_bench,
	  TAKES(OPT_NO_DECODE) | TAKES(OPT_WRITE) | TAKES(OPT_FORCE) | TAKES(OPT_QUIET) |
	  TAKES(OPT_SAMPLES) | TAKES(OPT_CPU) | TAKES(OPT_CSV) | TAKES(OPT_PLOT) |
	  TAKES(OPT_MODULE) | TAKES(OPT_SWITCH) | TAKES(OPT_NO_SWITCH) },
	{ "status", 0, 0, NULL, TAKES(OPT_JSON) },
};

#define ALL_COMMANDS	"the commands are info, read, write, check, bench and status"

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	}
	usage_error("unknown command '%s': " ALL_COMMANDS, name);
}

/* Names the commands that take @option. */
static noreturn void misplaced_option(const struct option *option)
{
	unsigned int bit = TAKES(option->val);
	char list[128] = "";
	size_t i, used = 0, left = 0;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		left += !!(commands[i].takes & bit);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!(commands[i].takes & bit))
			continue;
		left--;
		used += snprintf(list + used, sizeof(list) - used, "%s%s", commands[i].name,
				 left > 1 ? ", " : left ? " and " : "");
	}
	usage_error("--%s is only for %s", option->name, list);
}

static void bad_option(int option, char **argv)
{
	if (option == ':')
		usage_error("option '%s' needs an argument", argv[optind - 1]);
	if (optopt >= OPT_REPEAT || optopt == 'h' || optopt == 'V')
		usage_error("option '%s' takes no argument", argv[optind - 1]);
	if (isdigit(optopt))
		usage_error("a number must not be negative: '-%c...'", optopt);
	if (optopt)
		usage_error("unknown option '-%c'", optopt);
	usage_error("unknown or ambiguous option '%s'", argv[optind - 1]);
}

static void take_cpu(const char *text, struct options *opts)
{
	unsigned long long cpu = 0;

	check_parsed("CPU", text, parse_number(text, false, &cpu));
	if (cpu >= CPUS_MAX)
		usage_error("CPU '%s' is too large", text);
	opts->cpu = cpu;
}

static void take_samples(const char *text, struct options *opts)
{
	check_parsed("number of samples", text, parse_number(text, false, &opts->samples));
	if (opts->samples < BENCH_SAMPLES_MIN || opts->samples > BENCH_SAMPLES_MAX)
		usage_error("number of samples '%s' is not between %d and %d", text,
			    BENCH_SAMPLES_MIN, BENCH_SAMPLES_MAX);
}

static void take_option(int option, struct options *opts)
{
	switch (option) {
	case OPT_REPEAT:
		check_parsed("repeat count", optarg, parse_number(optarg, false, &opts->repeat));
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
	case OPT_JSON:
		opts->json = true;
		break;
	case OPT_WRITE:
		opts->write = true;
		break;
	case OPT_VALUE:
		check_parsed("value", optarg, parse_number(optarg, false, &opts->value));
		break;
	case OPT_FORCE:
		opts->force = true;
		break;
	case OPT_SAMPLES:
		take_samples(optarg, opts);
		break;
	case OPT_CPU:
		take_cpu(optarg, opts);
		break;
	case OPT_CSV:
		opts->csv = optarg;
		break;
	case OPT_PLOT:
		opts->plot = optarg;
		break;
	case OPT_MODULE:
		opts->module = optarg;
		break;
	case OPT_SWITCH:
		opts->switching = SWITCH_ALWAYS;
		break;
	case OPT_NO_SWITCH:
		opts->switching = SWITCH_NEVER;
		break;
	case 'h':
		exit(print_and_finish(help_text));
	case 'V':
		exit(print_and_finish("vfio-bar " VFIO_BAR_VERSION "\n"));
	}
}

/* Returns the set of options given. The arguments start at argv[optind]. */
static unsigned int take_options(int argc, char **argv, struct options *opts)
{
	unsigned int given = 0;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
		if (option == ':' || option == '?')
			bad_option(option, argv);
		take_option(option, opts);
		given |= TAKES(option);
	}
	return given;
}

static void check_options(const struct command *command, unsigned int given,
			  const struct options *opts)
{
	const struct option *option;

	for (option = long_options; option->val >= OPT_REPEAT; option++) {
		if (given & ~command->takes & TAKES(option->val))
			misplaced_option(option);
	}
	if (given & TAKES(OPT_RAW) && given & TAKES(OPT_QUIET))
		usage_error("--raw and --quiet are mutually exclusive");
	if (given & TAKES(OPT_SWITCH) && given & TAKES(OPT_NO_SWITCH))
		usage_error("--switch and --no-switch are mutually exclusive");
	if (opts->csv && opts->plot && !strcmp(opts->csv, opts->plot))
		usage_error("--csv and --plot must be different files");
	if (given & TAKES(OPT_VALUE) && !(given & TAKES(OPT_WRITE)))
		usage_error("--value needs --write");
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
		usage_error("write needs one of VALUE:WIDTH, --data and --file");

	if (opts->data) {
		check_parsed("--data", opts->data,
			     parse_hex(opts->data, &opts->payload, &opts->count));
	} else if (value) {
		static unsigned char bytes[8];

		check_parsed("value", value, parse_value(value, bytes, &opts->count));
		opts->payload = bytes;
	}
}

static void take_arguments(const struct command *command, char **argv, int args,
			   struct options *opts)
{
	if (!command->run)
		return;
	check_parsed("address", argv[0], parse_bdf(argv[0], opts->bdf));
	if (command->run == do_info)
		return;

	check_parsed("BAR", argv[1], parse_bar(argv[1], &opts->index));
	check_parsed("offset", argv[2], parse_number(argv[2], true, &opts->offset));
	if (command->run == do_read)
		take_count(argv[3], opts);
	else if (command->run == do_write)
		take_payload(args > 3 ? argv[3] : NULL, opts);
	if (!opts->repeat)
		opts->repeat = 1;
}

static const struct command *take_command(int argc, char **argv, struct options *opts)
{
	unsigned int given = take_options(argc, argv, opts);
	const struct command *command;
	int args;

	argv += optind;
	args = argc - optind - 1;
	if (args < 0)
		usage_error("no command given: " ALL_COMMANDS);

	command = find_command(argv[0]);
	check_options(command, given, opts);
	if (args < command->min_args)
		usage_error("%s: too few arguments", command->name);
	if (args > command->max_args)
		usage_error("%s: too many arguments: '%s'", command->name,
			    argv[command->max_args + 1]);

	take_arguments(command, argv + 1, args, opts);
	return command;
}

static int run_on_device(const struct command *command, struct options *opts)
{
	bool writes = command->run == do_write || opts->write;
	struct device dev;
	int ret;

	if (writes && opts->index == VFIO_PCI_ROM_REGION_INDEX)
		return complain("the ROM is read-only");
	if (opts->file && load_file(opts))
		return -1;
	if (device_open(&dev, opts->bdf, !opts->keep_decode))
		return -1;

	ret = command->run(&dev, opts);
	device_close(&dev);
	return ret;
}

int main(int argc, char **argv)
{
	struct options opts = {
		.value = 0x1122334455667788,
		.samples = BENCH_SAMPLES,
		.cpu = -1,
	};
	const struct command *command;
	int ret;

	guard_standard_files();
	signal(SIGPIPE, SIG_IGN);
	/*
	 * Programs that bench runs are in the background of the terminal. With stty tostop, their
	 * output would stop them, and bench would wait for them forever. They inherit this.
	 */
	signal(SIGTTOU, SIG_IGN);
	command = take_command(argc, argv, &opts);

	ret = command->run ? run_on_device(command, &opts) : do_status(&opts);
	if (finish_output())
		ret = -1;
	stop_if_asked();
	return ret < 0 ? EXIT_FAILED : ret;
}
