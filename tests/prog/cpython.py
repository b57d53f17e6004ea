#!/usr/bin/env python3
"""CPython's own test suite: what passes natively has to pass under dragoman.

    make cpython     or     tests/prog/cpython.py [-k SUBSTRING] [--again] [--native] [--report] [TEST...]

Each test file (`python3 -m test NAME`) runs by itself, without a network, first natively, then for each
guest, and leaves what its cases came to in build/programs-results/cpython/; what is there already is not run
again (--again: the guests' are). tests/prog/cpython.differ names cases that may differ, with the reason.

Environment: DRAGOMAN (default build/dragoman), GUESTS (arm64 riscv64), PROGRAM_ROOTS.
"""
import argparse
import fnmatch
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NS = os.path.join(TOP, "tests/tools/ns.sh")
DRAGOMAN = os.environ.get("DRAGOMAN", os.path.join(TOP, "build/dragoman"))
ROOTS = os.environ.get("PROGRAM_ROOTS", os.path.join(TOP, "build/programs"))
GUESTS = os.environ.get("GUESTS", "arm64 riscv64").split()
OUT = os.path.join(TOP, "build/programs-results/cpython")
HERE = os.path.dirname(os.path.abspath(__file__))

ENV = {"PATH": "/usr/bin:/usr/sbin", "HOME": "/root", "LANG": "C.UTF-8", "TZ": "UTC"}
ENV.update((k, v) for k, v in os.environ.items() if k.startswith("DRAGOMAN_"))

# What runtimes are most easily broken by comes first.
FIRST = """threading thread signal subprocess os posix fork1 faulthandler ctypes mmap asyncio concurrent_futures
multiprocessing_spawn multiprocessing_forkserver multiprocessing_fork multiprocessing_main_handling socket select
selectors epoll poll wait3 wait4 popen pty tty fcntl ioctl resource time timeout eintr threadsignals queue
sched interpreters perf_maps perf_profiler float math cmath complex struct strtod decimal fractions statistics
random long int format hash zlib bz2 lzma hashlib ssl io fileio file socketserver""".split()


def order(name):
    stem = name.removeprefix("test.").split(".")[0].removeprefix("test_")
    return (FIRST.index(stem) if stem in FIRST else len(FIRST), name)


def command(arch, translator, words):
    root = f"{ROOTS}/{arch}"
    via = [translator] if arch != "amd64" else []
    return ["env", "--default-signal=HUP,INT,QUIT",  # a shell's background job ignores them
            "unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh",
            NS, root, "--", "chroot", root, *via, "/usr/bin/env", "-C", "/tmp", "/usr/bin/python3", *words]


def run(arch, translator, name, seconds):
    """Runs one test file; returns {case: outcome} and leaves its output in OUT."""
    base = f"{OUT}/{name}.{arch}"
    report = f"/tmp/cpython.{os.getpid()}.xml"
    inside = f"{ROOTS}/{arch}{report}"
    begin = time.monotonic()
    with open(base + ".log", "wb") as log:
        p = subprocess.Popen(command(arch, translator, ["-m", "test", "-j1", "--timeout", str(seconds), "--junit-xml", report, name]),
                             stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENV, start_new_session=True)
        try:
            p.wait(seconds + 60)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()
            log.write(b"\nended from outside: time-out\n")
    took = time.monotonic() - begin
    cases = outcome(inside, open(base + ".log", errors="replace").read(), name)
    with open(base + ".new", "w") as f:
        f.write(f"# {took:.0f} s\n" + "".join(f"{k} {v}\n" for k, v in sorted(cases.items())))
    os.rename(base + ".new", base)
    return load(base)


def outcome(report, log, name):
    cases = {}
    try:
        for case in xml.parse(report).iter("testcase"):
            kinds = {child.tag for child in case}
            result = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
            key = re.sub(r"\s+", "_", case.get("name"))
            if cases.get(key) != "failed":
                cases[key] = result
        os.unlink(report)
    except (OSError, xml.ParseError):
        pass
    verdict = re.search(r"^Result: (\S+.*)$", log, re.M)
    cases[f"{name}:whole"] = {"SUCCESS": "passed"}.get(verdict and verdict[1], "failed")
    if re.search(rf"^{re.escape(name)} skipped|\b{re.escape(name)} skipped", log, re.M) and len(cases) == 1:
        cases[f"{name}:whole"] = "skipped"
    return cases


def load(path):
    with open(path) as f:
        return {line.split()[0]: line.split()[1] for line in f if not line.startswith("#")}


def expected():
    """[(guest or *, pattern of cases, reason)]"""
    known, reason = [], ""
    with open(os.path.join(HERE, "cpython.differ")) as f:
        for line in f:
            if line.startswith("#"):
                reason = line[1:].strip()
            elif line.strip():
                guest, case = line.split()
                known.append((guest, case, reason))
    return known


def compare(name, arch, native, guest, known):
    """What passed natively and did not here; a case that is missing did not run."""
    bad, excused = [], []
    for case, was in native.items():
        got = guest.get(case, "missing")
        if was != "passed" or got == "passed":
            continue
        reason = next((r for g, p, r in known if g in (arch, "*") and fnmatch.fnmatchcase(case, p)), None)
        (excused if reason else bad).append((case, got, reason))
    # The file as a whole fails with its cases; it counts by itself only where no case tells why.
    if len(bad) > 1 or (bad and excused) or (excused and len(bad) == 1 and bad[0][0].endswith(":whole")):
        bad = [b for b in bad if not b[0].endswith(":whole")]
    return bad, excused


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", default="", metavar="SUBSTRING")
    parser.add_argument("--again", action="store_true", help="run what has a result already")
    parser.add_argument("--native", action="store_true", help="only the native runs")
    parser.add_argument("--report", action="store_true", help="compare what there is, run nothing")
    parser.add_argument("--timeout", type=int, default=900, metavar="SECONDS")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    os.makedirs(OUT, exist_ok=True)
    known = expected()
    names = args.tests
    if not names:
        listed = subprocess.run(command("amd64", None, ["-m", "test", "--list-tests"]), env=ENV,
                                stdout=subprocess.PIPE, check=True, text=True).stdout.split()
        names = sorted((n for n in listed if args.k in n), key=order)
    passed = failed = skipped = 0
    guests = [] if args.native else GUESTS
    translator = f"/usr/bin/dragoman-cpython-{os.getpid()}"
    if not args.report:
        for arch in guests:
            shutil.copy(DRAGOMAN, f"{ROOTS}/{arch}{translator}")
    try:
        for name in names:
            results = {}
            for arch in ["amd64", *guests]:
                path = f"{OUT}/{name}.{arch}"
                if os.path.exists(path) and not (args.again and arch != "amd64"):
                    results[arch] = load(path)
                elif not args.report:
                    results[arch] = run(arch, translator, name, args.timeout)
                    print(f"ran {arch} {name}", flush=True)
            for arch in guests:
                if "amd64" not in results or arch not in results:
                    continue
                bad, excused = compare(name, arch, results["amd64"], results[arch], known)
                passed += sum(v == "passed" for c, v in results[arch].items() if not c.endswith(":whole"))
                failed += len(bad)
                skipped += len(excused)
                for case, got, _ in bad:
                    print(f"failed  {arch:8} {name} {case}: {got}", flush=True)
                for case, got, reason in excused:
                    print(f"skipped {arch:8} {name} {case}: {got} ({reason})", flush=True)
    finally:
        for arch in guests:
            if os.path.exists(f"{ROOTS}/{arch}{translator}"):
                os.unlink(f"{ROOTS}/{arch}{translator}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
