#!/usr/bin/env python3
"""Rare events made common: programs run under each chaos switch must print what they print without it.

    chaos.py [-j N] [-v] [-m MODE] [-p PROGRAM] [DRAGOMAN]

Programs: some of tests/sys (built by tests/sys/guest.sh), and interpreters of build/userland. Skips what is not there.
Ends with a line "N passed, N failed, N skipped".
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUESTS = {"aarch64": "arm64", "riscv64": "riscv64"}
SYS_TESTS = ["faults", "signals", "jumps", "restart", "threads"]
LIGHT = "faults signals restart"
ALL = LIGHT + " jumps threads bash python3 perl sqlite3"
# Name, options, programs.
MODES = [
    ("cache=64k", ["--chaos", "cache=64k"], LIGHT + " jumps threads bash perl sqlite3"),
    ("cache=1m", ["--chaos", "cache=1m"], ALL),
    ("flush=3", ["--chaos", "flush=3"], LIGHT),
    ("flush=50", ["--chaos", "flush=50"], LIGHT + " jumps bash perl sqlite3"),
    ("nolink", ["--chaos", "nolink"], ALL),
    ("retstack=8", ["--chaos", "retstack=8"], ALL),
    ("poll=2", ["--chaos", "poll=2"], ALL),
    ("poll=7,nolink", ["--chaos", "poll=7,nolink"], ALL),
    ("small", ["--chaos", "cache=64k,flush=40,retstack=8,poll=5"], LIGHT + " jumps"),
    ("region-limit 1", ["-region-limit", "1"], ALL),
    ("step", ["--chaos", "step"], LIGHT + " jumps bash"),
    ("step, interp", ["--chaos", "step", "--interp"], LIGHT),
    ("interp", ["--interp"], LIGHT + " bash perl"),
    ("check", ["--check"], ALL),
    ("lazy", ["-plan", "lazy"], ALL),
    ("lazy, small", ["-plan", "lazy", "--chaos", "nolink,retstack=8,poll=3"], LIGHT + " jumps threads bash"),
    ("hot", ["-plan", "hot"], ALL),
    ("hot, cache=128k", ["-plan", "hot", "--chaos", "cache=128k"], LIGHT + " jumps threads"),
    ("hot, flush=20", ["-plan", "hot", "--chaos", "flush=20"], LIGHT + " jumps"),
    ("hot, small", ["-plan", "hot", "--chaos", "nolink,retstack=8,poll=5"], LIGHT + " jumps perl"),
    ("hot, check", ["-plan", "hot", "--check"], LIGHT + " jumps bash sqlite3"),
    ("auto, poll=7", ["-plan", "auto", "--chaos", "poll=7"], "threads bash python3"),
    ("lockstep", ["--check=lockstep"], LIGHT + " bash perl sqlite3"),
]
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONHASHSEED": "0"} | {k: v for k, v in os.environ.items() if k.startswith("DRAGOMAN_")}
SCRIPTS = {
    "bash": ["bash", "-c", 'f() { [ $1 = 0 ] && echo deep || f $(($1-1)); }; f 30; for i in 1 2; do echo $(echo sub $i) $((i*7)); done; '
             'x=abcabc; echo ${x//b/-} | (read y; echo "got $y"); trap "echo trapped" USR1; kill -USR1 $$; echo end'],
    "python3": ["python3", "-S", "-c", "import math\ntry:\n 1/0\nexcept ZeroDivisionError as e: print(e)\n"
                "print(sum(math.sin(i) for i in range(500)), 3**200, sorted(str(i) for i in range(30)))"],
    "perl": ["perl", "-e", '$s = join ",", map { $_ ** 2 / 7 } 1..60; $s =~ s/(\\d)\\.(\\d)/$2.$1/g; print "$s\\n"; '
             '$SIG{ALRM} = sub { print "alarm\\n" }; kill ALRM => $$; print sqrt(2), "\\n"'],
    "sqlite3": ["sqlite3", ":memory:", "create table t(a, b); with recursive c(x) as (select 1 union all select x+1 from c where x < 200) "
                "insert into t select x, x * 0.37 from c; select sum(a), avg(b), group_concat(a % 7) from t where a % 3 = 1;"],
}


def features(dragoman):
    """Host features that can be switched off."""
    out = subprocess.run([dragoman, "host"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in out.splitlines()[1:] if line.split()[1] != "absent"]


def programs(build):
    for guest, root in GUESTS.items():
        for test in SYS_TESTS:
            path = os.path.join(build, "sys", guest, test)
            yield guest, test, [], [path] if os.path.exists(path) else None
        top = os.path.join(build, "userland", root)
        for name, command in SCRIPTS.items():
            path = os.path.join(top, "usr/bin", command[0])
            yield guest, name, ["-L", top], [path] + command[1:] if os.path.exists(path) else None


def run(dragoman, options, program, timeout):
    try:
        p = subprocess.run([dragoman] + options + program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=timeout, env=ENV)
        return p.returncode, p.stdout, p.stderr
    except subprocess.TimeoutExpired:
        return "timeout", b"", b""


def crash_report(dragoman, jobs):
    """A fault of our own ends with status 125 and a report that names the guest's and our own functions."""
    programs = {j[0]: j for j in jobs if j[1] == "jumps"}
    wrong = 0
    for guest, job in programs.items():
        status, out, err = run(dragoman, ["--check", "--chaos", "crash=500,nolink"] + job[5], job[4], 60)
        text = err.decode(errors="replace")
        for want in ["a bug of dragoman, not of the program; guest: " + guest, "guest code, from", "\nregion ",
                     r"\n  #0 [0-9a-f]+ \w+\+0x", r"rt_run\+", r"rt_start\+"]:
            if status != 125 or not re.search(want, text):
                wrong += 1
                print(f"FAIL crash report of {guest}: status {status}, no {want!r} in\n{text}")
                break
    return len(programs), wrong


# Which request for memory is refused: of the translator's own, of the guest's mappings.
REFUSED = {"nomem": "1 2 4 6 8 11 12 13 14 15 17 20 26 40 %2 %3 %7 14+ 25+", "nomap": "1 4 7 9 15 30 60 110 200 %2 %5 %7 20+ 100+"}
WIDE = {kind: " ".join(map(str, range(1, 400))) + " " + " ".join(f"%{n} {n}+" for n in range(2, 100)) for kind in REFUSED}


def memory(dragoman, wide, jobs):
    """Memory that is refused: the program gets the errno its kernel would give and is right otherwise, or there is one line about it."""
    runs = []
    for guest, root in GUESTS.items():
        top = os.path.join(TOP, "build/userland", root)
        programs = [([os.path.join(TOP, "build/sys", guest, "nomem")], [], True)]
        programs += [([os.path.join(top, "usr/bin", SCRIPTS[p][0])] + SCRIPTS[p][1:], ["-L", top], False) for p in ("python3", "perl")]
        for program, options, strict in programs:
            if os.path.exists(program[0]):
                normal = run(dragoman, options, program, 60)
                few = REFUSED if strict else {"nomem": "9 12 13 14 15 16 %4 15+", "nomap": "20 40 %9 80+"}
                runs += [(options + ["--chaos", f"{kind}={n}"], program, strict, normal) for kind, which in (WIDE if wide else few).items()
                         for n in which.split()]

    def wrong(job):
        options, program, strict, normal = job
        status, out, err = run(dragoman, options, program, 60)
        if (status, out) == normal[:2]:
            return 0
        # What a program says that has to do without is its own affair; our words are "memory".
        started = status in (125, 126, 127) and out == b"" and b"memory" in err.lower()
        gave_up = not strict and status not in (0, "timeout") and normal[1].startswith(out) and b"bug of dragoman" not in err
        if started or gave_up:
            return 0
        print(f"FAIL {' '.join(options)} {program[0]}: status {status}, {out[-200:]!r}; {err[-300:].decode(errors='replace')}", flush=True)
        return 1

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return len(runs), sum(pool.map(wrong, runs))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("dragoman", nargs="?", default=os.path.join(TOP, "build/dragoman"))
    ap.add_argument("-j", type=int, default=2)
    ap.add_argument("-v", action="store_true")
    ap.add_argument("-m", help="only this mode")
    ap.add_argument("-p", help="only this program")
    ap.add_argument("--memory", action="store_true", help="only refuse memory, at each of many places")
    ap.add_argument("--timeout", type=float, default=60)
    args = ap.parse_args()
    if args.memory:
        checked, failed = memory(args.dragoman, True, args.j)
        print(f"{checked - failed} passed, {failed} failed, 0 skipped")
        return 1 if failed else 0
    modes = MODES + [("no-" + f, ["-host-features", "no-" + f], "faults python3 perl sqlite3") for f in features(args.dragoman)]
    skipped, normal, jobs = 0, {}, []
    for guest, name, options, program in programs(os.path.join(TOP, "build")):
        if args.p and name != args.p:
            continue
        if not program:
            print(f"SKIP {name} {guest}: not built")
            skipped += 1
            continue
        for mode, extra, names in modes:
            if name in names.split() and (not args.m or mode == args.m):
                jobs.append((guest, name, mode, extra + options, program, options))
    failed = 0
    checked, wrong = crash_report(args.dragoman, jobs)
    failed += wrong
    if not args.m and not args.p:
        runs, bad = memory(args.dragoman, False, args.j)
        checked += runs
        failed += bad
        for guest in GUESTS:
            for extra in [], ["--chaos", "flush=20"], ["--chaos", "cache=64k"]:
                checked += 1
                status, out, err = run(args.dragoman, extra, [os.path.join(TOP, "build/chaos", guest, "kill"), "2", "3"], 30)
                if status:
                    failed += 1
                    print(f"FAIL kill {guest} {' '.join(extra)}: status {status}; {(out + err)[-300:].decode(errors='replace')}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(args.j) as pool:
        keys = {(j[0], j[1]): j for j in jobs}
        for key, result in zip(keys, pool.map(lambda j: run(args.dragoman, j[5], j[4], 60), keys.values())):
            normal[key] = result

        def one(job):
            start = time.monotonic()
            result = run(args.dragoman, job[3], job[4], args.timeout)
            return job, result, time.monotonic() - start
        for job, (status, out, err), seconds in pool.map(one, jobs):
            want = normal[job[0], job[1]]
            if args.v:
                print(f"{seconds:6.2f} s {job[0]} {job[1]} {job[2]}")
            if (status, out) != want[:2]:
                failed += 1
                print(f"FAIL {job[1]} {job[0]} {job[2]}: status {status}, normally {want[0]}; {err[-300:].decode(errors='replace')}", flush=True)
                print("  " + " ".join(["dragoman"] + job[3] + [repr(a) if " " in a else a for a in job[4]]))
    print(f"{len(jobs) + checked - failed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
