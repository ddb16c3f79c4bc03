/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel modules, loaded or as files. */
#ifndef MODULE_H
#define MODULE_H

#include <limits.h>
#include <stdbool.h>

#define MODULE		"vfio_pci_width"
#define MODULE_FILE	"vfio-pci-width"
#define CORE		"vfio_pci_core"

/**
 * struct module_info - a loaded module, as sysfs shows it
 * @loaded: it is loaded
 * @version: "" if it has none; likewise the others
 * @srcversion: hash of its source
 * @taint: letters, such as O for out of tree
 */
struct module_info {
	bool loaded;
	char version[64];
	char srcversion[64];
	char taint[32];
};

/**
 * struct installed - the file of the livepatch module
 * @path: its path, "" if it is not installed for this kernel
 * @vermagic: kernel release that it was built for, "" if unknown
 * @srcversion: hash of its source, "" if unknown
 * @has_signature: 1 if it is signed, 0 if not, -1 if unknown
 * @elsewhere: other kernel releases that it is installed for
 */
struct installed {
	char path[PATH_MAX];
	char vermagic[64];
	char srcversion[64];
	int has_signature;
	char elsewhere[256];
};

void module_find(struct module_info *module, const char *name);
bool module_is_plain(const char *path);
void installed_look(struct installed *file);
void installed_find(struct installed *file, const char *release);

#endif
