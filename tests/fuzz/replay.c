// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the inputs of a file, one line of hexadecimal digits each, without libFuzzer: to
 * measure coverage with any compiler, or to look at one input.
 *
 *   replay [-v] FILE
 */
#include <stdlib.h>

#include "fuzz.h"

static size_t from_hex(const char *line, u8 *data, size_t size)
{
	unsigned int byte;
	size_t n;

	for (n = 0; n < size && sscanf(line + 2 * n, "%2x", &byte) == 1; n++)
		data[n] = byte;

	return n;
}

static void explain(const u8 *data, size_t size)
{
	struct fuzz_case c;

	fuzz_parse(&c, data, size);
	fuzz_explain(&c);
}

int main(int argc, char **argv)
{
	bool verbose = argc == 3 && !strcmp(argv[1], "-v");
	unsigned long inputs = 0;
	char line[1024];
	u8 data[512];
	FILE *file;

	if (argc != 2 && !verbose) {
		fprintf(stderr, "usage: replay [-v] FILE\n");
		return 2;
	}
	file = fopen(argv[argc - 1], "r");
	if (!file) {
		perror(argv[argc - 1]);
		return 1;
	}
	LLVMFuzzerInitialize(NULL, NULL);
	while (fgets(line, sizeof(line), file)) {
		size_t size = from_hex(line, data, sizeof(data));

		if (verbose)
			explain(data, size);
		LLVMFuzzerTestOneInput(data, size);
		inputs++;
	}
	fclose(file);
	printf("%lu inputs\n", inputs);

	return 0;
}
