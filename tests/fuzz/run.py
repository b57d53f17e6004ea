#!/usr/bin/env python3
"""Random guest instruction sequences under dragoman and QEMU: same registers and memory.

    tests/fuzz/run.py [--guests a,b] [--seeds FIRST-LAST] [--seconds N] [--cases N] [--insns N] [--flags "..."]

Each seed makes one program (tests/fuzz/gen.c). The first differing case is printed with its
instructions and the registers that differ; its program is kept in build/fuzz.
"""
import argparse, os, struct, subprocess, sys, time

INPUTS, BLOCK, WINDOW_OFF = 8, 832 + 512, 832
QEMU = {"aarch64": ["build/qemu/qemu-aarch64", "-cpu", "max"], "riscv64": ["build/qemu/qemu-riscv64", "-cpu", "max"]}
OBJDUMP = {"aarch64": "aarch64-linux-gnu-objdump", "riscv64": "riscv64-linux-gnu-objdump"}


def name_of(guest, off):
    if off >= WINDOW_OFF:
        return f"memory+{off - WINDOW_OFF}"
    if off < 256:
        return "nzcv" if guest == "aarch64" and off == 248 else f"x{off // 8}"
    if guest == "aarch64":
        return "fpsr" if off >= 768 else f"v{(off - 256) // 16}.d[{off // 8 % 2}]"
    return "fcsr" if off >= 512 else f"f{(off - 256) // 8}"


def explain(guest, program, want, got):
    size = INPUTS * BLOCK
    for case, line in enumerate(open(program + ".cases")):
        a, b = want[case * size:(case + 1) * size], got[case * size:(case + 1) * size]
        if a == b:
            continue
        address, *words = line.split()
        print(f"case {case} at {address}:")
        code = bytes.fromhex("".join(words))
        text = subprocess.run([OBJDUMP[guest], "-D", f"--start-address=0x{address}", f"--stop-address={int(address, 16) + len(code)}",
                               "-b", "binary", "-m", "aarch64" if guest == "aarch64" else "riscv:rv64",
                               "--adjust-vma=0x400000", program], capture_output=True, text=True).stdout
        print("\n".join(x for x in text.splitlines() if x.startswith("  4")))
        shown = 0
        for i in range(0, min(len(a), len(b)), 8):
            if a[i:i + 8] != b[i:i + 8] and shown < 12:
                shown += 1
                x, y, z = (struct.unpack("<Q", s)[0] for s in (a[i:i + 8], b[i:i + 8], b[:8]))
                print(f"  input {i // BLOCK} {name_of(guest, i % BLOCK)}: QEMU {x:016x} dragoman {y:016x}")
        if len(b) < len(a):
            print("  output ends here")
        return


def run(command):
    try:
        p = subprocess.run(command, capture_output=True, timeout=120)
        return p.returncode, p.stdout, p.stderr
    except subprocess.TimeoutExpired:
        return "time-out", b"", b""


def one(guest, seed, args):
    program = f"build/fuzz/{guest}-{seed}"
    subprocess.run(["build/fuzz/gen", guest, str(seed), str(args.cases), str(args.insns), program], check=True)
    want = run([*QEMU[guest], program])
    got = run([os.environ.get("DRAGOMAN", "build/dragoman"), *args.flags.split(), program])
    if want[0] != 0 and want[0] == got[0] and want[1] == got[1]:
        print(f"FAIL {guest} seed {seed}: the program dies under both with {want[0]}: the generator is wrong")
        explain(guest, program, want[1] + b"x" * INPUTS * BLOCK, got[1])
        return False
    if want[:2] == got[:2]:
        os.unlink(program)
        os.unlink(program + ".cases")
        return True
    print(f"FAIL {guest} seed {seed}: status QEMU {want[0]}, dragoman {got[0]} {got[2][-300:].decode(errors='replace')}")
    explain(guest, program, want[1], got[1])
    return False


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--guests", default="aarch64,riscv64")
    p.add_argument("--seeds", default="1-20")
    p.add_argument("--seconds", type=float, default=1e9)
    p.add_argument("--cases", type=int, default=400)
    p.add_argument("--insns", type=int, default=12)
    p.add_argument("--flags", default="")
    p.add_argument("--keep-going", action="store_true")
    args = p.parse_args()
    os.makedirs("build/fuzz", exist_ok=True)
    first, last = (int(x) for x in (args.seeds + "-" + args.seeds).split("-")[:2])
    begin, passed, failed = time.time(), 0, 0
    for seed in range(first, last + 1):
        for guest in args.guests.split(","):
            if time.time() - begin > args.seconds:
                break
            good = one(guest, seed, args)
            passed, failed = passed + good, failed + (not good)
            if not good and not args.keep_going:
                break
    insns = (passed + failed) * args.cases * args.insns * INPUTS
    print(f"{insns / 1e6:.1f} million random guest instructions in {time.time() - begin:.0f} s")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed != 0


sys.exit(main())
