#!/usr/bin/env python3
"""gcc's C torture tests, compiled for the guests in several ways, under dragoman, against native builds.

    tests/torture/run.py [--all | --part N] [--seed S] [-k SUBSTRING] [-g GUEST] [-O LEVEL] [-m VARIANT] [-j JOBS]

Every test is compiled natively and for each guest by the same version of gcc, at -O0, -O2 and -O3 and for
each line of variants.def. A test passes if it ends as the native one of the same level does and writes the
same. What the native compiler or processor does not take is skipped, with the reason; so is what does not
compile for the guest. --all runs everything; otherwise each guest sees 1/N of the tests, each at one level
for one variant, drawn by the seed (today's number unless given).

A shard of tests is one static executable (driver.c), kept in build/torture/root/work: run it with a test's
name to see that test alone. Environment: DRAGOMAN, DRAGOMAN_FLAGS; DRAGOMAN may name another translator.
"""
import argparse
import collections
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import suite

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(TOP, "build/torture/root")
NS = os.path.join(TOP, "tests/tools/ns.sh")
DRAGOMAN = os.environ.get("DRAGOMAN", os.path.join(TOP, "build/dragoman"))
FLAGS = shlex.split(os.environ.get("DRAGOMAN_FLAGS", ""))
LEVELS = {"O0": "-O0", "O2": "-O2", "O3": "-O3"}
TOOLS = {"amd64": "", "arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-linux-gnu-"}
SHARD = 250
Variant = collections.namedtuple("Variant", "guest name march needs")


def variants():
    for line in open(os.path.join(HERE, "variants.def")):
        words = line.partition("#")[0].split()
        if words:
            yield Variant(words[0], words[1], words[2], words[3:])


def translator(guest):
    if "qemu" in os.path.basename(DRAGOMAN):
        return [os.path.join(os.path.dirname(DRAGOMAN), {"arm64": "qemu-aarch64", "riscv64": "qemu-riscv64"}[guest])]
    return [DRAGOMAN, *FLAGS]


def chroot(script):
    return subprocess.run([NS, ROOT, "--", "chroot", ROOT, "/usr/bin/bash", script], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env={"PATH": "/usr/bin:/usr/sbin", "LC_ALL": "C.UTF-8", "HOME": "/"})


def announced(guest, work):
    """The words of /proc/cpuinfo as a guest program sees it."""
    name = f"{work}/cpuinfo-{guest}"
    with open(f"{name}.c", "w") as f:
        f.write('#include <stdio.h>\nint main(void) { FILE *f = fopen("/proc/cpuinfo", "r"); '
                'for (int c; (c = getc(f)) >= 0;) putchar(c); }\n')
    with open(f"{name}.sh", "w") as f:
        f.write(f"cd {work[len(ROOT):]}; {TOOLS[guest]}gcc-14 -static -o cpuinfo-{guest} cpuinfo-{guest}.c\n")
    p = chroot(f"{name[len(ROOT):]}.sh")
    if p.returncode:
        sys.exit(p.stderr)
    return set(re.findall("[a-z0-9]+", subprocess.run([*translator(guest), name], capture_output=True, text=True).stdout))


class Shard:
    """Some tests of one architecture, level and variant: compiled, linked and run together."""

    def __init__(self, arch, level, variant, number, tests):
        self.arch, self.level, self.variant, self.tests = arch, level, variant, tests
        self.label = f"{arch}-{level}{'-' + variant.name if variant else ''}-{number}"
        self.where = f"/work/{os.getpid()}/{self.label}"
        self.result = {}  # test name -> "exit-0 0:..."
        self.absent = {}  # test name -> why it was not built

    def script(self):
        tools = TOOLS[self.arch]
        gcc = f"{tools}gcc-14"
        flags = f"{suite.COMMON} {LEVELS[self.level]}" + (f" -march={self.variant.march}" if self.variant else "")
        lines = [f"cd /suite/{suite.TOP}; o={self.where}",
                 f"build() {{ {gcc} {flags} $2 -o $o/$1.o $3 2>$o/$1.err && {tools}objcopy --redefine-sym main=main_$1 "
                 f"--keep-global-symbol main_$1 $o/$1.o 2>>$o/$1.err || rm -f $o/$1.o; }}"]
        for i, t in enumerate(self.tests):
            how = "-c" if len(t.sources) == 1 else "-r -nostdlib"
            lines.append(f"build {i} {shlex.quote(t.flags(self.arch) + ' ' + how)} '{' '.join(t.sources)}'")
        # A test may call what does not exist where the compiler should have removed the call.
        lines += ["cd $o; mapfile -t names <names; for f in *.o; do i=${f%.o}; echo \"TEST($i, ${names[i]})\"; done >table.h",
                  f"{gcc} -O1 -w -D_GNU_SOURCE -I. -static -Wl,--warn-unresolved-symbols -o driver /work/{os.getpid()}/driver.c [0-9]*.o -lm "
                  "2>link.err || echo cannot link"]
        return "\n".join(lines) + "\n"

    def build(self):
        inside = ROOT + self.where
        os.makedirs(inside)
        with open(f"{inside}/names", "w") as f:
            f.writelines(f'"{t.name}"\n' for t in self.tests)
        with open(f"{inside}/build.sh", "w") as f:
            f.write(self.script())
        p = chroot(f"{self.where}/build.sh")
        if p.returncode or p.stdout or not os.path.exists(f"{inside}/driver"):
            errors = open(f"{inside}/link.err").read() if os.path.exists(f"{inside}/link.err") else ""
            sys.exit(f"{self.label}: {p.stdout}{p.stderr}{errors}")
        for i, t in enumerate(self.tests):
            if not os.path.exists(f"{inside}/{i}.o"):
                text = open(f"{inside}/{i}.err").read()
                m = re.search(r"(?:error|fatal error): (.*)", text) or re.search("(.*)", text)
                self.absent[t.name] = "does not compile: " + m[1]
        for index, symbol in re.findall(r"(\d+)\.o\b.*undefined reference to `(\w+)'", open(f"{inside}/link.err").read()):
            self.absent[self.tests[int(index)].name] = f"needs {symbol}()"

    def run(self):
        inside = ROOT + self.where
        via = translator(self.arch) if self.arch != "amd64" else []
        with open(f"{inside}/run.out", "w") as out, open(f"{inside}/run.err", "w") as err:
            try:
                status = subprocess.run([*via, f"{inside}/driver"], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                        cwd=inside, timeout=1800).returncode
            except subprocess.TimeoutExpired:
                status = "time-out"
        for line in open(f"{inside}/run.out"):
            name, result = line.split(" ", 1)
            self.result[name] = result.strip()
        # A driver that does not finish leaves its tests without a result, which fails them.
        if status:
            print(f"failed: {self.label}: the driver ended with {status}", flush=True)


class Report:
    def __init__(self):
        self.lock = threading.Lock()
        self.count = collections.defaultdict(collections.Counter)
        self.lines = []

    def add(self, verdict, column, name, note=""):
        with self.lock:
            self.count[column][verdict] += 1
            if verdict != "passed":
                self.lines.append(f"{verdict} {column} {name}: {note}")
                if verdict == "failed":
                    print(self.lines[-1], flush=True)

    def finish(self):
        total = collections.Counter()
        for column in sorted(self.count):
            c = self.count[column]
            total += c
            print(f"{column}: {c['passed']} as native, {c['failed']} not, {c['skipped']} left out")
        # The same reason for every variant is one line.
        reasons = collections.defaultdict(list)
        for line in self.lines:
            if m := re.match(r"skipped (\S+ \S+ \S+) (\S+): (.*)", line):
                reasons[m[2], m[3]].append(m[1])
        for (name, why), columns in sorted(reasons.items()):
            print(f"skipped {name} in {len(columns)} ({columns[0]}{', ...' if len(columns) > 1 else ''}): {why}")
        print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
        return total["failed"] != 0


def compare(native, guest, report):
    column = f"{guest.arch} {guest.level} {guest.variant.name}"
    for t in guest.tests:
        want, got = native.result.get(t.name), guest.result.get(t.name, "no result")
        if why := native.absent.get(t.name):
            report.add("skipped", column, t.name, "natively " + why)
        elif why := guest.absent.get(t.name):
            report.add("skipped", column, t.name, why)
        elif want is None:
            report.add("failed", column, t.name, "no native result")
        elif got == want:
            report.add("passed", column, t.name)
        else:
            report.add("failed", column, t.name, f"want {want}, got {got}; in {guest.label}")


class Natives:
    """Native shards, built once for all guests that are compared with them."""

    def __init__(self, tests):
        self.tests, self.lock, self.shards = tests, threading.Lock(), {}

    def get(self, level, key, tests):
        with self.lock:
            shard, lock = self.shards.setdefault((level, key), (Shard("amd64", level, None, key, tests), threading.Lock()))
        with lock:
            if not shard.result:
                shard.build()
                shard.run()
        return shard


def draw(seed, *what):
    return int.from_bytes(hashlib.sha256(repr((seed, *what)).encode()).digest()[:8], "little")


def plan(tests, args, usable):
    """Yields (guest, level, variant, key of the native shard, tests)."""
    if args.all:
        for start in range(0, len(tests), SHARD):
            for level in args.levels:
                for v in usable:
                    yield v.guest, level, v, start // SHARD, tests[start:start + SHARD]
        return
    # Both guests draw the same level for a test, so that one native build serves both.
    groups = collections.defaultdict(list)
    for t in tests:
        if draw(args.seed, t.name) % args.part == 0:
            groups[args.levels[draw(args.seed, t.name, "level") % len(args.levels)],
                   draw(args.seed, t.name, "group") % max(len([v for v in usable if v.guest == g]) for g in TOOLS)].append(t)
    for (level, group), some in sorted(groups.items()):
        for guest in dict.fromkeys(v.guest for v in usable):
            mine = [v for v in usable if v.guest == guest]
            yield guest, level, mine[group % len(mine)], group, some


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--part", type=int, default=1, metavar="N")
    parser.add_argument("--seed", default=str(int(time.time()) // 86400))
    parser.add_argument("--keep", action="store_true", help="keep what was built though nothing failed")
    parser.add_argument("-k", default="", metavar="SUBSTRING")
    parser.add_argument("-g", action="append", metavar="GUEST")
    parser.add_argument("-O", dest="levels", action="append", choices=LEVELS, metavar="LEVEL")
    parser.add_argument("-m", action="append", metavar="VARIANT")
    parser.add_argument("-j", type=int, default=os.cpu_count(), metavar="JOBS")
    args = parser.parse_args()
    args.levels = args.levels or list(LEVELS)

    work = f"{ROOT}/work/{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    for other in os.listdir(f"{ROOT}/work"):
        if not os.path.exists(f"/proc/{other}") and not args.keep:
            shutil.rmtree(f"{ROOT}/work/{other}", ignore_errors=True)
    shutil.copy(os.path.join(HERE, "driver.c"), work)
    report, usable, features = Report(), [], {}
    for v in variants():
        if v.guest not in features:
            features[v.guest] = announced(v.guest, work)
        missing = [n for n in v.needs if n not in features[v.guest]]
        if (args.g and v.guest not in args.g) or (args.m and v.name not in args.m):
            continue
        if missing:
            report.add("skipped", f"{v.guest} all {v.name}", v.march, "not announced: " + " ".join(missing))
        else:
            usable.append(v)

    tests = [t for t in suite.load(os.path.join(ROOT, "suite")) if args.k in t.name]
    if not args.all:
        print(f"seed {args.seed}")
    natives = Natives(tests)

    def one(job):
        guest, level, variant, key, some = job
        native = natives.get(level, key, some)
        shard = Shard(guest, level, variant, key, some)
        shard.build()
        shard.run()
        before = report.count[f"{guest} {level} {variant.name}"]["failed"]
        compare(native, shard, report)
        if report.count[f"{guest} {level} {variant.name}"]["failed"] == before and not args.keep:
            shutil.rmtree(ROOT + shard.where)

    with ThreadPoolExecutor(args.j) as pool:
        for done in [pool.submit(one, job) for job in plan(tests, args, usable)]:
            done.result()
    failed = report.finish()
    if not failed and not args.keep:
        shutil.rmtree(work)
    return failed


if __name__ == "__main__":
    sys.exit(main())
