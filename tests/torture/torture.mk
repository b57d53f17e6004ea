# gcc's C torture tests, against native builds: see tests/torture/run.py. The check takes a part, another one
# with TORTURE_FLAGS=--seed=N; `make torture` takes everything.
check-torture: $(BUILD)/dragoman
	@tests/torture/suite.sh
	@python3 tests/torture/run.py --part 3 --seed 1 $(TORTURE_FLAGS)

torture: $(BUILD)/dragoman
	@tests/torture/suite.sh
	@python3 tests/torture/run.py --all $(TORTURE_FLAGS)

.PHONY: check-torture torture
