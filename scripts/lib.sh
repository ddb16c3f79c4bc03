# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # the script that sources this sets $here
#
# Functions for the scripts. A script sources this with `set -eu` in force and $here set
# to the directory of the scripts. Messages go to stderr; stdout has only the result.
#
# Exit codes: 0 done, 1 error, 2 wrong usage, 77 not available on this machine.

VPW_NAME=${0##*/}

# In a git hook, git's variables would point to the hook's repository.
# shellcheck disable=SC2046 # a list
unset $(git rev-parse --local-env-vars 2>/dev/null) VPW_NO_SUCH

# Python scripts in a kernel's source must not add files to it.
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

# A user's PATH may lack the directories of depmod and modinfo.
PATH=$PATH:/usr/sbin:/sbin

say() {
	printf '==> %s\n' "$*" >&2
}

warn() {
	printf '%s: warning: %s\n' "$VPW_NAME" "$*" >&2
}

die() {
	printf '%s: error: %s\n' "$VPW_NAME" "$*" >&2
	exit 1
}

die_usage() {
	printf '%s: %s (see %s --help)\n' "$VPW_NAME" "$*" "$0" >&2
	exit 2
}

# cannot REASON: not an error; this machine lacks something.
cannot() {
	printf '%s: not available here: %s\n' "$VPW_NAME" "$*" >&2
	exit 77
}

VPW_CACHE=${VPW_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/vfio-pci-width}
case $VPW_CACHE in
# A relative path would mean another cache in each directory.
[!/]*) die "the cache must have an absolute path: set VPW_CACHE to one, such as $PWD/$VPW_CACHE" ;;
*[!A-Za-z0-9_./+@=-]*)
	die "kernels cannot be built in '$VPW_CACHE': set VPW_CACHE to a path without spaces and special characters"
	;;
esac
mkdir -p "$VPW_CACHE/lock" "$VPW_CACHE/log" 2>/dev/null ||
	die "cannot write to $VPW_CACHE: set VPW_CACHE to a writable directory"
# make resolves symbolic links in its directory, and paths must match.
VPW_CACHE=$(cd "$VPW_CACHE" && pwd -P)
export VPW_CACHE

VPW_LOG=$VPW_CACHE/log/$VPW_NAME.$$.log
# Logs of killed runs.
find "$VPW_CACHE/log" -maxdepth 1 -type f -name '*.[0-9]*.log' -mtime +1 -exec rm -f {} + 2>/dev/null || :
# A script may set this to a directory, which is removed when the script ends.
VPW_TMP=
VPW_UNFINISHED=

vpw_cleanup() {
	[ -z "$VPW_TMP" ] || rm -rf "$VPW_TMP"
	[ -z "$VPW_UNFINISHED" ] || rm -rf "$VPW_UNFINISHED"
	rm -f "$VPW_LOG"
}
trap vpw_cleanup EXIT
vpw_interrupted() {
	warn "interrupted"
	exit "$1"
}
trap 'vpw_interrupted 129' HUP
trap 'vpw_interrupted 130' INT
trap 'vpw_interrupted 143' TERM

# logged COMMAND...: runs it silently and appends its output to the log.
logged() {
	printf '+ %s\n' "$*" >>"$VPW_LOG"
	"$@" >>"$VPW_LOG" 2>&1
}

# show_log FILE: the errors in it and its end. In a parallel build, the output of other jobs
# follows an error.
show_log() {
	[ -s "$1" ] || return 0
	grep -nE '(^|[^[:alnum:]_-])([Ee]rror|ERROR|FAILED):|undefined reference|: not found$|\*\*\* ' "$1" |
		sed -e 20q -e 's/^\([0-9]*\):/line \1: /' | sed 's/^/    /'
	echo "    the end of the log:"
	tail -n 10 "$1" | sed 's/^/    /'
} >&2

# die_log MESSAGE: shows the log, then ends the script with the message.
die_log() {
	show_log "$VPW_LOG"
	die "$@"
}

# run COMMAND...: like logged, but ends the script if the command fails.
run() {
	logged "$@" || die_log "failed: $*"
}

# ---- packages ----

# apt_locked COMMAND...: only one of our scripts uses apt at a time; no output on stdout.
apt_locked() {
	flock -n "$VPW_CACHE/lock/apt" true ||
		say "waiting for another run that installs packages (usually 1 to 3 minutes)"
	flock "$VPW_CACHE/lock/apt" env LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@" \
		>>"$VPW_LOG" 2>&1
}

# Runs once for a script and all scripts that it calls.
apt_update() {
	[ -z "${VPW_APT_UPDATED:-}" ] || return 0
	[ "$(id -u)" = 0 ] || return 1
	say "updating the package lists (usually 10 to 30 s)"
	apt_locked apt-get update || {
		sleep 5
		apt_locked apt-get update
	} || return 1
	VPW_APT_UPDATED=1
	export VPW_APT_UPDATED
}

# apt_candidate PACKAGE: the version that apt would install, or nothing.
apt_candidate() {
	LC_ALL=C apt-cache policy "$1" 2>/dev/null |
		sed -n -e '/^  Candidate: (none)/d' -e 's/^  Candidate: //p'
}

# pkg_version PACKAGE: the installed version, or nothing.
pkg_version() {
	# shellcheck disable=SC2016 # the ${...} are dpkg-query's
	dpkg-query -W -f '${db:Status-Abbrev} ${Version}\n' "$1" 2>/dev/null |
		sed -n 's/^[hi]i *//p'
}

apt_install() {
	[ "$(id -u)" = 0 ] ||
		die "packages are missing and only root can install them: apt-get install $*"
	apt_update || warn "cannot update the package lists; using the old ones"
	say "installing with apt: $* (usually 1 to 3 minutes)"
	apt_locked apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" ||
		die_log "apt cannot install: $*"
}

# own_python: prints the path of the distribution's python3, the one that finds its packages.
own_python() {
	PATH=/usr/bin:$PATH command -v python3
}

# has THING: succeeds if it is there. THING is a command; COMPILER/FILE.h or COMPILER/FILE.a,
# found by that compiler; python3/MODULE; pkg-config/LIBRARY; static/COMMAND, statically
# linked; spatch/python, spatch with Python support; or an absolute path.
has() {
	case $1 in
	/*) [ -e "$1" ] ;;
	python3/*) "$(own_python)" -c "import ${1#*/}" ;;
	pkg-config/*) pkg-config --exists "${1#*/}" ;;
	spatch/python) spatch --very-quiet --sp-file "$here/../integration/python.cocci" /dev/null ;;
	static/*) vpw_has=$(command -v "${1#*/}") && ! ldd "$vpw_has" | grep '=>' ;;
	*/*.h) echo "#include <${1#*/}>" | "${1%%/*}" -E -x c - ;;
	*/*.a) [ -e "$("${1%%/*}" -print-file-name="${1#*/}")" ] ;;
	*) command -v "$1" ;;
	esac >/dev/null 2>&1
}

# apt_name NAME|NAME...: the first of these package names that this release has.
apt_name() {
	for vpw_name in $(echo "$1" | tr '|' ' '); do
		[ -z "$(apt_candidate "$vpw_name")" ] || break
	done
	echo "$vpw_name"
}

# need THING:PACKAGE...: installs the Debian packages of missing things (see has). PACKAGE is
# NAME|NAME if its name depends on the release.
need() {
	vpw_missing='' vpw_pkgs=''
	for vpw_i; do
		! has "${vpw_i%%:*}" || continue
		vpw_missing="$vpw_missing ${vpw_i%%:*}"
		vpw_pkgs="$vpw_pkgs ${vpw_i#*:}"
	done
	[ -n "$vpw_missing" ] || return 0
	command -v apt-get >/dev/null ||
		die "there is no apt, so install these yourself:$vpw_missing (Debian's packages are$vpw_pkgs)"
	# Without package lists, apt_name() cannot tell the names apart.
	case $vpw_pkgs-$(id -u) in
	*'|'*-0) apt_update || : ;;
	esac
	vpw_missing=$vpw_pkgs vpw_pkgs=''
	for vpw_i in $vpw_missing; do
		vpw_i=$(apt_name "$vpw_i")
		case "$vpw_pkgs " in
		*" $vpw_i "*) ;;
		*) vpw_pkgs="$vpw_pkgs $vpw_i" ;;
		esac
	done
	# shellcheck disable=SC2086 # a list
	apt_install $vpw_pkgs
	for vpw_i; do
		has "${vpw_i%%:*}" || die "${vpw_i%%:*} is still missing after installing ${vpw_i#*:}"
	done
}

# need_spatch: spatch with its Python library, which some releases package separately.
need_spatch() {
	need spatch:coccinelle
	need "spatch/python:lib$(readlink -f "$(own_python)" | sed 's,.*/,,')"
}

# ---- packages of another suite or for another machine ----
#
# These use a package list of their own in the cache, so that the machine's sources do not
# change. They use the first Debian mirror among the machine's sources.

vpw_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# debian_mirror: its address and its suite, as two words, or nothing.
debian_mirror() {
	# shellcheck disable=SC2016 # the $(...) are apt's
	apt-get indextargets --format '$(REPO_URI)|$(CODENAME)|$(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null |
		sed -n 's/^\(.*\)|\(bookworm\|trixie\)|main$/\1 \2/p' | sed q
}

# suite_open SUITE [ARCH]: makes suite_apt use that suite. SUITE "own" is the machine's own,
# ARCH "source" stands for source packages. On failure returns 1 with the reason in $why.
suite_open() {
	vpw_mirror=$(debian_mirror)
	suite=$1
	[ "$suite" != own ] || suite=${vpw_mirror#* }
	suite_arch=${2:-$(dpkg --print-architecture)}
	lists=$VPW_CACHE/lists/$suite-$suite_arch
	# shellcheck disable=SC2034 # for the caller
	why="$vpw_keyring is missing: install debian-archive-keyring"
	[ -f "$vpw_keyring" ] || return 1
	# shellcheck disable=SC2034
	why="no Debian mirror among this machine's package sources"
	[ -n "$vpw_mirror" ] || return 1

	vpw_mirror=${vpw_mirror% *}
	# Security suites are in an archive of their own.
	case $suite in
	*-security) vpw_mirror=${vpw_mirror%/}-security ;;
	esac
	vpw_line="deb [arch=$suite_arch signed-by=$vpw_keyring] $vpw_mirror $suite main"
	if [ "$suite_arch" = source ]; then
		suite_arch=$(dpkg --print-architecture)
		vpw_line="deb-src [signed-by=$vpw_keyring] $vpw_mirror $suite main"
	fi
	mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
	: >"$lists/status"
	with_lists_locked suite_refresh
}

# suite_read: updates the list.
suite_read() {
	with_lists_locked suite_update
}

# with_lists_locked COMMAND: runs it while no other run updates a list, which apt would refuse.
with_lists_locked() {
	exec 8>"$VPW_CACHE/lock/lists"
	flock 8
	vpw_status=0
	"$1" || vpw_status=1
	exec 8>&-
	return "$vpw_status"
}

# suite_refresh: updates the list once a day, or when the mirror changes.
suite_refresh() {
	if [ "$(cat "$lists/sources.list" 2>/dev/null)" != "$vpw_line" ] ||
		[ -z "$(find "$lists/updated" -mtime -1 2>/dev/null)" ]; then
		suite_update
	fi
}

suite_update() {
	say "reading the package list of $suite ($suite_arch; usually 10 to 30 s)"
	rm -f "$lists/updated"
	echo "$vpw_line" >"$lists/sources.list"
	for vpw_i in 0 5; do
		sleep "$vpw_i"
		if logged suite_apt apt-get update -o APT::Update::Error-Mode=any; then
			: >"$lists/updated"
			return 0
		fi
	done
	# shellcheck disable=SC2034
	why="$suite ($suite_arch) cannot be read"
	return 1
}

# suite_apt TOOL ARGUMENT...: runs apt-get or apt-cache on that list.
suite_apt() {
	vpw_tool=$1
	shift
	# The packages installed here must not matter: they may be another release's.
	LC_ALL=C "$vpw_tool" -o APT::Sandbox::User=root -o APT::Architecture="$suite_arch" \
		-o Dir::State::status="$lists/status" \
		-o APT::Architectures="$suite_arch" -o Dir::Etc::sourcelist="$lists/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$lists/lists" \
		-o Dir::Cache="$lists/cache" "$@"
}

# suite_candidate PACKAGE: the version in the list, or nothing. Prints apt's errors and returns
# 1 if apt cannot read the list.
suite_candidate() {
	vpw_policy=$(suite_apt apt-cache policy "$1" 2>"$VPW_LOG") || {
		cat "$VPW_LOG" >&2
		return 1
	}
	echo "$vpw_policy" | sed -n -e '/^  Candidate: (none)/d' -e 's/^  Candidate: //p'
}

# other_suites VERSION: suites to search for a Debian kernel, if the machine's own sources do
# not have it. The security suites have the newest; a kernel built for the older release also
# runs on the newer one.
other_suites() {
	case $1 in
	6.1) echo bookworm-security bookworm ;;
	6.12) echo bookworm-security trixie ;;
	7.3) echo trixie-backports ;;
	esac
}

# any_apt TOOL ARGUMENT...: suite_apt, or apt with the machine's own lists if $suite is empty.
any_apt() {
	if [ -n "$suite" ]; then
		suite_apt "$@"
	else
		vpw_tool=$1
		shift
		LC_ALL=C "$vpw_tool" -o APT::Sandbox::User=root "$@"
	fi
}

any_candidate() {
	if [ -n "$suite" ]; then
		suite_candidate "$1"
	else
		apt_candidate "$1"
	fi
}

# any_build PACKAGE: the installed version if it can still be downloaded, so that a kernel and
# its source match the installed one; else the newest.
any_build() {
	vpw_found=
	[ -n "$suite" ] || vpw_found=$(pkg_version "$1")
	if [ -z "$vpw_found" ] || ! logged any_apt apt-get download --print-uris "$1=$vpw_found"; then
		vpw_found=$(any_candidate "$1")
	fi
	echo "$vpw_found"
}

# suite_source PACKAGE [PREFIX]: the newest source version in the list that begins with PREFIX,
# or nothing.
suite_source() {
	suite_apt apt-cache showsrc --only-source "$1" 2>/dev/null |
		sed -n 's/^Version: //p' | awk -v p="${2:-}" 'index($0, p) == 1' | sort -V | sed -n '$p'
}

# suite_unpack_source DIR PACKAGE VERSION [OPTION]...: unpacks the upstream source, without
# Debian's changes, into DIR with these options of tar. Downloads to $entry.
suite_unpack_source() {
	vpw_dir=$1
	vpw_wanted=$2=$3
	shift 3
	rm -rf "$entry/dsc"
	mkdir -p "$entry/dsc" "$vpw_dir"
	(cd "$entry/dsc" && logged suite_apt apt-get source --tar-only -y "$vpw_wanted") || return 1
	logged tar -xf "$(echo "$entry"/dsc/*.orig.tar.*)" --strip-components=1 -C "$vpw_dir" "$@" ||
		return 1
	rm -rf "$entry/dsc"
}

# suite_unpack DIR PACKAGE=VERSION...: unpacks them into DIR. Downloads to $entry.
suite_unpack() {
	vpw_dir=$1
	shift
	rm -rf "$entry/deb"
	mkdir "$entry/deb"
	(cd "$entry/deb" && logged suite_apt apt-get download "$@") || return 1
	for vpw_i in "$entry"/deb/*.deb; do
		run dpkg-deb -x "$vpw_i" "$vpw_dir"
	done
	rm -rf "$entry/deb"
}

# suite_get KIND PACKAGE...: like cache_has, for the contents of these packages. Returns 1
# after unpacking them into $entry; the caller then calls cache_keep. Ends the script if the
# packages are not available. $suite_key, if set, names what else the contents depend on.
suite_get() {
	vpw_get=$1
	shift
	vpw_read=
	while :; do
		vpw_wanted=
		for vpw_pkg; do
			vpw_found=$(suite_candidate "$vpw_pkg") ||
				die "the package list of $suite ($suite_arch) cannot be read: see above"
			[ -n "$vpw_found" ] || cannot "$suite ($suite_arch) has no $vpw_pkg"
			vpw_wanted="$vpw_wanted $vpw_pkg=$vpw_found"
		done
		! cache_has "$vpw_get" "$(key "$vpw_wanted" ${suite_key:+"$suite_key"} "$(file_key "$0")")" || return 0
		say "fetching from $suite ($suite_arch):$vpw_wanted (up to a minute)"
		# shellcheck disable=SC2086 # a list
		! suite_unpack "$entry" $vpw_wanted || return 1

		cache_drop
		[ -z "$vpw_read" ] || cannot "these cannot be downloaded:$vpw_wanted"
		# The archive is newer than the list.
		vpw_read=1
		suite_read || cannot "$why"
	done
}

# need_meson: puts a meson that is new enough for QEMU into PYTHONPATH; Debian 12's is not.
need_meson() {
	[ "$(printf '%s\n' 1.5 "$(meson --version 2>/dev/null)" | sort -V | sed -n '$p')" = 1.5 ] ||
		return 0
	suite_open bookworm-backports || cannot "$why"
	vpw_found=$(suite_candidate meson)
	[ -n "$vpw_found" ] || cannot "bookworm-backports has no meson"
	suite_unpack "$entry/meson" "meson=$vpw_found" || cannot "meson=$vpw_found cannot be downloaded"
	PYTHONPATH=$entry/meson/usr/lib/python3/dist-packages
	export PYTHONPATH
}

# ---- cache ----
#
# An entry is the directory $VPW_CACHE/KIND/KEY. It is made in its final place, as a kernel's
# build directory cannot be moved, and is valid once it has the file .complete.

# key WORD...: a short hash of the words.
key() {
	printf '%s\n' "$@" | sha256sum | cut -c 1-16
}

# file_key FILE...: the same for the contents of files.
file_key() {
	cat "$@" | sha256sum | cut -c 1-16
}

# cache_has KIND KEY: sets $entry. Returns 0 if the entry is valid. Otherwise returns 1 with
# the lock on KIND held and $entry empty: make the entry there and call cache_keep. If the
# script ends before that, the entry is removed.
cache_has() {
	vpw_kind=$VPW_CACHE/$1
	entry=$vpw_kind/$2
	if [ -e "$entry/.complete" ]; then
		touch "$entry/.complete"
		return 0
	fi

	mkdir -p "$vpw_kind"
	exec 9>"$VPW_CACHE/lock/$1"
	if ! flock -n 9; then
		say "waiting for another run that makes $1 (minutes for a kernel)"
		flock 9
	fi
	if [ -e "$entry/.complete" ]; then
		exec 9>&-
		touch "$entry/.complete"
		return 0
	fi

	# We hold the lock, so this is left from a killed run.
	rm -rf "$entry"
	VPW_UNFINISHED=$entry
	mkdir "$entry"
	return 1
}

# cache_drop: gives $entry up.
cache_drop() {
	rm -rf "$entry"
	VPW_UNFINISHED=
	exec 9>&-
}

# cache_keep: marks $entry valid. Removes entries of the kind under other keys, except those
# used in the last hour.
cache_keep() {
	: >"$entry/.complete"
	VPW_UNFINISHED=
	for vpw_i in "$vpw_kind"/*; do
		[ "$vpw_i" != "$entry" ] || continue
		# Remove only what has a name that key() makes.
		expr "${vpw_i##*/}" : '[0-9a-f]\{16\}$' >/dev/null || continue
		[ -z "$(find "$vpw_i/.complete" -mmin -60 2>/dev/null)" ] || continue
		rm -f "$vpw_i/.complete"
		rm -rf "$vpw_i"
	done
	exec 9>&-
}

# ---- kernel trees ----

# Variables of a calling make must not reach the kernel's make.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES O M C V W KDIR
unset KBUILD_OUTPUT KBUILD_EXTMOD KCONFIG_CONFIG KCFLAGS LOCALVERSION ARCH CROSS_COMPILE

VPW_JOBS=${VPW_JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}

# toolchain ARCH: sets $karch, $cross (a prefix, empty for the native compiler) and $compiler
# (its version). Installs what is missing. i386 uses x86_64's compiler; its kernels are built
# with -m32.
toolchain() {
	need make:make gcc:gcc ld:binutils bc:bc bison:bison flex:flex perl:perl depmod:kmod xz:xz-utils \
		gcc/libelf.h:libelf-dev gcc/openssl/opensslv.h:libssl-dev gcc/stdio.h:libc6-dev
	# By machine name, so that such a machine uses its native compiler.
	case $1 in
	x86_64 | i386) karch=$1 vpw_i=x86_64 ;;
	s390x) karch=s390 vpw_i=s390x ;;
	arm64) karch=arm64 vpw_i=aarch64 ;;
	arm) karch=arm vpw_i=arm ;;
	ppc64 | ppc64le) karch=powerpc vpw_i=$1 ;;
	riscv64) karch=riscv vpw_i=riscv64 ;;
	*) die_usage "no such architecture: $1" ;;
	esac
	case $vpw_i in
	arm) cross=arm-linux-gnueabihf- ;;
	ppc64*) cross=powerpc${vpw_i#ppc}-linux-gnu- ;;
	*) cross=$vpw_i-linux-gnu- ;;
	esac
	if [ "$(uname -m)" = "$vpw_i" ]; then
		cross=
	else
		need "${cross}gcc:gcc-$(echo "${cross%-}" | tr _ -)"
	fi
	# shellcheck disable=SC2034 # for the caller's key
	compiler=$("${cross}gcc" --version | sed q)
}

# source_id DIR: identifies this source in a key. A path in the cache identifies its contents;
# any other tree may change.
source_id() {
	echo "$1"
	case $1 in
	"$VPW_CACHE"/source-* | "$VPW_CACHE"/qemu-source-*) ;;
	*)
		find "$1" -name .git -prune -o -type f -printf '%P %s %T@\n' |
			LC_ALL=C sort | sha256sum
		;;
	esac
}

# kmake SRC BUILD ARGUMENT...: runs the kernel's make; its output goes to the log.
kmake() {
	vpw_src=$1
	vpw_build=$2
	shift 2
	logged make -C "$vpw_src" O="$vpw_build" ARCH="$karch" CROSS_COMPILE="$cross" \
		-j"$VPW_JOBS" "$@"
}

# fragment_lines NAME: a fragment of scripts/kernels after the fragments that it is based on
# (comment lines "# base: NAME"), so that its own lines win.
fragment_lines() {
	[ -f "$here/kernels/$1.config" ] || die "no such file: scripts/kernels/$1.config"
	sed -n 's/^# base: //p' "$here/kernels/$1.config" | while read -r vpw_i; do
		fragment_lines "$vpw_i"
	done || exit
	grep -E '^(CONFIG_|# CONFIG_)' "$here/kernels/$1.config"
}

# configure SRC BUILD FRAGMENT: tinyconfig plus the fragment; every line of the fragment must
# take effect.
configure() {
	kmake "$1" "$2" tinyconfig || die_log "make tinyconfig failed"
	cat "$3" >>"$2/.config"
	kmake "$1" "$2" olddefconfig || die_log "make olddefconfig failed"
	awk '
		function name(line) {
			sub(/^# /, "", line)
			sub(/[ =].*/, "", line)
			return line
		}
		FILENAME == ARGV[1] && /CONFIG_/ { is[name($0)] = $0; next }
		/CONFIG_/ { want[name($0)] = $0 }
		END {
			for (i in want)
				if (want[i] ~ /^#/ ? is[i] ~ /^C/ : is[i] != want[i]) {
					print "wanted " want[i] ", got " (is[i] ? is[i] : "nothing")
					bad = 1
				}
			exit bad
		}' "$2/.config" "$3" >&2 ||
		die "the kernel in $1 cannot be configured as scripts/kernels requires: see above"
}
