#!/usr/bin/env python3
"""What is an instruction, and where SIGILL comes from: dragoman must say what QEMU says, word by word.

    tests/encodings/run.py [--guests a,b] [--seeds FIRST-LAST] [--random N] [--fills N] [--minutes N]

Words (words.c): random ones; every row of the decode tables and its neighbours by one flipped fixed bit; every 16-bit word of
RISC-V. Each is executed (guest.c), and the signal that ends it and its pc must be the same: SIGILL at the word itself, or
what the instruction does and the breakpoint after it. What may differ is listed with its reason in differences.txt.
"""
import argparse, fnmatch, os, re, struct, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
OBJDUMP = {"aarch64": ["aarch64-linux-gnu-objdump", "-D", "-z", "-b", "binary", "-m", "aarch64", "-M", "no-aliases"],
           "riscv64": ["riscv64-linux-gnu-objdump", "-D", "-z", "-b", "binary", "-m", "riscv:rv64", "-M", "no-aliases"]}
DRAGOMAN_CPU = {"aarch64": ["-cpu", "max,+lse2"], "riscv64": []}      # as QEMU's
SIGILL, BATCH = 4, 20000


def qemu_command(guest):
    if guest == "aarch64":
        return ["build/qemu/qemu-aarch64", "-cpu", "max,sve=off,sme=off,pauth=off"]
    exts = {"a", "c", "zicntr"}
    for name in os.listdir("frontends/riscv64"):
        if name.endswith(".tbl"):
            for line in open("frontends/riscv64/" + name):
                cols = re.split(r"  +", line.split("#")[0].strip())
                if len(cols) >= 4 and not line.startswith("%"):
                    exts.update(cols[3].split("_"))
    return ["build/qemu/qemu-riscv64", "-cpu", ",".join(["rv64i"] + [e + "=on" for e in sorted(exts - {"i", "or"})])]


class Difference:
    """A line `GUEST WHO mask/value|mnemonic,...: reason`; WHO: ours (only we execute it), theirs (only QEMU does), other."""

    def __init__(self, line):
        head, self.reason = line.split(": ", 1)
        self.guest, self.who, what = head.split()
        self.seen = 0
        self.mask = self.names = None
        if m := re.fullmatch(r"([0-9a-f]+)/([0-9a-f]+)", what):
            self.mask, self.value = int(m[1], 16), int(m[2], 16)
        else:
            self.names = what.split(",")

    def covers(self, guest, who, word, mnemonic):
        if guest != self.guest or who != self.who:
            return False
        if self.names is None:
            return word & self.mask == self.value
        return any(fnmatch.fnmatch(mnemonic(), n) for n in self.names)


def mnemonics(guest, words):
    with tempfile.NamedTemporaryFile() as f:
        f.write(struct.pack(f"<{len(words)}I", *words))
        f.flush()
        text = subprocess.run(OBJDUMP[guest] + [f.name], capture_output=True, text=True, check=True).stdout
    found = {}
    for m in re.finditer(r"^ *([0-9a-f]+):\t[0-9a-f ]+\t(\S+)", text, re.M):
        at = int(m[1], 16)
        if at % 4 == 0:
            found[words[at // 4]] = m[2]
    return found


def execute(command, guest, data):
    try:
        p = subprocess.run(command + [f"build/encodings/{guest}"], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    except subprocess.TimeoutExpired as e:
        return "time-out", list(struct.iter_unpack("<II", e.stdout or b"")), ""
    return p.returncode, list(struct.iter_unpack("<II", p.stdout)), p.stderr[-300:].decode(errors="replace")


def batches(args, guest, seed, compressed, differences):
    """(words run, failures) of a seed, some thousand words at a time: what loops costs one time-out."""
    data = subprocess.run(["build/encodings/words", guest, str(seed), str(args.random), str(args.fills)] + (["compressed"] if compressed else []),
                          check=True, stdout=subprocess.PIPE).stdout
    counts = [batch(args, guest, seed, data[i:i + 4 * BATCH], differences) for i in range(0, len(data), 4 * BATCH)]
    return sum(n for n, _ in counts), sum(bad for _, bad in counts)


def batch(args, guest, seed, data, differences):
    words = [w for w, in struct.iter_unpack("<I", data)]
    status_q, want, err_q = execute(qemu_command(guest), guest, data)
    status_d, got, err = execute([args.dragoman, *DRAGOMAN_CPU[guest]], guest, data)
    if status_q or status_d or len(want) != len(words) or len(got) != len(words):
        print(f"FAIL {guest} seed {seed}: {len(words)} words; QEMU ends with {status_q} after {len(want)}, dragoman with {status_d} after {len(got)}: {err_q} {err}")
        if len(got) < len(words):
            print(f"  near {words[len(got)]:08x}")
        return len(words), 1
    wrong = [(w, a, b) for w, a, b in zip(words, want, got) if a != b]
    names, failures = {}, 0
    if wrong:
        names = mnemonics(guest, [w for w, _, _ in wrong])
    for w, a, b in wrong:
        who = "theirs" if b == (SIGILL, 0) else "ours" if a == (SIGILL, 0) else "other"
        d = next((d for d in differences if d.covers(guest, who, w, lambda: names.get(w, "?"))), None)
        if d:
            d.seen += 1
            continue
        failures += 1
        if failures <= args.show:
            print(f"FAIL {guest} {w:08x} {names.get(w, '?')}: QEMU signal {a[0]} at +{a[1]:#x}, dragoman signal {b[0]} at +{b[1]:#x}")
    return len(words), failures


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--guests", default="aarch64,riscv64")
    p.add_argument("--seeds", default="1", help="FIRST-LAST")
    p.add_argument("--random", type=int, default=20000)
    p.add_argument("--fills", type=int, default=1)
    p.add_argument("--minutes", type=float, default=1e9)
    p.add_argument("--show", type=int, default=40)
    p.add_argument("--all-differences", action="store_true", help="fail where a listed difference is never seen")
    p.add_argument("--dragoman", default=os.environ.get("DRAGOMAN", "build/dragoman"))
    args = p.parse_args()
    os.chdir(ROOT)
    differences = [Difference(x.strip()) for x in open(f"{HERE}/differences.txt") if x.strip() and not x.startswith("#")]
    first, last = (int(x) for x in (args.seeds + "-" + args.seeds).split("-")[:2])
    begin, words, failed = time.time(), 0, 0
    for seed in range(first, last + 1):
        for guest in args.guests.split(","):
            if time.time() - begin > 60 * args.minutes:
                break
            n, bad = batches(args, guest, seed, guest == "riscv64" and seed == first, differences)
            words, failed = words + n, failed + bad
    for d in differences:
        if args.all_differences and not d.seen and d.guest in args.guests:
            print(f"FAIL difference never seen: {d.guest} {d.who}: {d.reason}")
            failed += 1
    print(f"{words} words, {sum(d.seen for d in differences)} differ as listed")
    print(f"{words - failed} passed, {failed} failed, 0 skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
