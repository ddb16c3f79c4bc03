#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The KUnit suites on user-mode Linux 7.3: one line for the build, one for each
# suite and each of its cases, one for kunit.py's own verdict.
#
# VPW_KSRC: kernel source to use instead of what scripts/get-source gives.

scripts=$(cd "$(dirname "$0")/../scripts" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# skip_on_77 STATUS: ends the test; the last line of stderr says why.
skip_on_77() {
	if [ "$1" -eq 77 ]; then
		echo "1..0 # SKIP $(tail -n 1 "$tmp/err")"
		exit 0
	fi
}

# The kernel's result lines, indented by four spaces for each level: a suite at
# none, its cases at one, their parameters at two. Lines that explain a failure
# come before its result.
results() {
	awk '
	{ sub(/^\[ *[0-9.]+\] /, "") }
	!/^ *(not )?ok [0-9]+ / {
		if (/ FAILED at /)
			explain = 1
		if (explain)
			text = text "# " $0 "\n"
		next
	}
	{
		match($0, /^ */)
		level = RLENGTH / 4
		verdict = /^ *not ok/ ? "not ok" : "ok"
		name = $0
		sub(/^ *(not )?ok [0-9]+ (- )?/, "", name)
		if (level < 2)
			lines[++n] = sprintf("%s\t%s\t%d", verdict, name, level)
		if (verdict == "not ok") {
			if (level == 2)
				text = text "# parameter: " name "\n"
			why[level < 2 ? n : n + 1] = why[level < 2 ? n : n + 1] text
		}
		text = ""
		explain = 0
	}
	# The result of a suite comes after those of its cases.
	END {
		for (i = n; i > 0; i--) {
			split(lines[i], field, "\t")
			if (field[3] == 0) {
				suite = field[2]
				sub(/ #.*/, "", suite)
				full[i] = field[2]
			} else {
				full[i] = suite "." field[2]
			}
		}
		for (i = 1; i <= n; i++) {
			split(lines[i], field, "\t")
			printf "%s %d - %s\n%s", field[1], i + 1, full[i], why[i]
		}
	}' "$1"
}

ksrc=${VPW_KSRC:-}
out=own
if [ -z "$ksrc" ]; then
	out=7.3
	ksrc=$("$scripts/get-source" 7.3 2>"$tmp/err")
	status=$?
	skip_on_77 "$status"
	if [ "$status" -ne 0 ]; then
		cat "$tmp/err" >&2
		exit 1
	fi
fi

VPW_CACHE=${VPW_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-pci-width}
export VPW_CACHE
out=$VPW_CACHE/kunit/$out

"$scripts/kunit-run" KSRC="$ksrc" OUT="$out" >"$tmp/out" 2>"$tmp/err"
status=$?
skip_on_77 "$status"

if ! grep -q '^KTAP version\|\] KTAP version' "$out/test.log"; then
	echo "not ok 1 - builds and boots"
	tail -n 40 "$tmp/out" "$tmp/err" | sed 's/^/# /'
	echo "1..1"
	exit 1
fi
echo "ok 1 - builds and boots"

results "$out/test.log" | tee "$tmp/results"
count=$(grep -c '^ok\|^not ok' "$tmp/results")

count=$((count + 2))
if [ "$status" -eq 0 ]; then
	echo "ok $count - kunit.py agrees"
else
	echo "not ok $count - kunit.py agrees"
	tail -n 5 "$tmp/out" | sed 's/^/# /'
fi
echo "1..$count"
exit "$status"
