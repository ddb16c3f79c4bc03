# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Runs the KUnit suites and prints their results as TAP; sourced like tap.sh, which it includes.

. tests/lib/tap.sh

# kunit_results WHAT FIRST LOG: converts the kernel's result lines in LOG to a test's, numbered
# from FIRST.
#
# The kernel indents by four spaces per level: suites, their cases, the cases' parameters. The
# explanation of a failure precedes its result.
kunit_results() {
	awk -v what="$1" -v first="$2" '
	{ sub(/^\[ *[0-9.]+\] /, ""); sub(/\r$/, "") }
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
		# A case with all parameters skipped does not say why.
		if (level == 2 && match(name, / # SKIP /))
			skipped = substr(name, RSTART)
		if (sub(/ # SKIP *$/, "", name))
			name = name skipped
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
	# The result of a suite follows those of its cases.
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
			printf "%s %d - %s: %s\n%s", field[1], first + i - 1, what, full[i], why[i]
		}
	}' "$3"
}

# kunit_verdict WHAT STATUS LOG: prints the kernel's results, then kunit.py's verdict.
kunit_verdict() {
	kunit_results "$1" $((n + 1)) "$3" | tee "$tmp/results"
	n=$((n + $(grep -c '^ok\|^not ok' "$tmp/results" || :)))
	# shellcheck disable=SC2034 # for tap_done
	! grep -q '^not ok' "$tmp/results" || failed=1

	if [ "$2" = 0 ]; then
		ok "$1: kunit.py agrees"
	else
		not_ok "$1: kunit.py agrees" "$tmp/out"
	fi
}

# kunit VERSION ARCH: prints a line for the build, for each suite, for each case, and for
# kunit.py.
kunit() {
	what="$1 $2"
	if ! obtain scripts/get-source "$1"; then
		skip "$what" "$reason"
		return
	fi

	status=0
	log=$tmp/$1-$2.log
	scripts/kunit-run KSRC="$got" ARCH="$2" LOG="$log" >"$tmp/out" 2>&1 || status=$?
	if [ "$status" = 77 ]; then
		skip "$what" "$(tail -n 1 "$tmp/out")"
	elif grep -qs '^KTAP version\|\] KTAP version' "$log"; then
		ok "$what: builds and boots"
		kunit_verdict "$what" "$status" "$log"
	else
		not_ok "$what: builds and boots" "$tmp/out"
	fi
}

# ordered VERSION ARCH CROSS: checks the barriers in the kernel that kunit() built.
ordered() {
	# shellcheck disable=SC1091,SC2034,SC2153 # lib.sh needs $here
	cache=$(here=scripts && . scripts/lib.sh && echo "$VPW_CACHE")
	object=$cache/kunit/$1-$2/drivers/vfio/pci/vfio_pci_io_iomem.o
	if [ -e "$object" ]; then
		silent "$1 $2: each access has its barrier" tests/lib/ordering "$3objdump" "$object"
	else
		skip "$1 $2: each access has its barrier" "the kernel was not built"
	fi
}
