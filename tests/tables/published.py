#!/usr/bin/env python3
"""Compares RV64 decode tables with a checkout of riscv-opcodes, the architecture's own machine-readable list.

    tests/tables/published.py CHECKOUT

Each row must have the fixed bits of the published instruction of its name, and each published instruction of the extensions that
the tables have must be there. What may differ is listed below with its reason. Ends with "N passed, N failed, N skipped".
"""
import glob, os, re, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
from rows import rows

# Rows of ours that differ, and why.
DIFFERENT = {"mop.r": "all MOP.R.n in one row", "mop.rr": "all MOP.RR.n in one row", "c.mop": "all C.MOP.n in one row"}
# Published instructions that are part of a row of another name.
COVERED = {"c.nop": "c.addi"}


def published(checkout):
    """name -> {(mask, value)}, and name -> files"""
    words, files = {}, {}
    for path in glob.glob(f"{checkout}/extensions/rv*") + glob.glob(f"{checkout}/rv[0-9_]*"):
        if not os.path.isfile(path) or os.path.basename(path).startswith("rv32"):
            continue
        for line in open(path):
            line = line.split("#")[0].split()
            if not line or line[0] == "$import":
                continue
            alias = line[0] == "$pseudo_op"        # a row may be one, but none need be
            if alias:
                line = line[2:]
            mask = value = 0
            for tok in line[1:]:
                if m := re.fullmatch(r"(\d+)(?:\.\.(\d+))?=(\w+)", tok):
                    low = int(m[2] or m[1])
                    mask |= (2 << int(m[1])) - (1 << low)
                    value |= int(m[3], 0) << low
            words.setdefault(line[0], set()).add((mask, value))
            if not alias:
                files.setdefault(line[0], set()).add(os.path.basename(path))
    return words, files


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit("usage: published.py CHECKOUT of riscv-opcodes")
    words, files = published(sys.argv[1])
    ours = [(name.lower().replace("_", "."), mask, value, ext) for name, _, mask, value, ext in rows("riscv64")]
    names, passed, failed = {row[0] for row in ours}, 0, 0
    for name, mask, value, _ in ours:
        if name in DIFFERENT or (mask, value) in words.get(name, ()):
            passed += 1
        else:
            failed += 1
            print(f"FAIL {name}: ours {mask:08x}/{value:08x}, published {' '.join(f'{m:08x}/{v:08x}' for m, v in words.get(name, ())) or 'nowhere'}")
    exts = {e for *_, ext in ours for e in ext.split("_")}
    for name in sorted(files):
        if name in names or COVERED.get(name) in names or re.match(r"(c\.)?mop\.", name):
            continue
        # Every file it stands in asks for extensions; ours if all of one are.
        if any(set(f.split("_")[1:]) <= exts for f in files[name]):
            failed += 1
            print(f"FAIL {name} ({', '.join(sorted(files[name]))}): not in the tables")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
