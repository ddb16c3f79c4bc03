// SPDX-License-Identifier: GPL-2.0-only
/*
 * Logs what CLP reports about a function's group; the kernel keeps only a part of it:
 *
 *   ism-clp BDF
 *
 * The result, for the host:
 *
 *   clp BDF group GROUP flags FLAGS maxstbl BYTES
 *
 * The layout of the blocks is from the kernel's struct clp_req_query_pci_grp and
 * clp_rsp_query_pci_grp of asm/pci_clp.h. They are big endian, as the machine is.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"

/* struct clp_req of asm/clp.h, which only s390 has, with its bits as a byte. */
struct clp_call {
	uint8_t processor;
	uint8_t command;
	uint16_t reserved1;
	uint32_t reserved2;
	uint64_t block;
};

#define CLP_SYNC		_IOWR('c', 0xc1, struct clp_call)
#define CLP_PCI			2
#define CLP_QUERY_PCI_FNGRP	4
#define CLP_RC_OK		0x10

#define REQUEST_LEN		32
#define RESPONSE_LEN		64

static void put16(unsigned char *at, uint16_t value)
{
	value = htobe16(value);
	memcpy(at, &value, sizeof(value));
}

static unsigned int get16(const unsigned char *at)
{
	return at[0] << 8 | at[1];
}

static unsigned int read_group(const char *bdf)
{
	unsigned int group;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/pfgid", bdf);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%x", &group) != 1)
		guest_die("%s: %s", path, strerror(errno));
	fclose(file);

	return group;
}

int main(int argc, char **argv)
{
	static unsigned char block[4096] __attribute__((aligned(4096)));
	struct clp_call call = { .processor = CLP_PCI, .block = (uintptr_t)block };
	const unsigned char *response = block + REQUEST_LEN;
	unsigned int group;
	int clp;

	if (argc != 2)
		guest_die("usage: ism-clp BDF");
	guest_open();
	group = read_group(argv[1]);
	put16(block, REQUEST_LEN);
	put16(block + 2, CLP_QUERY_PCI_FNGRP);
	block[19] = group;
	put16(block + REQUEST_LEN, RESPONSE_LEN);

	clp = open("/dev/clp", O_RDWR);
	if (clp < 0 || ioctl(clp, CLP_SYNC, &call))
		guest_die("/dev/clp: %s", strerror(errno));
	close(clp);
	if (get16(response + 2) != CLP_RC_OK)
		guest_die("CLP answers 0x%x", get16(response + 2));

	guest_log("clp %s group 0x%02x flags 0x%02x maxstbl %u\n", argv[1], group,
		  response[19], get16(response + 20));

	return 0;
}
