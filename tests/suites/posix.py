#!/usr/bin/env python3
"""The Open POSIX test suite: what passes natively passes as a guest.

    tests/suites/posix.py [-g GUEST]... [-k SUBSTRING] [-j JOBS] [--qemu]

The tests run in namespaces of their own, as an ordinary user (box.py), each for at most four minutes. A test that does
not pass natively is left out, unless it passes as a guest. --qemu runs everything under QEMU too, for the
figures. posix.expect names the exceptions.
"""
import argparse
import collections
import os
import subprocess
import sys

import box

DIR = os.path.join(box.TOP, "build/posix")
MEANING = {0: "passed", 1: "failed", 2: "unresolved", 4: "unsupported", 5: "untested"}


def run(column, names, jobs):
    """name -> (verdict, output)"""
    translator, arch = column
    via = [f"/mnt/{translator}"] if translator else []
    return {names[i]: (MEANING.get(status, f"ended with {status}"), out)
            for i, (status, out) in enumerate(box.run_all(DIR, [[*via, f"/mnt/posix-{arch}", n] for n in names], 240, jobs))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-g", action="append", choices=box.GUESTS, metavar="GUEST")
    parser.add_argument("-k", default="", metavar="SUBSTRING")
    parser.add_argument("-j", type=int, default=4 * os.cpu_count(), metavar="JOBS", help="most tests sleep")
    parser.add_argument("--qemu", action="store_true")
    args = parser.parse_args()
    guests = args.g or box.GUESTS
    box.install_all(DIR)
    columns = [(None, "amd64"), *(("dragoman", g) for g in guests), *((box.QEMU[g], g) for g in guests if args.qemu)]
    names = [n for n in subprocess.run([f"{DIR}/posix-amd64"], capture_output=True, text=True).stdout.split() if args.k in n]
    result = {c: run(c, names, args.j) for c in columns}
    for c in columns:
        tally = collections.Counter(result[c][n][0] for n in names)
        print(f"{c[0] or 'native'} {c[1]}: " + ", ".join(f"{tally[v]} {v}" for v in sorted(tally)))
    report = box.Report("posix.expect")
    for g in guests:
        for n in names:
            natively, (verdict, out) = result[columns[0]][n][0], result["dragoman", g][n]
            short = n.removeprefix("conformance/")
            if natively != "passed" and verdict != "passed":
                report.add(g, short, False, left_out=f"natively {natively}")
            else:
                report.add(g, short, verdict == "passed", f"{verdict}: {' / '.join(out.splitlines()[-3:])[:300]}")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
