#!/usr/bin/env python3
"""Writes the A64 floating-point, SIMD and crypto lift tests from the decode tables.

    tests/lift/gen_a64_simd.py [DIRECTORY]

Every row of a64_fp.tbl and a64_simd.tbl gets a few lines that cover its lane sizes and vector lengths, with operand
values of that lane size that matter (extremes, NaNs, subnormals, ...); the same tables give the same lines. gen_a64.py
then fills in words and results from QEMU. Needs aarch64-linux-gnu-objdump besides what gen_a64.py needs.
"""
import os, random, re, struct, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gen_a64

TABLES = ("frontends/aarch64/a64_fp.tbl", "frontends/aarch64/a64_simd.tbl")
LINES_PER_ROW = 4
NEW_FLOAT = "mlal|bfdot|bfcvt|fp_jcvt|bounded|froundn|fp_cmla|fp_cadd"     # more lines, and FPCR's modes

INT = {b: [0, 1, 2, (1 << b - 1) - 1, 1 << b - 1, (1 << b - 1) + 1, (1 << b) - 1, (1 << b) - 2, 1 << b - 2] for b in (8, 16, 32, 64)}
FLOAT = {
    16: [0, 0x8000, 0x3c00, 0xbc00, 0x7c00, 0xfc00, 0x7e12, 0x7c01, 1, 0x8400, 0x7bff, 0x4200, 0x77ff, 0xf800, 0x4100, 0x3555],
    32: [0, 1 << 31, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00123, 0x7f800001, 1, 0x80800000, 0x7f7fffff,
         0x40400000, 0x4effffff, 0xcf000000, 0x5f000000, 0x40200000, 0xbf000000, 0x3eaaaaab, 0x477fe000, 0x4f7fffff],
    64: [0, 1 << 63, 0x3ff << 52, 0xbff << 52, 0x7ff << 52, 0xfff << 52, 0x7ff8000000000123, 0x7ff0000000000001, 1, 1 << 52,
         0x7fefffffffffffff, 0x4008 << 48, 0x41dfffffffc00000, 0xc3e0 << 48, 0x43dfffffffffffff, 0x4004 << 48, 0xbfe0 << 48,
         0x3fd5555555555555, 0x47efffffe0000000, 0x40effc0000000000],
}
BFLOAT = {16: [0, 0x8000, 0x3f80, 0xbf80, 0x7f80, 0xff80, 0x7fc1, 0x7f81, 1, 0x8080, 0x7f7f, 0x4040, 0x4eff, 0xcf00, 0x5f01, 0x2081, 0x0080]}
# Pairs of integers that saturate, overflow or cancel in two's complement: min, max, -1, 0 and 1 (b: bits of a lane).
CORNERS = [lambda b: (1 << b - 1, 1 << b - 1), lambda b: ((1 << b - 1) - 1, 1), lambda b: (1 << b - 1, (1 << b) - 1), lambda b: ((1 << b) - 1, (1 << b) - 1),
           lambda b: ((1 << b - 1) - 1, (1 << b - 1) - 1), lambda b: (0, 1 << b - 1), lambda b: (1 << b - 1, 1), lambda b: (1, (1 << b) - 1)]
# What is near a power of two, and rounds.
NEAR = {16: [0x3f7f, 0x3f81, 0xbf83, 0x3fff, 0x4001], 32: [0x3f808000, 0x3f818000, 0x3f7f8001, 0xbf807fff, 0x7f7f8000, 0x7f7f7fff, 0x00807fff]}


class Row:
    def __init__(self, cols):
        self.name, self.lifter = cols[0], cols[2]
        self.fixed, self.free, pos = 0, {}, 32          # free: field -> [(high, low, position)]
        for tok in cols[1].split():
            m = re.fullmatch(r"(\w+?)(?::(\d+)|\[(\d+)(?::(\d+))?\])?", tok)
            if re.fullmatch("[01x]+", tok):
                pos -= len(tok)
                self.fixed |= int(tok.replace("x", "0"), 2) << pos
                continue
            hi = int(m[2]) - 1 if m[2] else int(m[3] or 0)
            lo = 0 if m[2] else int(m[4] or m[3] or 0)
            pos -= hi - lo + 1
            self.free.setdefault(m[1], []).append((hi, lo, pos))
        self.cons = cols[4].replace(" ", "").split(",") if len(cols) > 4 else []

    def allowed(self, field, v):
        for c in self.cons:
            m = re.fullmatch(r"(\w+)(!=|=|<)([\d|]+)", c)
            if m[1] == field:
                values = [int(x) for x in m[3].split("|")]
                if not (v < values[0] if m[2] == "<" else (v in values) == (m[2] == "=")):
                    return False
        return True

    def word(self, rng, values):
        w = self.fixed
        for field, pieces in self.free.items():
            width = max(hi for hi, _, _ in pieces) + 1
            while True:
                v = values[field] if field in values else rng.randrange(1 << width)
                if field in values or self.allowed(field, v):
                    break
            for hi, lo, pos in pieces:
                w |= (v >> lo & (1 << hi - lo + 1) - 1) << pos
        return w

    def bits(self, w):
        """Size of the lanes (or scalars) a word works on."""
        def field(name):
            return sum((w >> pos & (1 << hi - lo + 1) - 1) << lo for hi, lo, pos in self.free[name])
        const = re.search(r"lane=IR_(.)|\bsize=IR_(.)", self.lifter)
        if re.search("half=1|ftype=3", self.lifter): return 16
        if const: return {"B": 8, "H": 16, "S": 32, "D": 64}[const[1] or const[2]]
        if "ftype" in self.free: return (32, 64, 0, 16)[field("ftype")]
        if "from=" in self.lifter: return (32, 64, 0, 16)[int(re.search(r"from=(\d)", self.lifter)[1])]
        if "vcvtl" in self.lifter: return 32 if field("sz") else 16
        if "vcvtxn" in self.lifter: return 64
        if "sz" in self.free: return 64 if field("sz") else 32
        if "size" in self.free: return 8 << field("size")
        if "immh" in self.free: return 8 << field("immh").bit_length() - 1
        return 8 << (w * 2654435761 >> 20) % 4


def rows():
    for table in TABLES:
        for line in open(table):
            line = line.split("#")[0].rstrip()
            if line and line[0] != "%":
                yield Row(re.split(r"  +", line))


def lines_of(row):
    return 3 * LINES_PER_ROW if re.search(NEW_FLOAT + "|mmla|vdotus|sm[34]", row.lifter) else LINES_PER_ROW


def words_of(row):
    """Words of a row that cover its sizes, registers 0 to 3 at first, then overlapping ones."""
    rng = random.Random(row.name)
    regs = {"Rd": 0, "Rt": 0, "Rn": 1, "Rm": 2, "Ra": 3}
    seen, out = set(), []
    for _ in range(400):
        fixed = {f: v for f, v in regs.items() if f in row.free}
        if len(out) == LINES_PER_ROW - 1 and "Rt" not in row.free:
            fixed["Rn"] = 0
        if row.free.get("Rm") == [(4, 0, 16)] and "Rt" in row.free:
            fixed["Rm"] = rng.choice((2, 31))
        if "cond" in row.free: fixed["cond"] = rng.choice((0, 1, 10, 12))
        w = row.word(rng, fixed)
        key = (w >> 30 & 1, row.bits(w), fixed.get("Rn"), w >> 29)
        if key not in seen:
            seen.add(key)
            out.append(w)
    rng.shuffle(out)
    more = [row.word(rng, {f: v for f, v in regs.items() if f in row.free}) for _ in range(lines_of(row) - 2)]
    return out + more


def disassemble(words):
    with tempfile.NamedTemporaryFile() as f:
        f.write(b"".join(struct.pack("<I", w) for w in words))
        f.flush()
        out = subprocess.run(["aarch64-linux-gnu-objdump", "-D", "-b", "binary", "-m", "aarch64", f.name],
                             check=True, stdout=subprocess.PIPE, text=True).stdout
    text = {}
    for m in re.finditer(r"^ *[0-9a-f]+:\t([0-9a-f]{8}) \t(.*)$", out, re.M):
        text[int(m[1], 16)] = re.split(r"\s*//", m[2])[0].replace("\t", " ").strip()
    return text


def value(rng, bits, width, table):
    v = 0
    for i in range(0, width, bits):
        lane = rng.choice(table[bits]) if rng.randrange(4) else rng.getrandbits(bits)
        if table is FLOAT and rng.randrange(3) == 0:
            lane = {16: 0x3c00, 32: 0x3f800000, 64: 0x3ff << 52}[bits] + (rng.getrandbits(bits) >> 10 if bits > 16 else rng.getrandbits(12))
        v |= lane << i
    return v


def corner(bits, n, start):
    """Register n (1 and 2 are a pair, as are 3 and 0) with a corner in each lane."""
    return sum(CORNERS[(start + i + (n in (0, 3)) * 3) % len(CORNERS)](bits)[n % 2 == 0] << i * bits for i in range(128 // bits))


def mixed(row, rng, n):
    """A register of the rows whose operands are narrower than their result, or bfloat16s; None for the others."""
    if not re.search("mlal|bfdot|bfcvt|fp_jcvt|bounded|froundn", row.lifter): return None
    if "jcvt" in row.lifter:
        return rng.choice(FLOAT[64] + [struct.unpack("<Q", struct.pack("<d", rng.choice((1, -1)) * rng.random() * 2.0 ** rng.randrange(90)))[0] for _ in range(20)])
    if re.search("bounded|froundn", row.lifter):
        v = 0
        for i in range(0, 128, row.width):
            e = rng.choice((31, 32, 62, 63, rng.randrange(70)))
            x = rng.choice((1, -1)) * (rng.choice((1, 1 - 2.0 ** -20, 1 + 2.0 ** -20, 1 + 2.0 ** -50, 1 - 2.0 ** -50)) if rng.randrange(2) else rng.random()) * 2.0 ** e
            special = FLOAT[row.width][rng.randrange(len(FLOAT[row.width]))]
            v |= (special if rng.randrange(3) == 0 else int.from_bytes(struct.pack("<f" if row.width == 32 else "<d", x), "little")) << i
        return v
    if "bfcvt" in row.lifter or (n == 0 and "mla" in row.lifter + row.name.lower()) or (n == 0 and "dot" in row.lifter):
        return sum(rng.choice(rng.choice((FLOAT, NEAR))[32] + [rng.getrandbits(32)]) << i for i in range(0, 128, 32))
    table = FLOAT if row.lifter.startswith("fp_mlal") else BFLOAT
    return sum(rng.choice(rng.choice((table, NEAR))[16] + [rng.getrandbits(16)]) << i for i in range(0, 128, 16))


def registers(text):
    """Vector and general registers named in an instruction."""
    v = {int(m[1]) for m in re.finditer(r"\b[vqdshb](\d+)\b", text)}
    for m in re.finditer(r"\bv(\d+)\.\w+-v(\d+)\b", text):
        v |= {n % 32 for n in range(int(m[1]), int(m[1]) + (int(m[2]) - int(m[1])) % 32 + 1)}
    return v, {int(m[1]) for m in re.finditer(r"\b[wx](\d+)\b", text)}


def line(row, w, text, rng, corners=None):
    """A test of word w; corners: where the lanes' corners start."""
    bits, is_float = row.bits(w), row.lifter.startswith("fp_")
    vregs, xregs = registers(text)
    before = []
    memory = re.search(r"\[x", text)
    for n in sorted(xregs):
        if memory and n == 1: before.append("x1=@10")
        elif memory: before.append(f"x{n}=40")
        else: before.append(f"x{n}={value(rng, rng.choice((32, 64)), 64, INT):x}")
    if is_float: bits = max(bits, 16)
    table = FLOAT if is_float and not re.search("from_int|from_fixed|from_gpr", row.lifter) else INT
    row.width = bits
    for n in sorted(vregs):
        v = mixed(row, rng, n) if corners is None else corner(bits, n, corners)
        before.append(f"v{n}={value(rng, bits, 128, table) if v is None else v:x}")
    if re.search(NEW_FLOAT, row.lifter) and "bfdot" not in row.lifter and rng.randrange(2):
        before.append("fpcr=%x" % rng.choice((0x400000, 0x800000, 0xc00000, 0x2000000)))
    if "cond" in row.free: before.append("nzcv=%x" % rng.choice((0, 0x4000, 0x8000, 0x8101)))
    if memory: before.append("[10]=" + "".join(f"{rng.getrandbits(8):02x}" for _ in range(64)))
    return f"{text} | | {' '.join(before)} |"


def file_of(row):
    if re.search("mlal|bfdot|bfcvt|cmla|cadd|simd_mmla|vdotus", row.lifter): return "simd_mac"
    if row.lifter.startswith("fp_"): return "simd_fp" if row.name in VECTOR else "fp"
    for key, name in (("load", "simd_mem"), ("store", "simd_mem"), ("crypto", "crypto")):
        if key in row.lifter: return name
    if re.match("sha1h|rax1|xar|eor3|bcax|sm[34]", row.lifter): return "crypto"
    if re.search("dup|mov|ins_|permute|ext|tbl|orri", row.lifter): return "simd_move"
    if re.search("narrow|shrn|addl|addhn|abdl|mull|shll|addv", row.lifter): return "simd_long"
    if re.search("sh|sri|sli|cmp0|2misc|rev|cls|suqadd|sqabs|sqneg", row.lifter): return "simd_misc"
    return "simd"


def main():
    global VECTOR
    out = sys.argv[1] if len(sys.argv) > 1 else "tests/lift/aarch64"
    everything = list(rows())
    VECTOR = {r.name for r in everything} - {re.split("  +", l)[0] for l in open(TABLES[0])}
    plan = [(r, w) for r in everything for w in words_of(r)]
    text = disassemble([w for _, w in plan])
    files, count = {}, {}
    for r, w in plan:
        t = text[w]
        if "undefined" in t or t.startswith(".inst") or count.get(r.name, 0) >= lines_of(r): continue
        lines = files.setdefault(file_of(r), [])
        new = line(r, w, t, random.Random(f"{r.name} {w} {count.get(r.name)}"))
        if new in lines: continue
        count[r.name] = count.get(r.name, 0) + 1
        lines.append(new)
        if file_of(r) in ("simd", "simd_long", "simd_misc", "simd_mac") and not r.lifter.startswith("fp_"):
            # As many lines as it takes to have all corners.
            lines += [line(r, w, t, random.Random(0), start) for start in range(0, len(CORNERS), 128 // r.bits(w))]
    for r in everything:
        if count.get(r.name, 0) < 2: print(f"{r.name}: {count.get(r.name, 0)} lines", file=sys.stderr)
    for name, lines in sorted(files.items()):
        path = f"{out}/{name}.txt"
        with open(path, "w") as f:
            f.write("# Written by gen_a64_simd.py; results from QEMU.\n" + "\n".join(lines) + "\n")
        gen_a64.fill(path, os.environ.get("QEMU", "build/qemu/qemu-aarch64"))


if __name__ == "__main__":
    main()
