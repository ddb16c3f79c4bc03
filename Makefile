# SPDX-License-Identifier: GPL-2.0-only
#
# For people; what is built is in Kbuild. `make help` lists the targets.

running := $(shell uname -r)
# The running kernel's build directory, else that of the newest kernel installed.
KDIR ?= $(firstword $(wildcard /lib/modules/$(running)/build) \
	$(shell ls -d /lib/modules/*/build 2>/dev/null | sort -Vr))
PREFIX ?= /usr/local

export VPW_ACCEL VPW_CACHE VPW_KEEP

.PHONY: all modules modules_install tools install uninstall deb rpm clean demo check check-long \
	coverage soak bench bench-bus bench-scale bench-uml layout html help kdir \
	overlay series replacement-modules qemu-series

all: modules tools

ifeq ($(origin KDIR),file)
kdir_advice := install linux-headers-$(running), or say KDIR=DIR
kdir_other := $(filter-out /lib/modules/$(running)/build,$(KDIR))
else
kdir_advice := KDIR must be a kernel build directory, such as /lib/modules/<release>/build
endif

kdir:
	@if [ -z '$(KDIR)' ] || [ ! -e '$(KDIR)/Makefile' ]; then \
		echo 'vfio-pci-width: no kernel to build for in "$(KDIR)": $(kdir_advice)'; \
		exit 1; \
	fi >&2
	@if ! grep -qsx CONFIG_LIVEPATCH=y '$(KDIR)/include/config/auto.conf' '$(KDIR)/.config'; then \
		echo 'vfio-pci-width: the kernel in $(KDIR) has no CONFIG_LIVEPATCH, so there can be no livepatch module; use make replacement-modules, or make series: see Documentation/ways-in.rst'; \
		exit 1; \
	fi >&2
	@if ! grep -qsxE 'CONFIG_VFIO_PCI_CORE=[ym]' '$(KDIR)/include/config/auto.conf' '$(KDIR)/.config'; then \
		echo 'vfio-pci-width: the kernel in $(KDIR) has no CONFIG_VFIO_PCI_CORE: there is nothing to patch'; \
		exit 1; \
	fi >&2
	@[ -z '$(kdir_other)' ] || \
		echo 'vfio-pci-width: the running kernel $(running) has no headers here; building for $(kdir_other), which $(running) will not load' >&2

modules: kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

# Stripped, and signed with the machine's own key if kbuild has none to do it with.
modules_install: modules
	$(CROSS_COMPILE)strip -g vfio-pci-width.ko
	$(if $(sign),'$(KDIR)/scripts/sign-file' $(sign_hash) '$(SIGN_KEY)' '$(SIGN_CERT)' vfio-pci-width.ko)
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(install_mod_path) $(no_signature) modules_install

# A package's files go below DESTDIR; and headers have no key to sign a module with.
install_mod_path = $(if $(DESTDIR),INSTALL_MOD_PATH='$(DESTDIR)')
kbuild_key = $(wildcard $(KDIR)/certs/signing_key.pem)
no_signature = $(if $(kbuild_key),,CONFIG_MODULE_SIG_ALL=)

# The machine owner's key, as DKMS and shim-signed make it. A package is not signed with it.
SIGN_KEY ?= $(if $(DESTDIR),,$(firstword $(wildcard /var/lib/shim-signed/mok/MOK.priv /var/lib/dkms/mok.key)))
SIGN_CERT ?= $(patsubst %.priv,%.der,$(patsubst %.key,%.pub,$(SIGN_KEY)))
can_sign = $(wildcard $(KDIR)/scripts/sign-file)
sign = $(if $(kbuild_key),,$(if $(can_sign),$(shell [ ! -r '$(SIGN_KEY)' ] || echo yes)))
sign_hash = $(or $(shell sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"/\1/p' '$(KDIR)/include/config/auto.conf' '$(KDIR)/.config' 2>/dev/null | sed q),sha256)

tools:
	$(MAKE) -C tools/vfio-bar

# What modules_install uses; Debian's kernel.release says something else.
release = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' '$(KDIR)/include/generated/utsrelease.h' 2>/dev/null),$(running))
# Not /etc, where a file of that name is the administrator's and turns this one off.
modprobe_conf = $(DESTDIR)$(PREFIX)/lib/modprobe.d/vfio-pci-width.conf
depmod = PATH="$$PATH:/usr/sbin:/sbin" depmod $(release)
units = $(DESTDIR)$(PREFIX)/lib/systemd/system

install: modules_install
	$(MAKE) -C tools/vfio-bar install PREFIX=$(PREFIX)
	install -D -m 644 packaging/modprobe.conf '$(modprobe_conf)'
	install -D -m 644 packaging/vfio-pci-width.service '$(units)/vfio-pci-width.service'
	mkdir -p '$(units)/sysinit.target.wants'
	ln -sf ../vfio-pci-width.service '$(units)/sysinit.target.wants/'
ifeq ($(DESTDIR),)
	$(depmod)
	@echo
	@echo 'vfio-pci-width is installed for $(release)$(if $(sign)$(kbuild_key),, (not signed: Secure Boot refuses it)).'
	@echo 'It is loaded with vfio_pci_core from now on; to have it now: modprobe vfio-pci-width'
	@echo 'If vfio-pci is in the initial RAM disk: $(initrd_advice)'
endif

initrd_advice = update-initramfs -u -k $(release), or dracut -f --kver $(release)
modules_dir = $(DESTDIR)/lib/modules/$(release)

uninstall:
	@[ -n '$(DESTDIR)' ] || [ ! -e /var/lib/dkms/vfio-pci-width ] || { \
		echo 'vfio-pci-width: the module is managed by DKMS here: remove the package, or dkms remove vfio-pci-width/VERSION --all' >&2; \
		exit 1; \
	}
	rm -f '$(modules_dir)/updates/vfio-pci-width.ko'* '$(modules_dir)/extra/vfio-pci-width.ko'*
	rm -f '$(modprobe_conf)' '$(units)/vfio-pci-width.service' \
		'$(units)/sysinit.target.wants/vfio-pci-width.service'
	rm -f '$(DESTDIR)$(PREFIX)/bin/vfio-bar' '$(DESTDIR)$(PREFIX)/share/man/man1/vfio-bar.1' \
		'$(DESTDIR)$(PREFIX)/share/bash-completion/completions/vfio-bar'
ifeq ($(DESTDIR),)
	$(depmod)
	@echo
	@echo 'vfio-pci-width is removed for $(release). If it is loaded: Documentation/packages.rst.'
	@echo 'If vfio-pci is in the initial RAM disk: $(initrd_advice)'
endif

# OUT=DIR for where they go, out/ otherwise.
deb:
	@scripts/build-deb $(if $(OUT),'OUT=$(OUT)')

rpm:
	@scripts/build-rpm $(if $(OUT),'OUT=$(OUT)')

clean:
	@[ ! -e '$(KDIR)/Makefile' ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean
	$(MAKE) -C tools/vfio-bar clean

# KERNEL=6.12 for the other stock kernel, ARCH=arm64 for Debian's for arm64, ARCH=s390 for zPCI,
# ARCH=ism for ISM functions, ARCH=qemu for a guest's instructions through QEMU.
demo:
	@scripts/demo $(if $(ARCH),--arch $(ARCH)) $(KERNEL)

# TESTS="tests/40-matrix-6.1.t ..." for some of them.
check:
	@scripts/check $(TESTS)

# On kernels that are built from source first, which takes its time.
check-long:
	@scripts/check tests/long/*.t

# Lines that no input of the fuzzer, no KUnit suite and no request in QEMU executes.
coverage:
	@scripts/coverage

# SETUPS="6.1 6.12-modules" for the instructions on some kernels only; without it all that
# there is to measure. OUT=DIR for where tables and plots go.
bench:
	@scripts/bench $(if $(OUT),--out '$(OUT)') $(SETUPS)
ifeq ($(SETUPS),)
	@scripts/bench-bus $(if $(OUT),--out '$(OUT)')
	@scripts/bench-scale $(if $(OUT),--out '$(OUT)')
	@scripts/bench-uml $(if $(OUT),--out '$(OUT)')
endif

# Transactions on the bus for each request of the demos.
bench-bus:
	@scripts/bench-bus $(if $(OUT),--out '$(OUT)') $(SETUPS)

# Long requests, many threads, other tasks.
bench-scale:
	@scripts/bench-scale $(if $(OUT),--out '$(OUT)') $(SETUPS)

# The same by the clock, in native code.
bench-uml:
	@scripts/bench-uml $(if $(OUT),--out '$(OUT)') $(SETUPS)

# Sizes, holes and cache lines of the structures that each request meets.
layout:
	@scripts/layout $(if $(filter-out file,$(origin KDIR)),'$(KDIR)')

# KSRC=7.3 or KSRC=DIR renders the kernel-doc as well.
html:
	@scripts/build-site $(if $(OUT),--out '$(OUT)') $(if $(KSRC),'$(KSRC)')

# What scripts/soak --help says, SOAK="--kernel NAME --seed N" for its options.
soak:
	@scripts/soak $(SOAK) $(MINUTES)

# KSRC=DIR or KSRC=VERSION is a kernel's source; --help of these scripts says what else they take.
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
	@echo 'make demo               before and after, on a stock Debian kernel in QEMU'
	@echo 'make demo KERNEL=6.12   the same on the other stock kernel'
	@echo 'make demo ARCH=arm64    the same on Debian'"'"'s kernel for arm64, with replacement modules'
	@echo 'make demo ARCH=s390     the same for zPCI, on a kernel built small from source'
	@echo 'make demo ARCH=ism      ISM functions by mainline'"'"'s driver and by the rework, side by side'
	@echo 'make demo ARCH=qemu     what a guest does, and what reaches the function with QEMU as it is and with ours'
	@echo 'make check              all tests; TESTS="tests/..." for some of them'
	@echo 'make check-long         mainline kernels, and more of those with checkers; VFIO selftests'
	@echo 'make soak MINUTES=N     stress, fuzz and failing memory with random seeds, for that long'
	@echo 'make bench              instructions of each kind of request, stock and ours, then the three below;'
	@echo '                        SETUPS="6.1 ..." for the instructions on some kernels only'
	@echo 'make bench-bus          transactions on the bus of each request of the demos'
	@echo 'make bench-scale        requests up to 64 MiB, threads, what a long one does to others'
	@echo 'make bench-uml          ns of a request in native code, on user-mode Linux, stock and ours in turn'
	@echo 'make layout             how the structures of the hot path lie in memory'
	@echo 'make html               Documentation/ as a site; KSRC=7.3 renders the kernel-doc, OUT=DIR says where'
	@echo 'make coverage           which lines are executed in user space, by KUnit and in QEMU'
	@echo 'make                    vfio-pci-width.ko and vfio-bar'
	@echo '  KDIR=DIR              for that kernel (now: $(KDIR))'
	@echo 'make install            installs both, and has the module loaded with vfio_pci_core; DESTDIR=DIR for'
	@echo '                        below there, PREFIX=DIR for vfio-bar (now: $(PREFIX)), SIGN_KEY=FILE and'
	@echo '                        SIGN_CERT=FILE to sign with (now: $(or $(SIGN_KEY),none))'
	@echo 'make uninstall          removes what install did; with the same DESTDIR, PREFIX, KDIR'
	@echo 'make deb                packages for Debian: vfio-pci-width-dkms, vfio-bar; OUT=DIR (now: out)'
	@echo 'make rpm                the same for RPM'
	@echo 'make replacement-modules KSRC=6.12'
	@echo '                        vfio-pci-core.ko and friends with the whole rework, for KDIR; or KSRC=DIR'
	@echo 'make series KSRC=7.3    the patch series against the source that Debian has; or KSRC=DIR'
	@echo 'make qemu-series QSRC=10.0'
	@echo '                        the same for QEMU: a series against the source that Debian has; or QSRC=DIR'
	@echo 'make overlay KSRC=7.3 OUT=DIR'
	@echo '                        a copy of that kernel source with the rework in it'
	@echo 'make clean              removes what was built'
