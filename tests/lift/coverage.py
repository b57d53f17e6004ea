#!/usr/bin/env python3
"""Every row of a guest's decode tables must stand in some lift test.

    coverage.py GUEST      ends with "N passed, N failed, N skipped"
"""
import glob, re, sys

guest = sys.argv[1]
rows = []
for path in sorted(glob.glob(f"frontends/{guest}/*.tbl")):
    for line in open(path):
        line = line.split("#")[0].rstrip()
        if not line or line.startswith("%"):
            continue
        name, pattern = re.split(r"  +", line)[:2]
        bits = ""
        for tok in pattern.split():
            if re.fullmatch("[01x]+", tok):
                bits += tok
            elif m := re.search(r":(\d+)$", tok):
                bits += "x" * int(m[1])
            elif m := re.search(r"\[(\d+)(?::(\d+))?\]$", tok):
                bits += "x" * (int(m[1]) - int(m[2] or m[1]) + 1)
            else:
                bits += "x"
        mask = int(re.sub("[01]", "1", bits).replace("x", "0"), 2)
        rows.append((name, len(bits), mask, int(bits.replace("x", "0"), 2)))
words = set()
for path in glob.glob(f"tests/lift/{guest}/*.txt"):
    for line in open(path):
        if not line.startswith("#") and line.count("|") >= 3:
            words.update((len(w) * 4, int(w, 16)) for w in line.split("|")[1].split())
failed = 0
for name, width, mask, value in rows:
    # A word counts for the most specific row it matches.
    if not any(w == width and x & mask == value and
               not any(w == w2 and m2 & mask == mask and m2 != mask and x & m2 == v2 for _, w2, m2, v2 in rows) for w, x in words):
        print(f"FAIL {guest}: no lift test of {name}")
        failed += 1
print(f"{len(rows) - failed} passed, {failed} failed, 0 skipped")
sys.exit(failed != 0)
