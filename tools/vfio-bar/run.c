// SPDX-License-Identifier: GPL-2.0-only
/* Runs other programs. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

#include "macros.h"
#include "run.h"

extern char **environ;

/* PATH does not always have the directories of modprobe and modinfo. */
static int spawn(pid_t *pid, char *const argv[], const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attributes)
{
	static const char *const dirs[] = { "", "/usr/sbin/", "/sbin/" };
	char path[PATH_MAX];
	int err = ENOENT;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs) && err == ENOENT; i++) {
		snprintf(path, sizeof(path), "%s%s", dirs[i], argv[0]);
		err = posix_spawnp(pid, path, actions, attributes, argv, environ);
	}
	return err;
}

/*
 * @files replace standard input, output and error; -1 leaves one as it is. The program
 * gets a process group of its own: a signal from the terminal must not end it. Returns
 * what waitpid() tells, or -1 with errno if the program does not start.
 */
int run_program(char *const argv[], const int files[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int i, status = 0;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	for (i = 0; i < 3; i++) {
		if (files[i] >= 0)
			posix_spawn_file_actions_adddup2(&actions, files[i], i);
	}
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	errno = spawn(&pid, argv, &actions, &attributes);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (errno)
		return -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}
