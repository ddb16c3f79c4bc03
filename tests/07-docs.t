#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The markup of the pages of Documentation/ is right, and the files that they name exist.
# 73-kernel-docs also builds the pages for a kernel tree.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# shellcheck disable=SC1091,SC2034 # lib.sh needs $here
if ! (here=scripts && . scripts/lib.sh && need python3:python3 rst2html:python3-docutils) \
	2>"$tmp/err"; then
	echo "1..0 # SKIP $(tail -n 1 "$tmp/err")"
	exit 0
fi

find Documentation -name '*.rst' | sort >"$tmp/pages"
while read -r page; do
	silent "markup: $page" tests/lib/check-rst "$page"
done <"$tmp/pages"

# wrong NAME MESSAGE LINE...: check-rst rejects a page of these lines with that message.
wrong() {
	name=$1
	message=$2
	shift 2
	printf '%s\n' "$@" >"$tmp/wrong.rst"
	if tests/lib/check-rst "$tmp/wrong.rst" >"$tmp/said" || ! grep -qF "$message" "$tmp/said"; then
		not_ok "$name is found" "$tmp/said"
	else
		ok "$name is found"
	fi
}

wrong "a broken table" "Malformed table" '===  ===' 'a    b' '===  ===' 'one two' '===  ==='
wrong "an unterminated literal" "Inline literal start-string without end-string" '``open'
wrong "a short title underline" "Title underline too short" 'A title' '===='
wrong "an unknown directive" 'Unknown directive type "nobody"' '.. nobody:: here'
wrong "an unknown target" 'Unknown target name: "nowhere"' 'See nowhere_.'

# Files of this tree that a page names by path; programs may be named without .c.
while read -r page; do
	# shellcheck disable=SC2016 # markup
	grep -oE '``(scripts|tests|integration|tools|Documentation|livepatch|kunit|compat|vfio-pci-core|arch-s390|qemu|selftests|packaging)/[A-Za-z0-9_./-]+``' "$page" |
		tr -d '`' | while read -r path; do
		[ -e "$path" ] || [ -e "$path.c" ] || [ "${path##*/}" = NN-name ] ||
			echo "$page: no such file: $path"
	done
done <"$tmp/pages" >"$tmp/said"
is_empty "the files that the pages name exist" "$tmp/said"

# Each test has a row; a row may stand for several tests.
for test in tests/*.t; do
	number=${test#tests/}
	grep -qE "^[0-9, -]*${number%%-*}-" Documentation/testing.rst || echo "$test"
done >"$tmp/said"
is_empty "testing.rst lists each test" "$tmp/said"

tap_done
