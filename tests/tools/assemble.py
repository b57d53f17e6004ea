#!/usr/bin/env python3
"""Writes the guest words of cost tests from their assembly, with the cross binutils; assembles for other tools.

    tests/tools/assemble.py [--check] GUEST FILE.txt...

A case is `assembly | words | ...`; instructions are separated by `;`, labels are numeric ones (`1:`, `1b`). The words are
rewritten where they differ, and filled in where a line has only the assembly. --check writes nothing: it says which words
are not what the assembly says, and ends with "N passed, N failed, N skipped". RISC-V instructions are compressed only where
they are written so (c.add), or everywhere in a case that begins with `.option rvc`.
"""
import os, re, shutil, subprocess, sys, tempfile

TOOLS = {"aarch64": ("aarch64-linux-gnu-", ["-march=armv8.8-a+crypto+sha3+sm4+fp16+fp16fml+rng+flagm+mops+hbc+cssc+pauth+ssbs+sb+dotprod+i8mm+bf16+memtag"], 4),
         "riscv64": ("riscv64-linux-gnu-", ["-march=rv64gc_zba_zbb_zbc_zbs_zbkb_zbkx_zknd_zkne_zknh_zksed_zksh_zfh_zicbom_zicbop_zicboz_zawrs_zihintpause"], 2)}


def statements(guest, asm):
    out = []
    for s in (s.strip() for s in asm.split(";")):
        out += [".option push", ".option rvc", s, ".option pop"] if guest == "riscv64" and s.startswith("c.") else [s]
    return out


def assemble(guest, cases, tmp):
    """The words of each case, in text, or the assembler's message."""
    prefix, march, align = TOOLS[guest]
    src, obj, linked, binary = (os.path.join(tmp, n) for n in ("cases.s", "cases.o", "cases.elf", "cases.bin"))
    lines, first = [], []
    for n, asm in enumerate(cases):
        lines += [".option push", ".option norelax", ".option norvc"] if guest == "riscv64" else []
        first.append(len(lines) + 1)
        lines += [".balign 4", f"case{n}:"] + statements(guest, asm) + [f"end{n}:"]
        lines += [".option pop"] if guest == "riscv64" else []
    with open(src, "w") as f:
        f.write("\n".join(lines) + "\n")
    run = subprocess.run([prefix + "as"] + march + ["-o", obj, src], capture_output=True, text=True)
    if run.returncode:
        for m in re.finditer(r":(\d+): (Error.*)", run.stderr):
            n = max(i for i, at in enumerate(first) if at <= int(m[1]))
            print(f"assemble.py: {cases[n]}: {m[2]}", file=sys.stderr)
        sys.exit(1)
    subprocess.run([prefix + "ld", "--no-relax", "-Ttext", "0", "-e", "0", "-o", linked, obj], check=True)
    symbols = {}
    for line in subprocess.run([prefix + "nm", linked], capture_output=True, text=True, check=True).stdout.splitlines():
        value, _, name = line.split()
        symbols[name] = int(value, 16)
    subprocess.run([prefix + "objcopy", "-O", "binary", "-j", ".text", linked, binary], check=True)
    with open(binary, "rb") as f:
        text = f.read()
    return [words(guest, text[symbols[f"case{n}"]:symbols[f"end{n}"]]) for n in range(len(cases))]


def words(guest, code):
    out, at = [], 0
    while at < len(code):
        size = 2 if guest == "riscv64" and code[at] & 3 != 3 else 4
        out.append(f"{int.from_bytes(code[at:at + size], 'little'):0{2 * size}x}")
        at += size
    return " ".join(out)


def main():
    args = sys.argv[1:]
    check = args[:1] == ["--check"]
    guest, *paths = args[check:]
    passed = failed = 0
    if not shutil.which(TOOLS[guest][0] + "as"):
        if not check:
            sys.exit(f"assemble.py: {TOOLS[guest][0]}as is needed")
        print(f"skip: no assembler for {guest}\n0 passed, 0 failed, 1 skipped")
        return
    for path in paths:
        with open(path) as f:
            lines = f.read().split("\n")
        at = [i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")]
        with tempfile.TemporaryDirectory() as tmp:
            found = assemble(guest, [lines[i].split("|")[0].strip() for i in at], tmp)
        for i, text in zip(at, found):
            fields = [s.strip() for s in lines[i].split("|")] + [""]
            if fields[1] == text:
                passed += 1
                continue
            failed += 1
            if check:
                print(f"FAIL {path}:{i + 1}: {fields[0]} is {text}, not {fields[1]}")
            else:
                lines[i] = " | ".join([fields[0], text] + fields[2:]).rstrip(" |")
        if failed and not check:
            with open(path, "w") as f:
                f.write("\n".join(lines).rstrip("\n") + "\n")
    if check:
        print(f"{passed} passed, {failed} failed, 0 skipped")
        sys.exit(failed != 0)


if __name__ == "__main__":
    main()
