#!/usr/bin/env python3
"""Random A64 instruction sequences from the decode tables: dragoman's two engines against QEMU.

    tests/fuzz/a64_random.py [-n COUNT] [-s SEED] [-k] LIFT-RUN

Makes COUNT lines of one-line lift tests with random registers, vectors and memory, lets QEMU fill in
the results (tests/lift/gen_a64.py), and runs them with LIFT-RUN. Failing lines can be pasted into
tests/lift/aarch64. Left out by name: what differs between machines (identification, counters, cache
block size, pointer authentication hints), results of failed exclusives, branches and traps. With -k
floating-point status is compared too.
"""
import argparse, os, random, re, struct, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/lift"))
import gen_a64

LEFT_OUT = {
    "adr", "b_cond", "b", "bl", "cbz", "tbz", "br", "blr", "ret", "svc", "brk", "undefined", "hint", "dc_zva", "dc_clean",
    "ic_ivau", "mrs_fpcr", "mrs_fpsr", "msr_fpcr", "msr_fpsr", "mrs_cntfrq", "mrs_cntvct", "mrs_ctr", "mrs_dczid", "mrs_id",
    "mrs_tpidrro", "msr_tpidr", "mrs_tpidr", "stxr", "stxp", "ldr_lit", "ldr_lit_v", "prfm_imm9", "prfm_uimm", "prfm_reg",
}
LEFT_OUT_NAMES = {"SB", "PRFM_lit"}
ATOMIC = {"ldxr", "ldxp", "cas", "casp", "amo", "ldar", "stlr", "ldapr", "ldapur", "stlur"}
MEMORY = {
    "ldr_imm9", "str_imm9", "ldr_uimm", "str_uimm", "ldr_reg", "str_reg", "ldr_imm9_v", "str_imm9_v", "ldr_uimm_v", "str_uimm_v",
    "ldr_reg_v", "str_reg_v", "ldp", "stp", "ldp_v", "stp_v", "simd_load_multi", "simd_store_multi", "simd_load_lane",
    "simd_store_lane", "simd_load_rep",
}
VECTOR_MEMORY = {m for m in MEMORY if m.endswith("_v") or m.startswith("simd")}
DATA = [3, 4, 5, 6, 7, 8, 9, 11, 30]       # integer registers that hold no pointer in sequences with memory accesses
E64 = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
FLOATS = {
    16: [0, 0x8000, 1, 0x3ff, 0x400, 0x3c00, 0xbc00, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x7d01, 0xfe02, 0x3555],
    32: [0, 1 << 31, 1, 0x7fffff, 0x800000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
         0xffc00012, 0x3eaaaaab, 0x4f000000, 0xcf000000, 0x4f800000, 0x3f000000, 0x40200000],
    64: [0, 1 << 63, 1, (1 << 52) - 1, 1 << 52, 0x3ff << 52, 0xbff << 52, 0x7fefffffffffffff, 0x7ff << 52, 0xfff << 52, 0x7ff8 << 48,
         0x7ff0000000000001, 0xfff8000000000123, 0x3fd5555555555555, 0x43e << 52, 0xc3e << 52, 0x43f << 52, 0x3fe << 52, 0x4004 << 48],
}


def rows():
    for table in ("base", "fp", "simd"):
        for line in open(os.path.join(ROOT, f"frontends/aarch64/a64_{table}.tbl")):
            if line.strip() and line[0] not in "#%":
                name, pattern, lifter = re.split(r"  +", line.strip())[:3]
                lifter = lifter.split("(")[0]
                if lifter not in LEFT_OUT and name not in LEFT_OUT_NAMES:
                    yield pattern, lifter


class Random(random.Random):
    def integer(self):
        return self.choice(E64) if self.random() < .5 else self.getrandbits(self.choice([8, 33, 64, 64]))

    def vector(self):
        kind = self.randrange(6)
        if kind < 3:
            bits = 16 << kind
            return sum(self.choice(FLOATS[bits]) << i for i in range(0, 128, bits))
        if kind == 3:
            return sum(self.choice([0, 1, 0x7f, 0x80, 0xff, 0xfe]) << i for i in range(0, 128, 8))
        if kind == 4:
            return sum(int.from_bytes(struct.pack("<d", self.uniform(-1e6, 1e6)), "little") << i for i in (0, 64))
        return self.getrandbits(128)

    def fields(self, lifter, memory):
        """Values forced on fields: memory operands stay near the scratch page, their registers distinct;
        other instructions beside them leave the pointers alone."""
        if lifter not in MEMORY and lifter not in ATOMIC:
            return {f"R{c}": self.choice(DATA) for c in ("d", "n", "m", "a", "t", "s", "t2")} if memory else {}
        if lifter in VECTOR_MEMORY:
            data = self.sample(range(32), 3)
        else:
            data = self.sample(DATA, 3)
        f = dict(zip(("Rt", "Rt2", "Rs"), data))
        f["Rn"] = 13 if lifter in ATOMIC else self.choice([1, 2])
        f["Rm"] = self.choice([10, 10, 31]) if lifter.startswith("simd") else 10
        f["simm9"] = self.randrange(-1, 2) * 8 if lifter in ATOMIC else self.randrange(-9, 9)
        f["simm7"] = self.randrange(-1, 2)
        f["imm12"] = self.randrange(4)
        return f

    def word(self, pattern, lifter, memory):
        forced, bits = self.fields(lifter, memory), ""
        for token in pattern.split(" "):
            if re.fullmatch(r"[01x]+", token):
                bits += "".join(self.choice("01") if c == "x" else c for c in token)
                continue
            m = re.fullmatch(r"(\w+)\[(\d+)(?::(\d+))?\]", token)
            if m:
                name, n = m[1], int(m[2]) - int(m[3] or m[2]) + 1
            else:
                m = re.fullmatch(r"(\w+?)(?::(\d+))?", token)
                name, n = m[1], int(m[2] or 1)
            v = forced.get(name, self.getrandbits(n))
            if name[0] == "R" and name not in forced and self.random() < .3:
                v = self.choice([0, 1, 2, 30, 31])
            bits += format(v & ((1 << n) - 1), f"0{n}b")
        return int(bits, 2)


def uses_sp(pattern, lifter, word):
    """gen_a64.py cannot see SP in a bare word: its frame lies there."""
    if lifter in ("addsub_imm", "logic_imm", "addsub_ext"):
        return word & 31 == 31 or word >> 5 & 31 == 31
    return False


def accepted(words, lift_run, tmp):
    """Those of the words that dragoman does not find undefined."""
    words = sorted(words)
    path = f"{tmp}/words.txt"
    with open(path, "w") as f:
        f.writelines(f"{w:08x} | {w:08x} | x1=@100 x2=@100 x13=@100 | \n" for w in words)
    out = subprocess.run([lift_run, "-i", "aarch64", path], stdout=subprocess.PIPE, text=True).stdout
    bad = re.findall(r"^FAIL \S+ \(\w+\): (\w+) \|.*\n +trap is undef", out, re.M)
    return set(words) - {int(w, 16) for w in bad}


def line(rng, seq, memory):
    regs = {f"x{i}": f"{rng.integer():x}" for i in range(31)}
    if memory:
        regs.update(x1="@f8", x2="@100", x13="@c0", x10=f"{rng.randrange(4):x}")
    regs.update({f"v{i}": f"{rng.vector():x}" for i in range(32)})
    regs["nzcv"] = f"{gen_a64.flag_word(rng.getrandbits(4) << 28):x}"
    if rng.random() < .2:
        regs["fpcr"] = f"{rng.choice([1 << 22, 2 << 22, 3 << 22, 1 << 25, 1 << 24]):x}"
    for off in range(0x80, 0x180, 32) if memory else ():
        regs[f"[{off:x}]"] = f"{rng.getrandbits(256):064x}"
    return "; ".join(f".inst 0x{w:08x}" for w in seq) + " | | " + " ".join(f"{k}={v}" for k, v in regs.items()) + " |"


def make(rng, count, lift_run, tmp):
    table = list(rows())
    plain = [r for r in table if r[1] not in MEMORY and r[1] not in ATOMIC]
    access = [r for r in table if r[1] in MEMORY or r[1] in ATOMIC]
    seqs = []
    for _ in range(count * 2):
        memory, seq = rng.random() < .4, []
        for _ in range(rng.choice([1, 1, 2, 3, 6])):
            pattern, lifter = rng.choice(access if memory and rng.random() < .6 else plain)
            w = rng.word(pattern, lifter, memory)
            if not uses_sp(pattern, lifter, w):
                seq.append(w)
        seqs.append((seq, memory))
    good = accepted({w for s, _ in seqs for w in s}, lift_run, tmp)
    seqs = [([w for w in s if w in good], memory) for s, memory in seqs]
    return [line(rng, s, memory) for s, memory in seqs if s][:count]


def filled(lines, path, qemu):
    """The lines with QEMU's results, and those that it does not run."""
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    try:
        gen_a64.fill(path, qemu)
        return open(path).read().splitlines(), []
    except subprocess.CalledProcessError:
        if len(lines) == 1:
            return [], lines
    half = len(lines) // 2
    a, b = filled(lines[:half], path, qemu), filled(lines[half:], path, qemu)
    return a[0] + b[0], a[1] + b[1]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("-n", type=int, default=3000)
    ap.add_argument("-s", type=int, default=1)
    ap.add_argument("-k", action="store_true")
    ap.add_argument("lift_run")
    args = ap.parse_args()
    qemu = os.environ.get("QEMU", os.path.join(ROOT, "build/qemu/qemu-aarch64"))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        for part in range(0, args.n, 1000):
            rng = Random(args.s * 1000003 + part)
            path = f"{tmp}/random.txt"
            lines, rejected = filled(make(rng, min(1000, args.n - part), args.lift_run, tmp), path, qemu)
            for r in rejected:
                failed += 1
                print(f"FAIL QEMU does not run {r}")
            if not args.k:      # what was not asked for stays as it is
                lines = [re.sub(r" fpsr=\w+", "", s) for s in lines]
            with open(path, "w") as f:
                f.write("\n".join(lines) + "\n")
            out = subprocess.run([args.lift_run, "aarch64", path], stdout=subprocess.PIPE, text=True).stdout
            for failure in re.split(r"^(?=FAIL )", out, flags=re.M)[1:]:
                problems = [s for s in failure.splitlines()[1:] if s.startswith("    ") and (args.k or not s.startswith("    fpsr is"))]
                if problems:
                    failed += 1
                    print("\n".join([failure.splitlines()[0]] + problems))
                else:
                    passed += 1
            passed += int(re.search(r"^(\d+) passed", out, re.M)[1])
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
