// SPDX-License-Identifier: GPL-2.0-only
/* Puts a marker into the trace: "mark begin 7" or "mark end 7". */
#include <stdlib.h>
#include <string.h>

#include "guest.h"

int main(int argc, char **argv)
{
	if (argc != 3)
		guest_die("usage: mark begin|end ID");

	guest_open();
	guest_mark(strcmp(argv[1], "begin") ? GUEST_MARK_END : GUEST_MARK_BEGIN,
		   strtoul(argv[2], NULL, 0));

	return 0;
}
