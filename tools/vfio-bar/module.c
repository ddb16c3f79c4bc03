// SPDX-License-Identifier: GPL-2.0-only
/* Loaded modules, and the file of the livepatch module. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "module.h"
#include "run.h"

#define FILE_MAX	0x10000000
#define SIGNATURE_END	"~Module signature appended~\n"

void module_find(struct module_info *module, const char *name)
{
	memset(module, 0, sizeof(*module));
	module->loaded = file_exists("%s/module/%s/initstate", sysfs_root(), name);
	if (!module->loaded)
		return;
	read_text(module->version, sizeof(module->version), "%s/module/%s/version", sysfs_root(),
		  name);
	read_text(module->srcversion, sizeof(module->srcversion), "%s/module/%s/srcversion",
		  sysfs_root(), name);
	read_text(module->taint, sizeof(module->taint), "%s/module/%s/taint", sysfs_root(), name);
}

/*
 * Looks for the module in modules.dep of @release and sets @path. A line is
 * "updates/vfio-pci-width.ko.xz: ...".
 */
static bool find_in_release(const char *release, char *path, size_t len)
{
	char dep[PATH_MAX], line[4096];
	bool found = false;
	FILE *file;

	if (make_path(dep, sizeof(dep), "%s/%s/modules.dep", modules_root(), release))
		return false;
	file = fopen(dep, "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		char *end = strchr(line, ':');
		char *name;

		if (!end)
			continue;
		*end = '\0';
		name = strrchr(line, '/');
		name = name ? name + 1 : line;
		if (strncmp(name, MODULE_FILE ".ko", strlen(MODULE_FILE ".ko")))
			continue;
		if (line[0] == '/')
			found = !make_path(path, len, "%s", line);
		else
			found = !make_path(path, len, "%s/%s/%s", modules_root(), release, line);
	}
	if (file)
		fclose(file);
	return found && !access(path, F_OK);
}

/* Copies the first word after @key. */
static void find_value(const char *text, size_t size, const char *key, char *value, size_t len)
{
	const char *found = memmem(text, size, key, strlen(key)), *end = text + size;

	if (!found)
		return;
	for (found += strlen(key); found < end && *found == ' '; found++)
		;
	snprintf(value, len, "%.*s", (int)strnlen(found, end - found), found);
	value[strcspn(value, "\n ")] = '\0';
}

static void look_at_text(struct installed *file, const char *text, size_t size)
{
	const size_t len = strlen(SIGNATURE_END);

	file->has_signature = size > len && !memcmp(text + size - len, SIGNATURE_END, len);
	find_value(text, size, "vermagic=", file->vermagic, sizeof(file->vermagic));
	find_value(text, size, "srcversion=", file->srcversion, sizeof(file->srcversion));
}

static void look_at_file(struct installed *file)
{
	struct stat stat;
	void *text;
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (!fstat(fd, &stat) && stat.st_size && stat.st_size < FILE_MAX) {
		text = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (text != MAP_FAILED) {
			look_at_text(file, text, stat.st_size);
			munmap(text, stat.st_size);
		}
	}
	close(fd);
}

static void look_at_modinfo(struct installed *file, const char *text, size_t size)
{
	file->has_signature = !!memmem(text, size, "\nsigner:", strlen("\nsigner:"));
	find_value(text, size, "\nvermagic:", file->vermagic, sizeof(file->vermagic));
	find_value(text, size, "\nsrcversion:", file->srcversion, sizeof(file->srcversion));
}

static void ask_modinfo(struct installed *file)
{
	char *argv[3] = { "modinfo", file->path };
	int answer = memfd_create("modinfo", MFD_CLOEXEC);
	const int files[3] = { -1, answer, answer };
	char text[16384];
	ssize_t size;

	if (answer < 0)
		return;
	if (!run_program(argv, files) && !lseek(answer, 0, SEEK_SET)) {
		size = read(answer, text, sizeof(text));
		if (size > 0)
			look_at_modinfo(file, text, size);
	}
	close(answer);
}

/* The file is not compressed. */
bool module_is_plain(const char *path)
{
	size_t len = strlen(path);

	return len > 3 && !strcmp(path + len - 3, ".ko");
}

/* Fills in what the file at @file->path says about the module. */
void installed_look(struct installed *file)
{
	file->has_signature = -1;
	if (module_is_plain(file->path))
		look_at_file(file);
	else if (file->path[0])
		ask_modinfo(file);
}

void installed_find(struct installed *file, const char *release)
{
	char path[PATH_MAX];
	struct dirent *entry;
	size_t used = 0;
	DIR *releases;

	memset(file, 0, sizeof(*file));
	if (find_in_release(release, file->path, sizeof(file->path)))
		installed_look(file);
	else
		file->path[0] = '\0';

	releases = opendir(modules_root());
	while (releases && (entry = readdir(releases))) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, release) ||
		    !find_in_release(entry->d_name, path, sizeof(path)) ||
		    used >= sizeof(file->elsewhere))
			continue;
		used += snprintf(file->elsewhere + used, sizeof(file->elsewhere) - used, "%s%s",
				 used ? ", " : "", entry->d_name);
	}
	if (releases)
		closedir(releases);
}
