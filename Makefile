# SPDX-License-Identifier: GPL-2.0-only
#
# User targets; Kbuild has what kbuild builds. `make help` lists the targets.

running := $(shell uname -r)
# The running kernel's build directory, else that of the newest kernel installed.
KDIR ?= $(firstword $(wildcard /lib/modules/$(running)/build) \
	$(shell ls -d /lib/modules/*/build 2>/dev/null | sort -Vr))
PREFIX ?= /usr/local

export VPW_ACCEL VPW_CACHE VPW_KEEP

.PHONY: all modules modules_install tools install uninstall deb rpm clean demo check check-long \
	coverage soak bench bench-bus bench-scale bench-uml layout html help kdir \
	overlay series replacement-modules qemu-series sign_key may_install

all: modules tools

ifeq ($(origin KDIR),file)
kdir_advice := install linux-headers-$(running), or give KDIR=DIR
kdir_other := $(filter-out /lib/modules/$(running)/build,$(KDIR))
else
kdir_advice := KDIR must be a kernel build directory, such as /lib/modules/<release>/build
endif

kdir:
	@if [ -z '$(KDIR)' ] || [ ! -e '$(KDIR)/Makefile' ]; then \
		echo 'vfio-pci-width: no kernel to build for$(if $(KDIR), in "$(KDIR)"): $(kdir_advice)'; \
		exit 1; \
	fi >&2
	@if ! grep -qsx CONFIG_LIVEPATCH=y '$(KDIR)/include/config/auto.conf' '$(KDIR)/.config'; then \
		echo 'vfio-pci-width: the kernel in $(KDIR) has no CONFIG_LIVEPATCH, which a livepatch needs; use make replacement-modules or make series (see Documentation/ways-in.rst)'; \
		exit 1; \
	fi >&2
	@if ! grep -qsxE 'CONFIG_VFIO_PCI_CORE=[ym]' '$(KDIR)/include/config/auto.conf' '$(KDIR)/.config'; then \
		echo 'vfio-pci-width: the kernel in $(KDIR) has no CONFIG_VFIO_PCI_CORE: there is nothing to patch'; \
		exit 1; \
	fi >&2
	@[ -z '$(kdir_other)' ] || \
		echo 'vfio-pci-width: the headers of the running kernel are not installed (linux-headers-$(running)): building for $(kdir_other), and the running kernel cannot load that' >&2

modules: kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

# Signs with the machine's own key if kbuild has no key.
modules_install: sign_key modules
	$(CROSS_COMPILE)strip -g vfio-pci-width.ko
	$(if $(sign),'$(KDIR)/scripts/sign-file' $(sign_hash) '$(SIGN_KEY)' '$(SIGN_CERT)' vfio-pci-width.ko)
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(install_mod_path) $(no_signature) modules_install

install_mod_path = $(if $(DESTDIR),INSTALL_MOD_PATH='$(DESTDIR)')
kbuild_signs = $(shell grep -sx CONFIG_MODULE_SIG_ALL=y '$(KDIR)/include/config/auto.conf' '$(KDIR)/.config')
kbuild_key = $(if $(kbuild_signs),$(wildcard $(KDIR)/certs/signing_key.pem))
# Headers may enable MODULE_SIG_ALL without having a key, as Debian's do.
no_signature = $(if $(kbuild_key),,CONFIG_MODULE_SIG_ALL=)

# The machine owner's key, made by DKMS or shim-signed. Packages are not signed with it.
SIGN_KEY ?= $(if $(DESTDIR),,$(firstword $(wildcard /var/lib/shim-signed/mok/MOK.priv /var/lib/dkms/mok.key)))
SIGN_CERT ?= $(patsubst %.priv,%.der,$(patsubst %.key,%.pub,$(SIGN_KEY)))
can_sign = $(wildcard $(KDIR)/scripts/sign-file)
sign = $(if $(kbuild_key),,$(if $(can_sign),$(shell [ ! -r '$(SIGN_KEY)' ] || echo yes)))
sign_hash = $(or $(shell sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"/\1/p' '$(KDIR)/include/config/auto.conf' '$(KDIR)/.config' 2>/dev/null | sed q),sha256)

# A key that the user names must not be ignored.
key_asked = $(if $(filter file,$(origin SIGN_KEY)),,$(SIGN_KEY))
key_obstacle = $(if $(kbuild_key),kbuild signs with the key of $(KDIR): leave out SIGN_KEY,$(if \
	$(can_sign),cannot read it or SIGN_CERT=$(SIGN_CERT),$(KDIR) has no scripts/sign-file))

sign_key:
	@[ -z '$(key_asked)' ] || { [ -n '$(sign)' ] && [ -r '$(SIGN_CERT)' ]; } || { \
		echo 'vfio-pci-width: cannot sign with $(SIGN_KEY): $(key_obstacle)'; \
		exit 1; \
	} >&2

tools:
	$(MAKE) -C tools/vfio-bar

# The release that modules_install uses; Debian's kernel.release differs.
release = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' '$(KDIR)/include/generated/utsrelease.h' 2>/dev/null),$(running))
# Not in /etc: a file of that name there is the administrator's and overrides this one. Not below
# PREFIX: initramfs-tools copies only /etc/modprobe.d and /lib/modprobe.d.
modprobe_conf = $(DESTDIR)/lib/modprobe.d/vfio-pci-width.conf
depmod = PATH="$$PATH:/usr/sbin:/sbin" depmod $(release)
units = $(DESTDIR)$(PREFIX)/lib/systemd/system

dkms_tree := /var/lib/dkms

# Fails before anything is built: depmod would have to choose between DKMS's module and this one.
may_install:
	@[ -n '$(DESTDIR)' ] || [ ! -e '$(dkms_tree)/vfio-pci-width' ] || { \
		echo 'vfio-pci-width: DKMS manages the module: remove the package vfio-pci-width-dkms, or run dkms remove vfio-pci-width/VERSION --all (dkms status shows VERSION)' >&2; \
		exit 1; \
	}
	@[ -n '$(DESTDIR)' ] || [ "$$(id -u)" = 0 ] || { \
		echo 'vfio-pci-width: run this as root, or give DESTDIR=DIR' >&2; \
		exit 1; \
	}

install: may_install modules_install
	$(MAKE) -C tools/vfio-bar install PREFIX=$(PREFIX)
	install -D -m 644 packaging/modprobe.conf '$(modprobe_conf)'
	install -D -m 644 packaging/vfio-pci-width.service '$(units)/vfio-pci-width.service'
	mkdir -p '$(units)/sysinit.target.wants'
	ln -sf ../vfio-pci-width.service '$(units)/sysinit.target.wants/'
ifeq ($(DESTDIR),)
	$(depmod)
	@echo
	@echo 'vfio-pci-width is installed for $(release)$(if $(sign)$(kbuild_key),, (not signed: Secure Boot rejects it)).'
	@echo 'It loads with vfio_pci_core from now on.$(if $(filter $(running),$(release)), To load it now: modprobe vfio-pci-width)'
	@echo 'If the initramfs has vfio-pci, rebuild it: $(initrd_advice)'
endif

initrd_advice = update-initramfs -u -k $(release), or dracut -f --kver $(release)
modules_dir = $(DESTDIR)/lib/modules/$(release)

uninstall: may_install
	rm -f '$(modules_dir)/updates/vfio-pci-width.ko'* '$(modules_dir)/extra/vfio-pci-width.ko'*
	rm -f '$(modprobe_conf)' '$(units)/vfio-pci-width.service' \
		'$(units)/sysinit.target.wants/vfio-pci-width.service'
	rm -f '$(DESTDIR)$(PREFIX)/bin/vfio-bar' '$(DESTDIR)$(PREFIX)/share/man/man1/vfio-bar.1' \
		'$(DESTDIR)$(PREFIX)/share/bash-completion/completions/vfio-bar'
ifeq ($(DESTDIR),)
	[ ! -d '$(modules_dir)' ] || $(depmod)
	@echo
	@echo 'vfio-pci-width is removed for $(release). To unload it, see Documentation/packages.rst.'
	@echo 'If the initramfs has vfio-pci, rebuild it: $(initrd_advice)'
endif

# OUT=DIR is the output directory (default: out/).
deb:
	@scripts/build-deb $(if $(OUT),'OUT=$(OUT)')

rpm:
	@scripts/build-rpm $(if $(OUT),'OUT=$(OUT)')

clean:
	@[ ! -e '$(KDIR)/Makefile' ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean
	$(MAKE) -C tools/vfio-bar clean

# KERNEL=6.12 is the other stock kernel. ARCH=arm64 uses Debian's for arm64, ARCH=s390 zPCI,
# ARCH=ism ISM functions, ARCH=qemu a guest's instructions through QEMU.
demo:
	@scripts/demo $(if $(ARCH),--arch $(ARCH)) $(KERNEL)

# TESTS="tests/40-matrix-6.1.t ..." runs only these.
check:
	@scripts/check $(TESTS)

# The first run builds kernels from source.
check-long:
	@scripts/check tests/long/*.t

# Lists lines that no fuzzer input, KUnit suite or request in QEMU executes.
coverage:
	@scripts/coverage

# SETUPS="6.1 6.12-modules" counts instructions on these only and runs no other benchmark.
# OUT=DIR is the directory for tables and plots.
bench:
	@scripts/bench $(if $(OUT),--out '$(OUT)') $(SETUPS)
ifeq ($(SETUPS),)
	@scripts/bench-bus $(if $(OUT),--out '$(OUT)')
	@scripts/bench-scale $(if $(OUT),--out '$(OUT)')
	@scripts/bench-uml $(if $(OUT),--out '$(OUT)')
endif

# Bus transactions of each request of the demos.
bench-bus:
	@scripts/bench-bus $(if $(OUT),--out '$(OUT)') $(SETUPS)

# Long requests, many threads, delays of other tasks.
bench-scale:
	@scripts/bench-scale $(if $(OUT),--out '$(OUT)') $(SETUPS)

# Native time.
bench-uml:
	@scripts/bench-uml $(if $(OUT),--out '$(OUT)') $(SETUPS)

# Sizes, holes and cache lines of the structures that each request uses.
layout:
	@scripts/layout $(if $(filter-out file,$(origin KDIR)),'$(KDIR)')

# KSRC=7.3 or KSRC=DIR also renders the kernel-doc.
html:
	@scripts/build-site $(if $(OUT),--out '$(OUT)') $(if $(KSRC),'$(KSRC)')

# See scripts/soak --help. SOAK="--kernel NAME --seed N" passes options.
soak:
	@scripts/soak $(SOAK) $(MINUTES)

# KSRC=DIR or KSRC=VERSION is a kernel source. See --help of these scripts.
overlay:
	@integration/overlay $(if $(KSRC),'KSRC=$(KSRC)') $(if $(OUT),'OUT=$(OUT)')

series:
	@integration/series $(if $(KSRC),'KSRC=$(KSRC)') $(if $(OUT),'OUT=$(OUT)')

# QSRC=DIR or QSRC=VERSION is QEMU's source.
qemu-series:
	@qemu/series $(if $(QSRC),'QSRC=$(QSRC)') $(if $(OUT),'OUT=$(OUT)')

replacement-modules:
	@integration/replacement-modules $(if $(KSRC),'KSRC=$(KSRC)') 'KDIR=$(KDIR)' \
		$(if $(OUT),'OUT=$(OUT)')

help:
	@echo 'make                    build vfio-pci-width.ko and vfio-bar'
	@echo '  KDIR=DIR              kernel build directory (now: $(or $(KDIR),none found))'
	@echo 'make install            install both; modprobe then loads the module with vfio_pci_core'
	@echo '  DESTDIR=DIR           prefix of all paths, for packages'
	@echo '  PREFIX=DIR            prefix of vfio-bar and the systemd unit (now: $(PREFIX))'
	@echo '  SIGN_KEY=FILE SIGN_CERT=FILE'
	@echo '                        sign the module (now: $(or $(SIGN_KEY),no key))'
	@echo 'make uninstall          undo install; give the same DESTDIR, PREFIX and KDIR'
	@echo 'make deb                build the Debian packages vfio-pci-width-dkms and vfio-bar'
	@echo '  OUT=DIR               output directory (now: out)'
	@echo 'make rpm                the same as RPM packages'
	@echo 'make replacement-modules KSRC=6.12'
	@echo '                        build vfio-pci-core.ko and the other modules with the whole rework'
	@echo '                        for KDIR, from Debian'"'"'s source of KSRC; or KSRC=DIR'
	@echo 'make overlay KSRC=7.3 OUT=DIR'
	@echo '                        make a copy of that kernel source with the rework'
	@echo 'make series KSRC=7.3    write the kernel patch series; or KSRC=DIR'
	@echo 'make qemu-series QSRC=10.0'
	@echo '                        write the QEMU patch series; or QSRC=DIR'
	@echo 'make demo               show requests before and after, on a stock Debian kernel in QEMU'
	@echo 'make demo KERNEL=6.12   the same on the other stock kernel'
	@echo 'make demo ARCH=arm64    the same on Debian'"'"'s arm64 kernel, with replacement modules'
	@echo 'make demo ARCH=s390     the same for zPCI, on a kernel built from source'
	@echo 'make demo ARCH=ism      compare mainline'"'"'s ISM driver with the rework'
	@echo 'make demo ARCH=qemu     compare a guest'"'"'s PCI instructions with what reaches the function'
	@echo 'make check              run the tests'
	@echo '  TESTS="tests/..."     run only these'
	@echo 'make check-long         run the tests on mainline and debug kernels, and the VFIO selftests'
	@echo 'make soak MINUTES=N     run stress, fuzz and memory failure tests with random seeds'
	@echo 'make coverage           list lines that no test executes'
	@echo 'make bench              count instructions per request, stock and ours, and run the three below'
	@echo '  SETUPS="6.1 ..."      count instructions on these kernels only'
	@echo 'make bench-bus          count bus transactions of the demos'"'"' requests'
	@echo 'make bench-scale        measure requests up to 64 MiB, many threads, delays of other tasks'
	@echo 'make bench-uml          time requests in native code, on user-mode Linux'
	@echo 'make layout             print the memory layout of the structures of the hot path'
	@echo 'make html               build Documentation/ as a site'
	@echo '  KSRC=7.3 OUT=DIR      also render the kernel-doc; output directory (default: html)'
	@echo 'make clean              remove what make has built; keeps out/, html/, replacement-modules-*'
