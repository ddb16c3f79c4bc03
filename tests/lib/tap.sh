# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Functions for tests in shell; sourced at the top of the tree, after `set -eu`. Tests may use
# $tmp, which is removed, and end with tap_done.

# Variables of `make check` must not reach builds in a test.
unset MAKEFLAGS MFLAGS MAKELEVEL KDIR KUNIT
export LC_ALL=C
# Python scripts in a kernel's source must not add files to it.
export PYTHONDONTWRITEBYTECODE=1
# A new machine's git has no identity, without which no series is written.
if ! git var GIT_AUTHOR_IDENT >/dev/null 2>&1; then
	export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.org
	export GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.org
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

n=0
failed=0

ok() {
	n=$((n + 1))
	echo "ok $n - $1"
}

# not_ok NAME FILE: prints the file as diagnostics.
not_ok() {
	n=$((n + 1))
	failed=1
	echo "not ok $n - $1"
	# In a parallel build, the output of other jobs follows an error.
	{
		head -n -40 "$2" | grep -E '(error|ERROR|FAILED):|undefined reference' | sed 20q || :
		tail -n 40 "$2"
	} | sed 's/^/#   /' >&2
}

# refuses NAME REGEX COMMAND...: fails with one line that matches and leaves no $tmp/out.
refuses() {
	name="$1: refused"
	regex=$2
	shift 2
	rm -rf "$tmp/out"
	status=0
	"$@" >"$tmp/said" 2>&1 || status=$?
	grep -v '^==> ' "$tmp/said" >"$tmp/errors" || :
	if [ "$status" != 0 ] && [ "$(wc -l <"$tmp/errors")" = 1 ] &&
		grep -Eq "$regex" "$tmp/errors" && [ ! -e "$tmp/out" ]; then
		ok "$name"
	else
		{
			echo "exit code $status; wanted one line like $regex"
			ls -d "$tmp/out" 2>/dev/null
			cat "$tmp/said"
		} >"$tmp/why"
		not_ok "$name" "$tmp/why"
	fi
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# is_empty NAME FILE
is_empty() {
	if [ -s "$2" ]; then
		not_ok "$@"
	else
		ok "$1"
	fi
}

# silent NAME COMMAND...: succeeds and prints nothing.
silent() {
	name=$1
	shift
	"$@" >"$tmp/said" 2>&1 || echo "exit code $?" >>"$tmp/said"
	is_empty "$name" "$tmp/said"
}

# works NAME COMMAND...: succeeds.
works() {
	name=$1
	shift
	if "$@" >"$tmp/said" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "$tmp/said"
	fi
}

# starts_nothing DIR: installing the Debian packages there starts no unit, which would load the
# livepatch into the running kernel.
starts_nothing() {
	for deb_file in "$1"/*.deb; do
		dpkg-deb -e "$deb_file" "$tmp/control-${deb_file##*/}"
	done
	grep -rE 'deb-systemd|systemctl' "$tmp"/control-* >"$tmp/said" 2>&1 || :
	is_empty "the packages start no unit" "$tmp/said"
	rm -rf "$tmp"/control-*
}

# obtain COMMAND...: puts its stdout into $got. Returns 1 with the reason in $reason if the
# command exits with 77; any other failure ends the test.
obtain() {
	: >"$tmp/status"
	{ "$@" 2>&1 >"$tmp/got" || echo $? >"$tmp/status"; } | tee "$tmp/err" >&2
	# shellcheck disable=SC2034 # for the caller
	got=$(cat "$tmp/got")
	# shellcheck disable=SC2034
	reason=$(tail -n 1 "$tmp/err")
	case $(cat "$tmp/status") in
	'') return 0 ;;
	77) return 1 ;;
	*)
		not_ok "$*" "$tmp/err"
		tap_done
		;;
	esac
}

tap_done() {
	echo "1..$n"
	exit "$failed"
}
