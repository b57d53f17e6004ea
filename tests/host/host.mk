# Hosts we do not have, and wrong usage.
check-host: build/dragoman
	@tests/host/host.sh
# The files for perf.
check-perf: build/dragoman
	@tests/host/perf.py
# The report of what costs most.
check-report: build/dragoman
	@tests/host/report.py
.PHONY: check-host check-perf check-report
