/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio-bar: reads and writes the BARs of a PCI function through VFIO, one
 * system call for one request.
 */
#ifndef VFIO_BAR_H
#define VFIO_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/vfio.h>

#include "complain.h"
#include "region-access.h"

#ifndef VFIO_BAR_VERSION
#define VFIO_BAR_VERSION "unknown"
#endif

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_UNDER_WAY = 3,
};

/* A longer request is refused: it has to fit into memory, and into one pread or pwrite. */
#define REQUEST_MAX	0x40000000ULL

/* How many requests of a kind bench times. */
#define BENCH_SAMPLES		1000
#define BENCH_SAMPLES_MIN	10
#define BENCH_SAMPLES_MAX	1000000

#define BDF_LEN		24
#define DRIVER_LEN	64
#define GROUP_LEN	16

/**
 * struct function - a PCI function as sysfs describes it
 * @bdf: its name in sysfs
 * @driver: the driver it is bound to, "" if none
 * @group: number of its IOMMU group
 */
struct function {
	char bdf[BDF_LEN];
	char driver[DRIVER_LEN];
	char group[GROUP_LEN];
};

/**
 * struct device - a function opened through VFIO
 * @func: which function
 * @container: descriptor of the VFIO container, -1 if not open
 * @group: descriptor of the group, -1 if not open
 * @fd: descriptor of the device, -1 if not open
 * @noiommu: the group is one without an IOMMU
 * @config_offset: where configuration space lies in @fd
 * @found_command: PCI command register as it was when the device was opened
 * @command: PCI command register as it is now
 */
struct device {
	struct function func;
	int container;
	int group;
	int fd;
	bool noiommu;
	unsigned long long config_offset;
	unsigned int found_command;
	unsigned int command;
};

/**
 * struct region - what VFIO tells about one region of a device
 * @info: fixed part, followed by the capabilities
 * @info_size: bytes allocated at @info
 */
struct region {
	struct vfio_region_info *info;
	size_t info_size;
};

/**
 * struct cap - a place in the list of PCI capabilities
 * @pos: where it is in configuration space, 0 before the first
 * @id: which capability it is
 * @next: where the next one is
 * @left: how many more there can be
 */
struct cap {
	unsigned int pos;
	unsigned int id;
	unsigned int next;
	unsigned int left;
};

/* An area inside a BAR; size 0 means there is none. */
struct area {
	unsigned long long offset;
	unsigned long long size;
};

/**
 * struct request_target - where a request goes
 * @pos: where it starts in the device's file
 * @size: bytes of the BAR
 * @mappable: at least a part of the BAR can be mapped
 */
struct request_target {
	unsigned long long pos;
	unsigned long long size;
	bool mappable;
};

enum switching {
	SWITCH_IF_ALONE,
	SWITCH_ALWAYS,
	SWITCH_NEVER,
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
 * @quiet: don't print them; bench: no progress
 * @keep_decode: leave memory and I/O decoding as they are
 * @json: print JSON
 * @write: writes are allowed
 * @value: what check writes
 * @force: access what has side effects too
 * @samples: how many requests of each kind bench times
 * @cpu: where bench runs, -1 for its own choice
 * @csv: file for bench's figures
 * @plot: file for bench's plot
 * @module: the livepatch module
 * @switching: whether bench may switch the livepatch
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
	bool json;
	bool write;
	unsigned long long value;
	bool force;
	unsigned long long samples;
	long long cpu;
	const char *csv;
	const char *plot;
	const char *module;
	enum switching switching;
};

/* help.c */
extern const char help_text[];

/* parse.c: these return NULL, or what is wrong with the text */
const char *parse_number(const char *text, bool suffix, unsigned long long *number);
const char *parse_bdf(const char *text, char bdf[BDF_LEN]);
const char *parse_bar(const char *text, unsigned int *index);
const char *parse_value(const char *text, unsigned char bytes[8], size_t *width);
const char *parse_hex(const char *text, unsigned char **bytes, size_t *count);

/* sysfs.c */
const char *tree_root(const char *variable, const char *usual);
const char *sysfs_root(void);
const char *dev_root(void);
int make_path(char *path, size_t len, const char *fmt, ...) __printf(3, 4);
int function_find(struct function *func, const char *bdf);
bool function_has_vfio_driver(const struct function *func);
int function_complain_unbound(const struct function *func);
int function_complain_group(const struct function *func, int err);
bool function_resource_flags(const struct function *func, unsigned int index,
			     unsigned long long *flags);

/* vfio.c */
int device_open(struct device *dev, const char *bdf, bool decode);
void device_close(struct device *dev);
int device_config_read(struct device *dev, unsigned int pos, unsigned int width,
		       unsigned int *value);
int device_next_cap(struct device *dev, struct cap *cap);
int device_msix_table(struct device *dev, unsigned int *index, struct area *table);
int region_open(struct device *dev, unsigned int index, struct region *region);
void region_close(struct region *region);
int region_next_cap(const struct region *region, size_t *pos, struct vfio_info_cap_header *cap);
size_t region_cap_size(const struct region *region, size_t pos);
bool device_region_access(struct device *dev, unsigned int index,
			  struct vfio_device_feature_region_access *access);
const char *region_name(unsigned int index);

/* info.c */
int do_info(struct device *dev, struct options *opts);

/* request.c */
int load_file(struct options *opts);
int request_locate(struct device *dev, const struct options *opts, bool is_write,
		   struct request_target *target);
int request_complain(struct device *dev, const char *request, int err);
int do_read(struct device *dev, struct options *opts);
int do_write(struct device *dev, struct options *opts);

/* stop.c */
void stop_catch(void);
bool stop_asked(void);
void stop_if_asked(void);

/* files.c */
const char *proc_root(void);
const char *modules_root(void);
bool read_text(char *text, size_t len, const char *fmt, ...) __printf(3, 4);
bool file_exists(const char *fmt, ...) __printf(1, 2);
int write_text(const char *path, const char *text);

/* hazard.c */
int hazard_at(struct device *dev, const struct options *opts, size_t count, const char **what);
int hazard_refuse(struct device *dev, const struct options *opts, size_t count);

/* check.c */
int do_check(struct device *dev, struct options *opts);

/* bench.c */
int do_bench(struct device *dev, struct options *opts);

/* status.c */
int do_status(const struct options *opts);

#endif
