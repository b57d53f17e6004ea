#!/usr/bin/env python3
"""Random A64 sequences with a fault in the middle: the signal handler must see exact registers.

    tests/fuzz/a64_faults.py [-n ROUNDS] [-s SEED] DRAGOMAN

Each round is one program of some hundred sequences (a64_faults.c), run by DRAGOMAN and by QEMU, whose
outputs must be equal.
"""
import argparse, os, random, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEQUENCES = 400
FAULTS = [
    "ldr x14, [x15]", "str x3, [x15, #8]!", "ldp x14, x4, [x15], #16", "stp x5, x6, [x15, #-16]!", "ldr q0, [x15]",
    "ldadd x3, x4, [x15]", "ldrsw x14, [x15, x10]", "str d1, [x15, #16]", "cas x3, x4, [x15]", "ldaxr x3, [x15]",
    "ldursb w3, [x15, #3]", "ldp q0, q1, [x15, #32]!", "casp x4, x5, x6, x7, [x15]", "udf #0", "brk #1",
]
CONDITIONS = "eq ne cs cc mi pl vs vc hi ls ge lt gt le".split()


def instruction(r):
    """One that cannot fault: x1, x2, x13 point into memory, x10 and x11 are small indexes."""
    kind, w, base, reg = r.randrange(16), r.choice("wx"), r.choice(["x1", "x1", "x2"]), lambda: r.choice([3, 4, 5, 6, 7, 8, 30])
    n = 4 if w == "w" else 8
    t = reg()
    if kind == 0:
        return f"{r.choice(['ldr', 'str'])} {w}{t}, [{base}, #{r.randrange(4) * n}]"
    if kind == 1:
        return f"ldrsw x{t}, [{base}, #{r.randrange(4) * 4}]"
    if kind == 2:
        return f"{r.choice(['ldrb', 'strb', 'ldrh', 'strh', 'ldrsb', 'ldrsh'])} w{t}, [{base}], #{r.randrange(-8, 8)}"
    if kind == 3:
        return f"{r.choice(['ldr', 'str'])} {w}{t}, [{base}, #{r.randrange(-8, 8)}]!"
    if kind == 4:
        return f"{r.choice(['ldur', 'stur'])} {w}{t}, [{base}, #{r.randrange(-24, 24)}]"
    if kind == 5:
        return f"ldp {w}{t}, {w}9, [{base}], #{r.randrange(-1, 2) * n}"
    if kind == 6:
        return f"stp {w}{t}, {w}9, [{base}, #{r.randrange(-1, 2) * n}]{r.choice(['', '!'])}"
    if kind == 7:
        return f"{r.choice(['ldr', 'str'])} {w}{t}, [{base}, x10, lsl #{n.bit_length() - 1}]"
    if kind == 8:
        return f"{r.choice(['ldr', 'str'])} {w}{t}, [{base}, w11, sxtw]"
    if kind == 9:
        return f"{r.choice(['ldur', 'stur'])} {r.choice('bhsdq')}{r.randrange(4)}, [{base}, #{r.randrange(-24, 24)}]"
    if kind == 10:
        q = r.choice("sdq")
        return f"{r.choice(['ldp', 'stp'])} {q}{r.randrange(2)}, {q}{r.randrange(2, 4)}, [{base}]"
    if kind == 11:
        return f"{r.choice(['adds', 'subs', 'ands', 'bics', 'adcs', 'sbcs'])} {w}{t}, {w}{reg()}, {w}{reg()}"
    if kind == 12:
        return f"{r.choice(['csel', 'csinc', 'csinv', 'csneg'])} {w}{t}, {w}{reg()}, {w}{reg()}, {r.choice(CONDITIONS)}"
    if kind == 13:
        return f"{r.choice(['add', 'cmgt', 'mul'])} v{r.randrange(4)}.8h, v{r.randrange(4)}.8h, v{r.randrange(4)}.8h"
    if kind == 14:
        return f"{r.choice(['add', 'sub', 'eor', 'orr', 'mul', 'udiv', 'sdiv', 'lsl', 'ror'])} {w}{t}, {w}{reg()}, {w}{reg()}"
    return f"{r.choice(['ldadd', 'swp', 'ldsmax', 'ldclr', 'cas'])} {w}{t}, {w}12, [x13]"


def program(r):
    out = [".arch armv8.1-a", ".globl done, area, mem, count, starts, run", ".text"]
    for i in range(SEQUENCES):
        body = [instruction(r) for _ in range(r.randrange(1, 16))]
        body.insert(r.randrange(len(body) + 1), r.choice(FAULTS))
        out += [f"s{i}:"] + [" " + s for s in body] + [" b done"]
    pairs = [(f"x{i}", f"x{i + 1}") for i in range(19, 29, 2)] + [(f"d{i}", f"d{i + 1}") for i in range(8, 16, 2)]
    address = lambda reg, name: f" adrp {reg}, {name}\n add {reg}, {reg}, :lo12:{name}"
    out += ["run:", " stp x29, x30, [sp, #-160]!"] + [f" stp {a}, {b}, [sp, #{16 + 16 * i}]" for i, (a, b) in enumerate(pairs)]
    out += [address("x18", "saved"), " mov x19, sp", " str x19, [x18]", " mov x29, x0", address("x17", "area")]
    out += [f" ldp q{i}, q{i + 1}, [x17, #{256 + 16 * i}]" for i in (0, 2)]
    out += [f" ldr x{reg}, [x17, #{8 * i}]" for i, reg in enumerate([3, 4, 5, 6, 7, 8, 9, 12, 30, 10, 11])]
    out += [address("x1", "mem"), " add x2, x1, #8", " sub x13, x1, #32", " mov x14, #7", " mov x15, #0", " cmp x3, x4", " br x29"]
    out += ["done:", address("x18", "saved"), " ldr x19, [x18]", " mov sp, x19"]
    out += [f" ldp {a}, {b}, [sp, #{16 + 16 * i}]" for i, (a, b) in enumerate(pairs)] + [" ldp x29, x30, [sp], #160", " ret"]
    out += [".data", ".balign 64", " .space 256", "mem: .space 512", "area: .space 512", "saved: .quad 0",
            f"count: .quad {SEQUENCES}", "starts:"] + [f" .quad s{i}" for i in range(SEQUENCES)]
    return "\n".join(out) + "\n"


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("-n", type=int, default=3)
    ap.add_argument("-s", type=int, default=1)
    ap.add_argument("dragoman")
    args = ap.parse_args()
    qemu = os.environ.get("QEMU", os.path.join(ROOT, "build/qemu/qemu-aarch64"))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        for round in range(args.n):
            with open(f"{tmp}/f.s", "w") as f:
                f.write(program(random.Random(args.s * 1000003 + round)))
            subprocess.run(["aarch64-linux-gnu-gcc", "-w", "-O1", "-static", "-o", f"{tmp}/f",
                            os.path.join(ROOT, "tests/fuzz/a64_faults.c"), f"{tmp}/f.s"], check=True, stderr=subprocess.DEVNULL)
            run = lambda cmd: subprocess.run(cmd + [f"{tmp}/f"], stdout=subprocess.PIPE, text=True).stdout.splitlines()
            ours, theirs = run([args.dragoman]), run([qemu, "-cpu", "neoverse-n1"])
            bad = [i for i in range(0, 2 * SEQUENCES, 2) if ours[i:i + 2] != theirs[i:i + 2]]
            for i in bad[:5]:
                print(f"FAIL seed {args.s} round {round}:", *ours[i:i + 2], "QEMU:", *theirs[i:i + 2], sep="\n  ")
            failed += len(bad)
            passed += SEQUENCES - len(bad)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
