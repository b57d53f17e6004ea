#!/usr/bin/env python3
"""Fills in the words and the expected results of A64 lift tests by running them under QEMU.

    tests/lift/gen_a64.py FILE.txt...

A test line is `assembly | words | registers before | registers after` (see run.c); only the first
and third columns are read, the others are rewritten. Needs aarch64-linux-gnu-as/ld and
build/qemu/qemu-aarch64 (or $QEMU). Instructions are separated by `;`. A branch goes to `.+8` of
the last instruction. In values, `@` is the scratch page and `pc` the first instruction.
"""
import os, re, struct, subprocess, sys, tempfile

GPRS = [f"x{i}" for i in range(31)]
WINDOW = 512                     # bytes of the scratch page that are filled and compared
SP, NZCV, FPCR, FPSR, TPIDR, V, MEM = 248, 256, 264, 272, 280, 288, 800
BLOCK = MEM + WINDOW             # one test's state, in memory, before and after
M64 = (1 << 64) - 1


def fail(msg):
    sys.exit(f"gen_a64.py: {msg}")


def flag_word(nzcv):             # the IR's layout (ir/ops.def) of N Z C V in bits 31-28
    return (nzcv >> 31 & 1) << 15 | (nzcv >> 30 & 1) << 14 | (nzcv >> 29 & 1) << 8 | (nzcv >> 28 & 1)


def nzcv_of(word):
    return (word >> 15 & 1) << 31 | (word >> 14 & 1) << 30 | (word >> 8 & 1) << 29 | (word & 1) << 28


class Test:
    def __init__(self, asm, before):
        self.asm, self.before = asm, before
        self.insns = [s.strip() for s in asm.split(";")]
        self.uses_sp = re.search(r"\bw?sp\b", asm) is not None
        self.frame = "x28" if self.uses_sp else "sp"
        self.based = False

    def value(self, text, scratch):
        if text.startswith("@"):
            self.based = True
            return (scratch + int(text[1:] or "0", 16)) & M64
        return int(text, 16)

    def initial(self, scratch):
        b = bytearray(BLOCK)
        for item in self.before.split():
            name, val = item.split("=")
            if name.startswith("["):
                off, data = int(name[1:-1], 16), bytes.fromhex(val)
                b[MEM + off:MEM + off + len(data)] = data
            elif name in GPRS:
                struct.pack_into("<Q", b, 8 * GPRS.index(name), self.value(val, scratch))
            elif name == "sp":
                struct.pack_into("<Q", b, SP, self.value(val, scratch))
            elif name == "nzcv":
                struct.pack_into("<Q", b, NZCV, nzcv_of(int(val, 16)))
            elif name in ("fpcr", "tpidr"):
                struct.pack_into("<Q", b, FPCR if name == "fpcr" else TPIDR, int(val, 16))
            elif re.fullmatch(r"v\d+", name):
                b[V + 16 * int(name[1:]):][:16] = b""
                b[V + 16 * int(name[1:]):V + 16 * int(name[1:]) + 16] = int(val, 16).to_bytes(16, "little")
            elif name != "fpsr_used":           # our own: flags are exact
                fail(f"{self.asm}: unknown register {name}")
        return bytes(b)

    def code(self, n):
        f = self.frame
        out = [f"t{n}:", f" ldr x0, =b{n}", " ldr x1, =scratch", f" add x2, x0, #{MEM}"]
        out += [f" ldp q0, q1, [x2, #{i}]\n stp q0, q1, [x1, #{i}]" for i in range(0, WINDOW, 32)]
        out += [f" mov {f}, x0"] + ([f" ldr x0, [x28, #{SP}]", " mov sp, x0"] if self.uses_sp else [])
        for off, reg in ((NZCV, "nzcv"), (FPCR, "fpcr"), (FPSR, "fpsr"), (TPIDR, "tpidr_el0")):
            out += [f" ldr x0, [{f}, #{off}]", f" msr {reg}, x0"]
        out += [f" ldp q{i}, q{i + 1}, [{f}, #{V + 16 * i}]" for i in range(0, 32, 2)]
        out += [f" ldr x{i}, [{f}, #{8 * i}]" for i in range(31) if f"x{i}" != f]
        out += [f"c{n}:"] + [" " + s for s in self.insns] + [f"e{n}:", " b 1f", " b 2f"]
        for label, after in (("1", 0), ("2", 4)):
            out += [f"{label}:"] + [f" str x{i}, [{f}, #{8 * i}]" for i in range(31) if f"x{i}" != f]
            out += [f" mrs x0, nzcv", f" str x0, [{f}, #{NZCV}]", " mrs x0, fpcr", f" str x0, [{f}, #{FPCR}]",
                    " mrs x0, fpsr", f" str x0, [{f}, #{FPSR}]", " mrs x0, tpidr_el0", f" str x0, [{f}, #{TPIDR}]"]
            out += [f" stp q{i}, q{i + 1}, [{f}, #{V + 16 * i}]" for i in range(0, 32, 2)]
            out += ([" mov x0, sp", f" str x0, [x28, #{SP}]"] if self.uses_sp else [])
            out += [f" mov x2, {f}", f" mov x0, #{after}", " b store"]
        return out + [" .ltorg"]

    def result(self, init, block, scratch, code):
        """The last column, from the block before and after."""
        items = []

        def show(v):
            if self.based and (scratch - 4096 <= v < scratch + 4096):
                off = v - scratch
                return "@" + ("" if off == 0 else f"{off & M64:x}")
            if re.search(r"\b(adr|blr?)\b", self.asm) and code - 4096 <= v < code + 4096 and v:
                return f"pc{v - code:+x}"
            return f"{v:x}"

        def changed(off, fmt="<Q"):
            a, b = struct.unpack_from(fmt, init, off)[0], struct.unpack_from(fmt, block, off)[0]
            return b if a != b else None

        for i, name in enumerate(GPRS + ["sp"]):
            if (v := changed(8 * i)) is not None:
                items.append(f"{name}={show(v)}")
        if (v := changed(NZCV)) is not None:
            items.append(f"nzcv={flag_word(v):x}")
        for off, name in ((FPCR, "fpcr"), (TPIDR, "tpidr")):
            if (v := changed(off)) is not None:
                items.append(f"{name}={v:x}")
        if v := struct.unpack_from("<Q", block, FPSR)[0]:
            items.append(f"fpsr={v:x}")
        for i in range(32):
            a, b = (x[V + 16 * i:V + 16 * i + 16] for x in (init, block))
            if a != b:
                items.append(f"v{i}={int.from_bytes(b, 'little'):x}")
        a, b = init[MEM:], block[MEM:]
        i = 0
        while i < WINDOW:
            if a[i] != b[i]:
                j = i
                while j < WINDOW and a[j:j + 8] != b[j:j + 8]:
                    j += 8 - j % 8
                lo = i & ~7
                items.append(f"[{lo:x}]={b[lo:min(j, WINDOW)].hex()}")
                i = j
            i += 1
        return " ".join(items)


def build(tests, tmp):
    src = [".arch armv8.6-a+crypto+sha3+sm4+fp16+fp16fml+rdma", ".text", ".globl _start", "_start:"]
    for n in range(len(tests)):
        src += [f" ldr x0, =t{n}", " br x0", " .ltorg", f"r{n}:"]
    src += [" mov x0, #1", " ldr x1, =blocks", " ldr x2, =size", "3: mov x8, #64", " svc #0", " add x1, x1, x0",
            " subs x2, x2, x0", " mov x0, #1", " b.ne 3b", " mov x0, #0", " mov x8, #93", " svc #0", " .ltorg"]
    # x2: block, x0: bytes past the end; keeps the scratch window and where the test went on, returns
    src += ["store:", " ldr x1, =scratch", f" add x3, x2, #{MEM}"]
    src += [f" ldp q0, q1, [x1, #{i}]\n stp q0, q1, [x3, #{i}]" for i in range(0, WINDOW, 32)]
    src += [" ldr x3, =blocks", " sub x4, x2, x3", f" mov x5, #{BLOCK}", " udiv x4, x4, x5", " ldr x5, =ends",
            " str x0, [x5, x4, lsl #3]", " ldr x5, =returns", " ldr x5, [x5, x4, lsl #3]", " br x5", " .ltorg"]
    for n, t in enumerate(tests):
        src += t.code(n)
    src += [".data", ".balign 4096", "scratch: .space 8192", "inits: .incbin \"init.bin\"", "blocks = inits",
            f".set size, {len(tests) * (BLOCK + 8)}"]
    src += [f".set b{n}, blocks + {n * BLOCK}" for n in range(len(tests))]
    src += ["ends: .space %d" % (8 * len(tests)), "returns:"] + [f" .quad r{n}" for n in range(len(tests))]
    with open(f"{tmp}/t.s", "w") as f:
        f.write("\n".join(src) + "\n")
    open(f"{tmp}/init.bin", "wb").write(bytes(BLOCK * len(tests)))

    def link():
        subprocess.run(["aarch64-linux-gnu-as", "-o", "t.o", "t.s"], cwd=tmp, check=True)
        subprocess.run(["aarch64-linux-gnu-ld", "-o", "t", "t.o"], cwd=tmp, check=True)
        syms = subprocess.run(["aarch64-linux-gnu-nm", "t"], cwd=tmp, check=True, stdout=subprocess.PIPE, text=True).stdout
        return {s.split()[2]: int(s.split()[0], 16) for s in syms.splitlines()}

    sym = link()
    inits = [t.initial(sym["scratch"]) for t in tests]
    open(f"{tmp}/init.bin", "wb").write(b"".join(inits))
    return link(), inits


def words(elf, start, end):
    """Words of the code in an ELF file linked with one text segment."""
    phoff, phnum = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 56)[0]
    for i in range(phnum):
        off, vaddr, _, size = struct.unpack_from("<4Q", elf, phoff + 56 * i + 8)
        if vaddr <= start < vaddr + size:
            return [f"{w:08x}" for w, in struct.iter_unpack("<I", elf[off + start - vaddr:off + end - vaddr])]
    fail("no segment holds the code")


def fill(path, qemu):
    lines = open(path).read().splitlines()
    tests = {}
    for i, line in enumerate(lines):
        if line.strip() and not line.startswith("#"):
            cols = [c.strip() for c in line.split("|")] + ["", "", ""]
            tests[i] = Test(cols[0], cols[2])
    order = list(tests)
    with tempfile.TemporaryDirectory() as tmp:
        sym, inits = build([tests[i] for i in order], tmp)
        data = subprocess.run([qemu, "-cpu", "max", f"{tmp}/t"], check=True, stdout=subprocess.PIPE).stdout
        elf = open(f"{tmp}/t", "rb").read()
    for n, i in enumerate(order):
        t, block = tests[i], data[BLOCK * n:BLOCK * (n + 1)]
        after = t.result(inits[n], block, sym["scratch"], sym[f"c{n}"])
        end = struct.unpack_from("<Q", data, BLOCK * len(order) + 8 * n)[0]
        if end:
            after = f"{after} pc=+{sym[f'e{n}'] - sym[f'c{n}'] + end:x}".strip()
        lines[i] = f"{t.asm} | {' '.join(words(elf, sym[f'c{n}'], sym[f'e{n}']))} | {t.before} | {after}"
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")


def main():
    qemu = os.environ.get("QEMU", "build/qemu/qemu-aarch64")
    for path in sys.argv[1:]:
        fill(path, qemu)


if __name__ == "__main__":
    main()
