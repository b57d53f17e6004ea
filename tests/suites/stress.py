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
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
ROOTS = os.path.join(TOP, "build/stress")
NS = os.path.join(TOP, "tests/tools/ns.sh")
DRAGOMAN = os.environ.get("DRAGOMAN", os.path.join(TOP, "build/dragoman"))
GUESTS = ["arm64", "riscv64"]
HARD_LIMIT = int(os.environ.get("LIMIT", 60))
# Somebody who is not root: real root becomes another user; in a user namespace, another name for the same.
USER = ("chroot --userspec=+1000:+1000 --groups= \"$0\"" if os.getuid() == 0 else
        "unshare --user --map-user=1000 --map-group=1000 --root=\"$0\" --wd=/")
INSIDE = f'ip link set lo up; mount --rbind /sys "$0/sys"; cd /; exec {USER} "$@"'
WORK = "/tmp/work"  # in its arguments: where it may write


def stress_ng(arch, *args):
    """Runs it in the root of that architecture: (exit status or None, output)."""
    root = os.path.join(ROOTS, arch)
    work = tempfile.mkdtemp(prefix="work-", dir=f"{root}/tmp")
    more = ["unshare", "--ipc", "--net"]
    if os.getuid() == 0:
        os.chown(work, 1000, 1000)
    else:
        more.append("--map-root-user")
    home = work.removeprefix(root)
    p = subprocess.Popen([*more, NS, root, "--", "sh", "-c", INSIDE, root, *([] if arch == "amd64" else ["/usr/bin/dragoman"]),
                          "/usr/bin/stress-ng", *(home if a == WORK else a for a in args)],
                         start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         env={"PATH": "/usr/bin:/usr/sbin:/bin:/sbin", "LC_ALL": "C.UTF-8", "HOME": home})
    try:
        out, _ = p.communicate(timeout=HARD_LIMIT)
        status = p.returncode
    except subprocess.TimeoutExpired:
        p.kill()
        out, _ = p.communicate()
        status = None
    shutil.rmtree(work, ignore_errors=True)
    return status, out.decode(errors="replace")


def one(arch, name, seconds):
    """("passed" | "failed" | "skipped", what it wrote)."""
    status, out = stress_ng(arch, f"--{name}", "1", "-t", str(seconds), "--verify", "--temp-path", WORK, "--no-rand-seed")
    if status is None:
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


def expectations():
    """(guest, stressor) -> reason"""
    for line in open(os.path.join(HERE, "stress.expect")):
        if line.strip() and line[0] != "#":
            guest, names, why = line.strip().split(None, 2)
            for g in GUESTS if guest == "*" else [guest]:
                for name in names.split(","):
                    yield (g, name), why


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-g", action="append", choices=GUESTS, metavar="GUEST")
    parser.add_argument("-j", type=int, default=1, metavar="JOBS", help="stressors at once")
    parser.add_argument("-t", type=int, default=2, metavar="SECONDS")
    parser.add_argument("--native", action="store_true", help="run natively anew")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    expected, failed, total = dict(expectations()), 0, [0, 0, 0]
    names = args.names or stress_ng("amd64", "--stressors")[1].split()
    pool = ThreadPoolExecutor(args.j)
    natives = native(pool, args.t, names, args.native)
    for guest in args.g or GUESTS:
        binary = os.path.join(ROOTS, guest, "usr/bin/dragoman")
        shutil.copy(DRAGOMAN, binary + ".new")
        os.rename(binary + ".new", binary)
        count = [0, 0, 0]
        for name in names:
            if natives[name][0] != "passed":
                count[2] += 1
                print(f"left out {guest} {name}: natively {natives[name][0]}: {short(natives[name][1])}", flush=True)
        todo = [n for n in names if natives[n][0] == "passed"]
        for name, (verdict, out) in zip(todo, pool.map(lambda n: one(guest, n, args.t), todo)):
            why = expected.get((guest, name))
            if why and verdict != "passed":
                count[2] += 1
                print(f"left out {guest} {name}: {why}", flush=True)
            elif why or verdict != "passed":
                count[1] += 1
                print(f"failed {guest} {name}: {'passes though listed: ' + why if why else verdict + ': ' + short(out)}", flush=True)
            else:
                count[0] += 1
                print(f"passed {guest} {name}", flush=True)
        print(f"{guest}: {count[0]} of {len(names)} stressors pass as natively, {count[1]} do not, {count[2]} left out")
        total = [a + b for a, b in zip(total, count)]
    print("{} passed, {} failed, {} skipped".format(*total))
    return total[1] != 0


if __name__ == "__main__":
    sys.exit(main())
