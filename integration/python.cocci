// Whether spatch finds the Python library (scripts/lib.sh).
@script:python@
@@
print("python runs")
