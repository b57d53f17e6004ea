#!/usr/bin/env python3
"""stress-ng's stressors, verifying, one worker each, as an ordinary user: what passes natively passes as a guest.

    tests/suites/stress.py [-g GUEST]... [-j JOBS] [-t SECONDS] [--native] [NAME...]

Each stressor runs in namespaces and a session of its own (tests/tools/ns.sh), which end with it or after a minute,
whatever it leaves behind. Natively first: what does not pass there (hardware, privileges, a kernel without the feature) is left
out. Native results are kept in build/stress until stress-ng or the kernel changes, or --native is given.
stress.expect names what a guest does not have, with the reason; what is listed and passes nevertheless fails.
"""
import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import box

ROOTS = os.path.join(box.TOP, "build/stress")
NS = os.path.join(box.TOP, "tests/tools/ns.sh")
HARD_LIMIT = int(os.environ.get("LIMIT", 60))
# Somebody who is not root (box.py): real root becomes another user; in a user namespace, another name for the same.
INSIDE = ('ip link set lo up; mount --rbind /sys "$0/sys"; cd /; user=$1; shift; exec ' +
          ('chroot --userspec="+$user:+$user" --groups= "$0" "$@"' if box.IS_ROOT else
           'unshare --user --map-user=1000 --map-group=1000 --root="$0" --wd=/ "$@"'))
WORK = "/tmp/work"  # in its arguments: where it may write


def stress_ng(arch, *args):
    """Runs it in the root of that architecture: (exit status or "time-out", output)."""
    root = os.path.join(ROOTS, arch)
    work = tempfile.mkdtemp(prefix="work-", dir=f"{root}/tmp")
    user = next(box.users)
    if box.IS_ROOT:
        os.chown(work, user, user)
    home = work.removeprefix(root)
    try:
        return box.run([*box.NAMESPACES, "--ipc", "--net", NS, root, "--", "sh", "-c", INSIDE, root, str(user),
                        *([] if arch == "amd64" else ["/usr/bin/dragoman"]), "/usr/bin/stress-ng", *(home if a == WORK else a for a in args)],
                       HARD_LIMIT, env={"PATH": "/usr/bin:/usr/sbin:/bin:/sbin", "LC_ALL": "C.UTF-8", "HOME": home})
    finally:
        shutil.rmtree(work, ignore_errors=True)


def one(arch, name, seconds):
    """("passed" | "failed" | "skipped", what it wrote)."""
    status, out = stress_ng(arch, f"--{name}", "1", "-t", str(seconds), "--verify", "--temp-path", WORK, "--no-rand-seed")
    if status == "time-out":
        return "failed", out + f"not over after {HARD_LIMIT} seconds\n"
    if status == 0 and re.search(rf"passed: 1: {name} \(1\)", out):
        return "passed", out
    return ("skipped" if re.search(rf"skipped: 1: {name} \(1\)", out) else "failed"), out


def short(out):
    """The lines that say why."""
    lines = [re.sub(r"^stress-ng: \w+: +\[\d+\] ", "", line) for line in out.splitlines()]
    said = [line for line in lines if not re.match(r"(skipped|passed|failed|metrics untrustworthy): |setting to|dispatching|\S+ run completed|successful run", line)]
    return "; ".join(said[:4])[:300]


def native(pool, seconds, names, again):
    kept = os.path.join(ROOTS, "native.json")
    key = [os.uname().release, stress_ng("amd64", "--version")[1], seconds, os.getuid() == 0]
    results = {}
    if os.path.exists(kept) and not again:
        with open(kept) as f:
            old = json.load(f)
        if old["key"] == key:
            results = old["results"]
    todo = [n for n in names if n not in results]
    for name, result in zip(todo, pool.map(lambda n: one("amd64", n, seconds), todo)):
        results[name] = result
        print(f"native {name}: {result[0]}", flush=True)
        with open(kept + ".new", "w") as f:
            json.dump({"key": key, "results": results}, f)
        os.rename(kept + ".new", kept)
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-g", action="append", choices=box.GUESTS, metavar="GUEST")
    parser.add_argument("-j", type=int, default=1, metavar="JOBS", help="stressors at once")
    parser.add_argument("-t", type=int, default=2, metavar="SECONDS")
    parser.add_argument("--native", action="store_true", help="run natively anew")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    names = args.names or stress_ng("amd64", "--stressors")[1].split()
    pool = ThreadPoolExecutor(args.j)
    natives = native(pool, args.t, names, args.native)
    report = box.Report("stress.expect", progress=True)
    for guest in args.g or box.GUESTS:
        box.install(box.DRAGOMAN, os.path.join(ROOTS, guest, "usr/bin/dragoman"))
        for name in names:
            if natives[name][0] != "passed":
                report.add(guest, name, False, left_out=f"natively {natives[name][0]}: {short(natives[name][1])}")
        todo = [n for n in names if natives[n][0] == "passed"]
        for name, (verdict, out) in zip(todo, pool.map(lambda n: one(guest, n, args.t), todo)):
            report.add(guest, name, verdict == "passed", f"{verdict}: {short(out)}")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
