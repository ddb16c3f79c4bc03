#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The pages of Documentation/: their markup is right, and what they name is there. Those
# that are for a kernel tree are built by 73-kernel-docs, too.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tap.sh

# shellcheck disable=SC1091,SC2034 # of lib.sh, which wants $here
if ! (here=scripts && . scripts/lib.sh && need python3:python3 rst2html:python3-docutils) \
	2>"$tmp/err"; then
	echo "1..0 # SKIP $(tail -n 1 "$tmp/err")"
	exit 0
fi

find Documentation -name '*.rst' | sort >"$tmp/pages"
while read -r page; do
	silent "markup: $page" tests/lib/check-rst "$page"
done <"$tmp/pages"

# wrong NAME MESSAGE LINE...: a page of these lines has that fault.
wrong() {
	name=$1
	message=$2
	shift 2
	printf '%s\n' "$@" >"$tmp/wrong.rst"
	if tests/lib/check-rst "$tmp/wrong.rst" >"$tmp/said" || ! grep -qF "$message" "$tmp/said"; then
		not_ok "$name is noticed" "$tmp/said"
	else
		ok "$name is noticed"
	fi
}

wrong "a broken table" "Malformed table" '===  ===' 'a    b' '===  ===' 'one two' '===  ==='
wrong "a literal without an end" "Inline literal start-string without end-string" '``open'
wrong "a title whose line is short" "Title underline too short" 'A title' '===='
wrong "a directive that nobody has" 'Unknown directive type "nobody"' '.. nobody:: here'
wrong "a target that is not there" 'Unknown target name: "nowhere"' 'See nowhere_.'

# The files of this tree that a page names by their path, programs as they will be called.
while read -r page; do
	# shellcheck disable=SC2016 # markup
	grep -oE '``(scripts|tests|integration|tools|Documentation|livepatch|kunit|compat)/[A-Za-z0-9_./-]+``' "$page" |
		tr -d '`' | while read -r path; do
		[ -e "$path" ] || [ -e "$path.c" ] || [ "${path##*/}" = NN-name ] ||
			echo "$page: there is no $path"
	done
done <"$tmp/pages" >"$tmp/said"
is_empty "files that the pages name are there" "$tmp/said"

# One row for each test, which may stand for several.
for test in tests/*.t; do
	number=${test#tests/}
	grep -qE "^[0-9, -]*${number%%-*}-" Documentation/testing.rst || echo "$test"
done >"$tmp/said"
is_empty "testing.rst has each test" "$tmp/said"

tap_done
