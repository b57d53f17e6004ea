#!/usr/bin/env python3
"""Every row of a guest's decode tables must stand in some lift test.

    coverage.py GUEST      ends with "N passed, N failed, N skipped"
"""
import glob, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from rows import rows

guest = sys.argv[1]
table = list(rows(guest))
words = set()
for path in glob.glob(f"tests/lift/{guest}/*.txt"):
    for line in open(path):
        if not line.startswith("#") and line.count("|") >= 3:
            words.update((len(w) * 4, int(w, 16)) for w in line.split("|")[1].split())
failed = 0
for name, width, mask, value, _ in table:
    # A word counts for the most specific row it matches.
    if not any(w == width and x & mask == value and
               not any(w == w2 and m2 & mask == mask and m2 != mask and x & m2 == v2 for _, w2, m2, v2, _ in table) for w, x in words):
        print(f"FAIL {guest}: no lift test of {name}")
        failed += 1
print(f"{len(table) - failed} passed, {failed} failed, 0 skipped")
sys.exit(failed != 0)
