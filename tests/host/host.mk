# Hosts we do not have, and wrong usage.
check-host: build/dragoman
	@tests/host/host.sh
.PHONY: check-host
