// SPDX-License-Identifier: GPL-2.0-only
// Whether spatch finds the Python library (scripts/lib.sh).
@script:python@
@@
print("python runs")
