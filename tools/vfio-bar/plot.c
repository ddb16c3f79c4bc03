// SPDX-License-Identifier: GPL-2.0-only
/* Plots by gnuplot, as SVG or as text. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "complain.h"
#include "files.h"
#include "plot.h"
#include "run.h"

#define GNUPLOT	"gnuplot"

bool plot_possible(void)
{
	char dirs[4096], *dir, *rest;
	const char *path = getenv("PATH");

	snprintf(dirs, sizeof(dirs), "%s", path ? path : "/usr/bin:/bin");
	for (dir = strtok_r(dirs, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		if (file_exists("%s/" GNUPLOT, dir))
			return true;
	}
	return false;
}

static void write_script(FILE *script, bool as_text, const char *title,
			 const struct curve *curves, unsigned int count)
{
	unsigned int i, k;

	fprintf(script, "set terminal %s\n", as_text ? "dumb size 79,24" :
		"svg size 900,560 font 'sans-serif,13' background '#ffffff'");
	fprintf(script, "set title '%s' noenhanced\nset logscale x 2\nset logscale y\n", title);
	fprintf(script, "set xlabel 'request size (bytes)'\nset ylabel 'time (ns)'\n");
	fprintf(script, "set key left top\nset grid\n");
	for (i = 0; i < count; i++) {
		fprintf(script, "$curve%u << END\n", i);
		for (k = 0; k < curves[i].count; k++) {
			const struct figures *figures = &curves[i].figures[k];

			/* The axis is logarithmic. */
			if (figures->count && figures->median)
				fprintf(script, "%u %llu %llu %llu\n", figures->bytes,
					figures->median, figures->p5 ? figures->p5 : 1,
					figures->p95);
		}
		fprintf(script, "END\n");
	}
	fprintf(script, "plot ");
	for (i = 0; i < count; i++)
		fprintf(script, "%s$curve%u using 1:2%s title '%s, %s'", i ? ", " : "", i,
			as_text ? " with linespoints" : ":3:4 with yerrorlines", curves[i].path,
			curves[i].direction);
	fprintf(script, "\n");
}

static int run_gnuplot(FILE *script, int out)
{
	char *argv[2] = { GNUPLOT };
	const int files[3] = { fileno(script), out, -1 };
	int status;

	rewind(script);
	status = run_program(argv, files);
	if (status < 0)
		return complain("cannot run " GNUPLOT ": %s", strerror(errno));
	return status ? complain(GNUPLOT " failed") : 0;
}

/* Writes an SVG to @file, or text to standard output if @file is "-". */
int plot_curves(const char *file, const char *title, const struct curve *curves,
		unsigned int count)
{
	bool as_text = !strcmp(file, "-");
	FILE *script = fdopen(memfd_create(GNUPLOT, MFD_CLOEXEC), "w");
	int out, ret;

	if (!script)
		return complain("cannot store the plot's script: %s", strerror(errno));
	write_script(script, as_text, title, curves, count);

	fflush(stdout);
	out = as_text ? 1 : open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (out < 0)
		ret = complain("cannot open %s: %s", file, strerror(errno));
	else
		ret = run_gnuplot(script, out);
	if (out > 1)
		close(out);
	fclose(script);
	return ret;
}
