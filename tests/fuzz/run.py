#!/usr/bin/env python3
"""Random guest programs under dragoman and QEMU: same registers, flags, memory and signals.

    tests/fuzz/run.py [--seeds FIRST-LAST] [--guests a,b] [--modes m,n] [--minutes N] [--jobs N] ...

Each seed makes one program a guest (tests/fuzz/gen.c): some hundred cases, each a few dozen random instructions from the
decode tables, among them loops, calls, jumps, faults, run from 32 sets of values. QEMU runs it once, dragoman in each mode:

    lazy         what runs a second time is translated
    quick        translated before it runs
    hot          every region made anew by the hot plan when it is entered a second time
    interp       the IR's interpreter
    no-FEATURE   without one feature of the host; `features`: one mode for each the back end knows
    plain        without all of them
    chaos        a rare event made common, picked by the seed: tiny cache, no links, checks, ...

What differs is narrowed down: the case, the first instruction that makes a difference, then everything left out that the
difference does not need. `--only SEED` does that for one seed. Failing programs stay in build/fuzz. A seed gives the same
program as long as tables and generator stay the same. Ends with "N passed, N failed, N skipped"; one program in one mode
counts as one.
"""
import argparse, concurrent.futures, os, random, re, struct, subprocess, sys, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WINDOW_OFF, BLOCK = 832, 832 + 512
GUESTS = {
    "aarch64": dict(qemu=["build/qemu/qemu-aarch64", "-cpu", "max,sve=off,sme=off,pauth=off"], objdump=["aarch64-linux-gnu-objdump", "-m", "aarch64"]),
    "riscv64": dict(qemu=["build/qemu/qemu-riscv64", "-cpu", "max"], objdump=["riscv64-linux-gnu-objdump", "-m", "riscv:rv64"]),
}
CHAOS = ["cache=64k", "cache=256k", "flush=3", "flush=17", "nolink", "retstack=8", "poll=2", "poll=7,nolink", "cache=64k,flush=40,retstack=8,poll=5"]
OPTIONS = [["-region-limit", "1"], ["-region-limit", "3"], ["--check"], ["--check=lockstep"]]


def features(dragoman):
    """Host features that are there and can be switched off."""
    lines = subprocess.run([dragoman, "host"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[1:]
    return [x.split()[0] for x in lines if x.split()[1] != "absent"]


def mode_flags(mode, seed, dragoman):
    if mode in ("lazy", "quick", "hot"):
        return ["-plan", mode]
    if mode == "interp":
        return ["--interp"]
    if mode == "plain":
        return ["-host-features", ",".join("no-" + f for f in features(dragoman))]
    if mode.startswith("no-"):
        return ["-host-features", mode]
    if mode == "chaos":
        r = random.Random(seed)
        off = ",".join("no-" + f for f in features(dragoman) if r.randrange(4) == 0)
        return (r.choice(OPTIONS) if r.randrange(3) == 0 else ["--chaos", r.choice(CHAOS)]) + (["-host-features", off] if off else [])
    sys.exit(f"run.py: unknown mode {mode}")


def name_of(guest, off):
    if off >= WINDOW_OFF:
        return f"memory+{off - WINDOW_OFF}"
    other = {792: "signal", 800: "signal's pc", 808: "signal's address"}
    if guest == "aarch64":
        other.update({248: "nzcv", 768: "fpsr", 776: "fpcr", 784: "sp", 816: "tpidr"})
        vector = f"v{(off - 256) // 16}.d[{off // 8 % 2}]"
    else:
        other[512] = "fcsr"
        vector = f"f{(off - 256) // 8}"
    return other.get(off, f"x{off // 8}" if off < 256 else vector)


def execute(command):
    try:
        p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        return p.returncode, p.stdout, p.stderr
    except subprocess.TimeoutExpired as e:
        return "time-out", e.stdout or b"", e.stderr or b""


class Program:
    """One generated program; case and keep as gen takes them."""

    def __init__(self, args, guest, seed, suffix="", case=None, keep=None):
        self.args, self.guest, self.seed = args, guest, seed
        self.path = f"build/fuzz/{guest}-{seed}{suffix}"
        spec = guest + (":" + args.cpu if args.cpu else "")
        command = ["build/fuzz/gen", spec, seed, args.cases, args.units, args.inputs, self.path]
        if case is not None:
            command.append(case)
        if keep is not None:
            command.append(",".join(map(str, keep)) or "499")
        subprocess.run([str(x) for x in command], check=True)
        self.size = args.inputs * BLOCK

    def cases(self):
        """(number, [(address, size, instructions, row), ...]) of each case."""
        for line in open(self.path + ".cases"):
            number, _, *units = line.split()
            yield int(number), [(int(a, 16), int(s), int(n), row) for a, s, n, row in (u.split(":") for u in units)]

    def qemu(self):
        return execute(self.args.qemu.split() + [self.path] if self.args.qemu else GUESTS[self.guest]["qemu"] + [self.path])

    def dragoman(self, flags):
        cpu = ["-cpu", self.args.cpu] if self.args.cpu else []
        return execute([self.args.dragoman, *cpu, *flags, self.path])

    def remove(self):
        for suffix in ("", ".cases", ".rows"):
            os.unlink(self.path + suffix)


def differing_case(program, want, got):
    """Index of the first case whose output differs, or None."""
    for i in range(0, max(len(want), len(got)), program.size):
        if want[i:i + program.size] != got[i:i + program.size]:
            return i // program.size
    return None


def differs(args, guest, seed, case, keep, flags):
    p = Program(args, guest, seed, f".{threading.get_ident()}", case, keep)
    want, got = p.qemu(), p.dragoman(flags)
    return want[:2] != got[:2], p, want, got


def narrow(args, guest, seed, case, nunits, flags):
    """Units that are enough for the difference: the shortest beginning, then without what can be left out. None: it needs the other cases."""
    everything = list(range(nunits))
    if not differs(args, guest, seed, case, everything, flags)[0]:
        return None
    low, high = 0, nunits          # the first `high` units differ, the first `low` do not
    while high - low > 1:
        mid = (low + high) // 2
        if differs(args, guest, seed, case, everything[:mid], flags)[0]:
            high = mid
        else:
            low = mid
    keep = everything[:high]
    before = None
    while keep != before:
        before = keep
        for u in reversed(before):
            fewer = [k for k in keep if k != u]
            if fewer and differs(args, guest, seed, case, fewer, flags)[0]:
                keep = fewer
    return keep


def show(program, want, got):
    """The instructions of the program's case and the values that differ."""
    out = []
    number, units = next(program.cases())
    for address, size, _, row in units:
        if not size:
            continue
        text = subprocess.run([*GUESTS[program.guest]["objdump"], "-D", "-b", "binary", "--adjust-vma=0x400000", f"--start-address={address:#x}",
                               f"--stop-address={address + size:#x}", program.path], capture_output=True, text=True).stdout
        out += [f"    {row:12} {line}" for line in text.splitlines() if re.match(r" +[0-9a-f]+:\t", line)]
    shown = 0
    a, b = want[1], got[1]
    data = open(program.path, "rb").read()
    for i in range(0, min(len(a), len(b)) // 8 * 8, 8):
        if a[i:i + 8] != b[i:i + 8] and shown < 8:
            shown += 1
            x, y = (struct.unpack("<Q", s[i:i + 8])[0] for s in (a, b))
            out.append(f"    input {i // BLOCK} {name_of(program.guest, i % BLOCK)}: QEMU {x:016x} dragoman {y:016x}")
    if len(a) != len(b):
        out.append(f"    QEMU wrote {len(a)} bytes, dragoman {len(b)}")
    return out


def explain(args, program, flags, want, got):
    out = [f"FAIL {program.guest} seed {program.seed} {' '.join(flags)}: status QEMU {want[0]}, dragoman {got[0]} {got[2][-600:].decode(errors='replace')}"]
    index = differing_case(program, want[1], got[1])
    cases = list(program.cases())
    if index is None or index >= len(cases):
        return out + ["  outputs are equal" if index is None else "  output too long"]
    number, units = cases[index]
    keep = narrow(args, program.guest, program.seed, number, len(units), flags)
    if keep is None:
        out.append(f"  case {number} of {program.path}; alone it does not differ")
        return out
    _, small, want, got = differs(args, program.guest, program.seed, number, keep, flags)
    out.append(f"  case {number}, units {','.join(map(str, keep))} ({small.guest}: build/fuzz/gen {program.guest} {program.seed} {args.cases} {args.units} {args.inputs} FILE "
               f"{number} {','.join(map(str, keep))}), row {units[keep[-1]][3] if keep else '-'}:")
    out += show(small, want, got)
    small.remove()
    return out


class Totals:
    def __init__(self):
        self.lock, self.begin, self.last = threading.Lock(), time.time(), time.time()
        self.passed = self.failed = 0
        self.insns, self.rows, self.reasons, self.failures = {}, {}, {}, {}

    def progress(self, every):
        with self.lock:
            if time.time() - self.last < every:
                return
            self.last = time.time()
            rate = ", ".join(f"{g} {m} {n / 1e6:.0f}" for (g, m), n in sorted(self.insns.items()))
            print(f"{time.time() - self.begin:.0f} s, {self.failed} failed; million guest instructions: {rate}", flush=True)


def one(args, guest, seed, modes, totals, stop):
    """One seed's program in every mode."""
    if stop.is_set():
        return
    program = Program(args, guest, seed)
    want = program.qemu()
    insns = sum(n for _, units in program.cases() for _, _, n, _ in units) * args.inputs
    with totals.lock:
        for line in open(program.path + ".rows"):
            row, count, reason = line.rstrip("\n").split(" ", 2)
            totals.rows[guest, row] = totals.rows.get((guest, row), 0) + int(count)
            totals.reasons[guest, row] = reason
    cases = sum(1 for _ in program.cases())
    bad = want[0] != 0 or len(want[1]) != cases * program.size
    if bad:
        print(f"FAIL {guest} seed {seed}: QEMU ends with {want[0]} after {len(want[1])} bytes of {cases * program.size}: the generator is wrong", flush=True)
    for mode in modes:
        if stop.is_set():
            break
        flags = mode_flags(mode, seed, args.dragoman)
        got = program.dragoman(flags)
        good = not bad and want[:2] == got[:2]
        report = [] if good or bad else explain(args, program, flags, want, got)
        with totals.lock:
            totals.passed, totals.failed = totals.passed + good, totals.failed + (not good)
            totals.insns[guest, mode] = totals.insns.get((guest, mode), 0) + insns * good
            for line in report:
                print(line, flush=True)
        if not good and not args.keep_going:
            stop.set()
        bad |= not good
        if not good:
            break
        totals.progress(args.progress)
    if not bad:
        program.remove()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--guests", default=",".join(GUESTS))
    p.add_argument("--seeds", default="1-1000000000", help="FIRST-LAST")
    p.add_argument("--modes", default="lazy,quick,hot,interp,plain,features,chaos")
    p.add_argument("--minutes", type=float, default=1e9)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--cases", type=int, default=400)
    p.add_argument("--units", type=int, default=40, help="random instructions of a case")
    p.add_argument("--inputs", type=int, default=32)
    p.add_argument("--cpu", default="", help="-cpu of dragoman, and what instructions are made")
    p.add_argument("--qemu", default="", help="QEMU's command for it")
    p.add_argument("--progress", type=float, default=60, help="seconds between lines")
    p.add_argument("--keep-going", action="store_true", help="after a failure, with the next seed")
    p.add_argument("--all-rows", action="store_true", help="fail if a row of the tables is never generated")
    p.add_argument("--dragoman", default=os.environ.get("DRAGOMAN", "build/dragoman"))
    args = p.parse_args()
    os.chdir(ROOT)
    os.makedirs("build/fuzz", exist_ok=True)
    guests = args.guests.split(",")
    modes = [m for mode in args.modes.split(",") for m in (["no-" + f for f in features(args.dragoman)] if mode == "features" else [mode])]
    first, last = (int(x) for x in (args.seeds + "-" + args.seeds).split("-")[:2])
    totals, stop = Totals(), threading.Event()
    end = totals.begin + 60 * args.minutes

    def worker(work):
        for guest, seed in work:
            if stop.is_set() or time.time() > end:
                return
            one(args, guest, seed, modes, totals, stop)

    class Shared:
        """An iterator that several threads may share."""
        def __init__(self, it):
            self.it, self.lock = it, threading.Lock()
        def __iter__(self):
            return self
        def __next__(self):
            with self.lock:
                return next(self.it)

    items = Shared(((g, s) for s in range(first, last + 1) for g in guests))
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for f in [pool.submit(worker, items) for _ in range(args.jobs)]:
            f.result()
    totals.progress(0)
    for (guest, row), count in sorted(totals.rows.items()):
        if not count:
            reason = totals.reasons[guest, row]
            print(f"{'FAIL ' if args.all_rows and not reason else ''}{guest}: no {row} generated{': ' + reason if reason else ''}")
            totals.failed += args.all_rows and not reason
    print(f"{totals.passed} passed, {totals.failed} failed, 0 skipped")
    return totals.failed != 0


if __name__ == "__main__":
    sys.exit(main())
