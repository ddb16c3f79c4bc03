# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Shell functions and variables for jobs in the emulated machine. Sourced by busybox sh.

# The PCI functions that VFIO gets, at the addresses that scripts/lab/machine-*.sh gives them.
case $(uname -m) in
s390x)
	LAB_NVME=0001:00:00.0
	LAB_NIC=0002:00:00.0
	LAB_RNG=0003:00:00.0
	LAB_ALL="$LAB_NVME $LAB_NIC $LAB_RNG"
	# The functions of --ism. Not in LAB_ALL, as they use other drivers.
	LAB_ISM1=0011:00:00.0
	LAB_ISM2=0012:00:00.0
	LAB_ISM_ALL=$(cd /sys/bus/pci/devices && echo 001[1-9]:00:00.0)
	export LAB_RNG LAB_ISM1 LAB_ISM2 LAB_ISM_ALL
	;;
*)
	LAB_EDU=0000:00:04.0
	LAB_NIC=0000:00:05.0
	LAB_NICX=0000:00:06.0
	LAB_NVME=0000:00:07.0
	LAB_MEMORY=0000:00:08.0
	LAB_ALL="$LAB_EDU $LAB_NIC $LAB_NICX $LAB_NVME $LAB_MEMORY"
	export LAB_EDU LAB_NICX LAB_MEMORY
	# No firmware has enabled the tests' own devices.
	[ "$(uname -m)" != aarch64 ] || for bdf in 0000:00:0a.0 0000:00:0b.0; do
		echo 1 >"/sys/bus/pci/devices/$bdf/enable"
	done
	;;
esac
export LAB_NIC LAB_NVME LAB_ALL

# Loads the modules in order of dependency; some may be built in.
# LAB_CORE_PARAMETERS are parameters of vfio-pci-core.
lab_load_vfio() {
	for module in irqbypass iommufd vfio vfio_virqfd vfio_iommu_type1 \
		vfio-pci-core vfio-pci; do
		parameters=
		[ $module != vfio-pci-core ] || parameters=${LAB_CORE_PARAMETERS:-}
		# shellcheck disable=SC2086 # several parameters
		[ ! -e "/modules/$module.ko" ] || insmod "/modules/$module.ko" $parameters ||
			return 1
	done
}

# Binds all functions to LAB_DRIVER (default: vfio-pci).
lab_bind() {
	driver=${LAB_DRIVER:-vfio-pci}
	for bdf in $LAB_ALL; do
		dev=/sys/bus/pci/devices/$bdf
		[ ! -e "$dev/driver" ] || echo "$bdf" >"$dev/driver/unbind"
		echo "$driver" >"$dev/driver_override"
		echo "$bdf" >/sys/bus/pci/drivers_probe
		[ -e "$dev/driver" ] || {
			echo "LAB: $bdf cannot be bound to $driver"
			return 1
		}
	done
}

LAB_PATCH=/sys/kernel/livepatch/vfio_pci_width

lab_settle() {
	while [ -e "$LAB_PATCH/transition" ] && [ "$(cat "$LAB_PATCH/transition")" = 1 ]; do
		usleep 10000
	done
}

# lab_load_width [PARAMETER]...
lab_load_width() {
	insmod /modules/vfio-pci-width.ko "$@" || return 1
	lab_settle
}

# Messages by which a kernel reports a fault of its own, from the checkers that it may be
# built with (see scripts/kernels/debug.config) and from those that every kernel has.
LAB_SPLATS='BUG:|WARNING:|Oops|general protection|[Uu]nable to handle|KASAN|UBSAN|KCSAN'
LAB_SPLATS="$LAB_SPLATS|ODEBUG|possible (recursive|circular|irq|deadlock)|inconsistent lock state"
LAB_SPLATS="$LAB_SPLATS|suspicious RCU|sleeping function called|scheduling while atomic"
LAB_SPLATS="$LAB_SPLATS|INFO: (task|rcu)|detected stall|blocked for more than|soft lockup|hard LOCKUP"
LAB_SPLATS="$LAB_SPLATS|(list_add|list_del) corruption|refcount_t:|Bad page|stack-protector"
LAB_SPLATS="$LAB_SPLATS|kmemleak: .*(suspected|disabled)|Kernel panic"

# KCSAN finds races all over the kernel; only those in VFIO count.
lab_splats() {
	grep -E "$LAB_SPLATS" | sed '/BUG: KCSAN/{/vfio/!d;}'
}

# Runs kmemleak, if the kernel has it. kmemleak reports an object only if it is 5 seconds
# old and has not changed between two scans.
lab_leaks() {
	[ -d /sys/kernel/debug/tracing ] || mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
	leaks=/sys/kernel/debug/kmemleak
	[ -e "$leaks" ] || return 0
	sleep 6
	for scan in first second; do
		echo scan >"$leaks" || echo "LAB: splat: kmemleak gave up before its $scan scan"
	done
	sed 's/^/LAB: splat: kmemleak: /' "$leaks"
}
