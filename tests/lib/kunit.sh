# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The KUnit suites as TAP; sourced like tap.sh, which it brings along.

. tests/lib/tap.sh

# kunit_results WHAT FIRST LOG: the kernel's result lines in LOG as those of a test
# that has come to number FIRST.
#
# They are indented by four spaces for each level: a suite at none, its cases at one,
# their parameters at two. Lines that explain a failure come before its result.
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
		# A case of which every parameter is skipped does not say why.
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
			printf "%s %d - %s: %s\n%s", field[1], first + i - 1, what, full[i], why[i]
		}
	}' "$3"
}

# kunit_verdict WHAT STATUS LOG: what the kernel said, then kunit.py's own verdict.
kunit_verdict() {
	kunit_results "$1" $((n + 1)) "$3" | tee "$tmp/results"
	n=$((n + $(grep -c '^ok\|^not ok' "$tmp/results" || :)))
	# shellcheck disable=SC2034 # tap_done's
	! grep -q '^not ok' "$tmp/results" || failed=1

	if [ "$2" = 0 ]; then
		ok "$1: kunit.py agrees"
	else
		not_ok "$1: kunit.py agrees" "$tmp/out"
	fi
}

# kunit VERSION ARCH: one line for the build, one for each suite and each of its
# cases, one for kunit.py.
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

# ordered VERSION ARCH CROSS: the loops of the kernel that kunit() has just run.
ordered() {
	# shellcheck disable=SC1091,SC2034,SC2153 # of lib.sh, which wants $here
	cache=$(here=scripts && . scripts/lib.sh && echo "$VPW_CACHE")
	object=$cache/kunit/$1-$2/drivers/vfio/pci/vfio_pci_io_iomem.o
	if [ -e "$object" ]; then
		silent "$1 $2: each access has its barrier" tests/lib/ordering "$3objdump" "$object"
	else
		skip "$1 $2: each access has its barrier" "the kernel was not built"
	fi
}
