#!/usr/bin/env python3
"""Run tests/prog/cases under dragoman, for each guest, and compare with native or QEMU.

    tests/prog/run.sh [--more | --programs | --soak] [-k SUBSTRING] [-j JOBS] [-n TIMES] [-l] [-v]

--more, --programs and --soak run the cases of that folder instead, whose programs are too large or take too long
for every check; -n runs all cases so many times, each compared with one run of the oracle. Where a case takes too
long, the stacks of its processes are kept too (gdb).
A case file holds the scripts for one program; each begins with a line

    #: NAME [oracle=native|qemu] [timeout=SECONDS] [needs=mounts|pivot]          (timeout: of dragoman, with the machine to itself)

and goes on, until the next such line, with a script for the guest's own bash, started in an empty
directory. Standard output and exit status have to be those of the oracle. The oracle is the amd64
program of the same Debian release, or QEMU where the result depends on the instruction set.

The scripts find Debian source packages in $PROG_SOURCES, and the machine's npm registry, name server and
certificates in $PROG_NPM_REGISTRY, /etc/resolv.conf and $NODE_EXTRA_CA_CERTS.

Environment: DRAGOMAN (default build/dragoman; "qemu" tries the cases themselves out under QEMU),
DRAGOMAN_FLAGS, GUESTS (arm64 riscv64), MODE (chroot, or sysroot to use -L instead).
Output that differed is kept in build/prog/.
"""
import argparse
import contextlib
import difflib
import glob
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(TOP, "build/prog")
QEMU = os.path.join(TOP, "build/qemu")
NS = os.path.join(TOP, "tests/tools/ns.sh")
DRAGOMAN = os.environ.get("DRAGOMAN", os.path.join(TOP, "build/dragoman"))
FLAGS = shlex.split(os.environ.get("DRAGOMAN_FLAGS", ""))
GUESTS = os.environ.get("GUESTS", "arm64 riscv64").split()
MODE = os.environ.get("MODE", "chroot")
QEMU_NAME = {"arm64": "qemu-aarch64", "riscv64": "qemu-riscv64"}

# One directory of every root, under the same path in all of them, so that programs that print
# where they are print the same. Its own for each run: two runs may share the roots.
DIR = f"/tmp/prog.{os.getpid()}"
ENV = {"PATH": "/usr/bin:/usr/sbin", "HOME": "/root", "LC_ALL": "C.UTF-8", "TZ": "UTC",
       "TERM": "dumb", "PYTHONDONTWRITEBYTECODE": "1"}
ENV.update((k, v) for k, v in os.environ.items() if k.startswith("DRAGOMAN_"))


# A shell's background job ignores these, nohup the first; what waits for one of them would wait for ever.
SIGNALS = ["env", "--default-signal=HUP,INT,QUIT"]

# Where a set has its cases and its roots.
SETS = {"cases": "userland", "more": "more", "programs": "programs", "soak": "programs"}
SET = next((s for s in SETS if f"--{s}" in sys.argv), "cases")
SOURCES = os.path.join(TOP, "build/sources")


def root(arch):
    return os.path.join(TOP, "build", SETS[SET], arch)


class Case:
    def __init__(self, program, header):
        words = header.split()
        self.name = f"{program}/{words[0]}"
        self.oracle, self.timeout, self.needs = "native", "60", ""
        for word in words[1:]:
            key, _, value = word.partition("=")
            if not hasattr(self, key):
                sys.exit(f"{self.name}: unknown key {key}")
            setattr(self, key, value)
        self.script, self.lock, self.native = "", threading.Lock(), None


def load(pattern):
    cases = []
    for path in sorted(glob.glob(os.path.join(TOP, "tests/prog", SET, "*.sh"))):
        case = None
        for line in open(path):
            if line.startswith("#: "):
                case = Case(os.path.basename(path)[:-3], line[3:])
                cases.append(case)
            elif case:
                case.script += line
    return [c for c in cases if pattern in c.name]


def descendants(pid):
    """The processes below one, their stacks being what a hang is understood from."""
    parents = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as f:
                parents.setdefault(int(f.read().rpartition(")")[2].split()[1]), []).append(int(path.split("/")[2]))
        except OSError:
            pass
    found = [pid]
    for p in found:
        found += parents.get(p, [])
    return found[1:]


def stacks(pid, case):
    path = os.path.join(OUT, f"{case.name.replace('/', '.')}.{pid}.stacks")
    with open(path, "w") as f:
        seen = set()
        while left := [p for p in descendants(pid) if p not in seen]:  # anew: this takes long enough for others to begin
            p = left[0]
            seen.add(p)
            with contextlib.suppress(OSError):
                with open(f"/proc/{p}/cmdline") as c:
                    f.write(f"== {p} {c.read().replace(chr(0), ' ')}\n")
                for task in glob.glob(f"/proc/{p}/task/*"):
                    with open(task + "/syscall") as c, open(task + "/stat") as s:
                        f.write(f"{os.path.basename(task)}: {c.read().strip()}; {s.read()}")
            f.flush()
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(["gdb", "-q", "-batch", "-p", str(p), "-ex", "thread apply all bt 30", DRAGOMAN],
                               stdin=subprocess.DEVNULL, stdout=f, stderr=f, timeout=60)
    print(f"stacks in {os.path.relpath(path, TOP)}", flush=True)


def run(command, case):
    """Returns (status, stdout, stderr); the whole session dies with the time limit."""
    p = subprocess.Popen([*SIGNALS, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, env=ENV, start_new_session=True)
    try:
        out, err = p.communicate(timeout=float(case.timeout))
        return p.returncode, out, err
    except subprocess.TimeoutExpired:
        stacks(p.pid, case)
        os.killpg(p.pid, signal.SIGKILL)
        out, err = p.communicate()
        return "time-out", out, err


def execute(case, arch, how):
    """how: native, qemu or dragoman"""
    where = f"{DIR}/{how}/{case.name.replace('/', '.')}"
    inside = root(arch) + where
    shutil.rmtree(inside, ignore_errors=True)
    os.makedirs(inside)
    sysroot = how == "dragoman" and MODE == "sysroot"
    script = inside + ".sh"
    with open(script, "w") as f:
        f.write(f"cd {inside if sysroot else where}\n")
        f.write(("busybox umount -l /mnt\n" if case.needs == "pivot" else "") + case.script)
    if sysroot:
        return run([DRAGOMAN, *FLAGS, "-L", root(arch), root(arch) + "/usr/bin/bash", script], case)
    via = [f"{DIR}/translator", *FLAGS] if how == "dragoman" else []
    pivot = case.needs == "pivot"
    return run([NS, *(["-p"] if pivot else []), *(["-b", QEMU] if how == "qemu" else []), root(arch), "--",
                *([] if pivot else ["chroot", root(arch)]), *via, "/usr/bin/bash", f"{where}.sh"], case)


class Report:
    def __init__(self, verbose):
        self.lock, self.verbose = threading.Lock(), verbose
        self.passed = self.failed = self.skipped = 0

    def line(self, verdict, case, arch, note="", detail=""):
        with self.lock:
            setattr(self, verdict, getattr(self, verdict) + 1)
            print(f"{verdict:7} {arch:8} {case.name}{note and ' ' + note}", flush=True)
            if detail:
                print(detail, flush=True)


def keep(case, arch, want, got):
    base = os.path.join(OUT, f"{case.name.replace('/', '.')}.{arch}")
    for suffix, text in ((".want", want[1]), (".got", got[1]), (".err", got[2])):
        with open(base + suffix, "wb") as f:
            f.write(text)


def brief(want, got):
    lines = [f"status: want {want[0]}, got {got[0]}"] if want[0] != got[0] else []
    text = [x[1].decode(errors="replace").splitlines() for x in (want, got)]
    lines += list(difflib.unified_diff(*text, "want", "got", lineterm="", n=0))[:12]
    lines += ["stderr: " + x for x in got[2].decode(errors="replace").splitlines()[-4:]]
    return "\n".join("    " + x[:200] for x in lines)


def check(case, report, mounts, binfmt):
    for arch in GUESTS:
        if case.needs and not mounts:
            report.line("skipped", case, arch, "(no mount namespaces here, so no /proc)")
            continue
        if "qemu" in (case.oracle, DRAGOMAN) and not binfmt:
            report.line("skipped", case, arch, "(no binfmt_misc for QEMU in a namespace here)")
            continue
        if case.oracle == "qemu":
            want = execute(case, arch, "qemu")
        else:
            with case.lock:
                want = case.native = case.native or execute(case, "amd64", "native")
        if want[0] == "time-out":
            report.line("failed", case, arch, "(the oracle took too long)")
            continue
        # Two programs that did not start would agree; every case prints something, and a
        # tool missing from the roots would be missing from all of them.
        if not want[1] or b": command not found" in want[2]:
            report.line("failed", case, arch, "(the oracle did not run)", brief(want, want))
            continue
        begin = time.monotonic()
        got = execute(case, arch, "qemu" if DRAGOMAN == "qemu" else "dragoman")
        note = f"({time.monotonic() - begin:.1f} s)" if report.verbose else ""
        if got[:2] == want[:2]:
            report.line("passed", case, arch, note)
        else:
            keep(case, arch, want, got)
            report.line("failed", case, arch, note, brief(want, got))


def outside(arch):
    """What programs need to reach the machine's package registry, and the sources that they build."""
    inside = root(arch) + DIR
    shutil.copytree(SOURCES, f"{inside}/src", ignore=shutil.ignore_patterns(".*"))
    shutil.copy("/etc/resolv.conf", root(arch) + "/etc/resolv.conf")
    with open(root(arch) + "/etc/nsswitch.conf", "w") as f:
        f.write("hosts: files dns\n")
    with open(root(arch) + "/etc/passwd", "w") as f:
        f.write("root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n")
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", f"{inside}/certificates")
        ENV["NODE_EXTRA_CA_CERTS"] = f"{DIR}/certificates"
    ENV["PROG_SOURCES"] = f"{DIR}/src"
    npm = shutil.which("npm")
    if npm:
        ENV["PROG_NPM_REGISTRY"] = subprocess.run([npm, "config", "get", "registry"], text=True, stdout=subprocess.PIPE,
                                                  stderr=subprocess.DEVNULL).stdout.strip()


def main():
    parser = argparse.ArgumentParser()
    for name in SETS:
        parser.add_argument(f"--{name}", action="store_true", help=f"the cases of tests/prog/{name}, in the roots of build/{SETS[name]}")
    parser.add_argument("-k", default="", metavar="SUBSTRING", help="only cases with this in the name")
    parser.add_argument("-j", type=int, default=os.cpu_count(), metavar="JOBS")
    parser.add_argument("-n", type=int, default=1, metavar="TIMES", help="run each case so many times")
    parser.add_argument("-l", action="store_true", help="list the cases")
    parser.add_argument("-v", action="store_true", help="print times")
    args = parser.parse_args()
    cases = load(args.k)
    if args.l:
        print("\n".join(c.name for c in cases))
        return 0
    if not cases:
        sys.exit(f"no case has {args.k} in its name")
    signal.signal(signal.SIGTERM, signal.default_int_handler)   # what was made in the roots goes
    if DRAGOMAN != "qemu" and not os.access(DRAGOMAN, os.X_OK):
        sys.exit(f"{DRAGOMAN}: not there")
    os.makedirs(OUT, exist_ok=True)
    mounts = subprocess.run([NS, root("amd64"), "--", "test", "-e", root("amd64") + "/proc/self"],
                            stderr=subprocess.DEVNULL).returncode == 0
    binfmt = subprocess.run([NS, "-b", QEMU, root("amd64"), "--", "true"],
                            stderr=subprocess.DEVNULL).returncode == 0
    report = Report(args.v)
    try:
        for arch in ["amd64", *GUESTS]:
            os.makedirs(root(arch) + DIR)
            if arch != "amd64" and DRAGOMAN != "qemu":
                shutil.copy(DRAGOMAN, f"{root(arch)}{DIR}/translator")
            if SETS[SET] == "programs":
                outside(arch)
        with ThreadPoolExecutor(args.j) as pool:
            for _ in range(args.n):
                for done in [pool.submit(check, c, report, mounts, binfmt) for c in cases]:
                    done.result()
    finally:
        for arch in ["amd64", *GUESTS]:
            shutil.rmtree(root(arch) + DIR, ignore_errors=True)
    print(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped")
    return report.failed != 0


if __name__ == "__main__":
    sys.exit(main())
