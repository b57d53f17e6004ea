#!/usr/bin/env python3
"""Writes docs/coverage.md: how many of the instructions of each extension are there, and how they are translated.

    tests/tables/coverage.py [--check] DRAGOMAN DOCUMENT

What an extension consists of stands in reference/GUEST.txt, written from the manuals. Each instruction is assembled with the
cross binutils; DRAGOMAN (`dragoman coverage GUEST WORD...`) says which row of the decode tables it is, if any, and whether
that row's instructions become host code or call C code, on a CPU with AVX2, AES and carry-less multiplication but nothing
newer. --check writes nothing and says where the document is not what would be written.
"""
import itertools, os, re, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import assemble

NAMES = {"aarch64": "AArch64 (A64, EL0)", "riscv64": "RISC-V (RV64, user mode)"}
BASELINE = {"aes", "pclmul"}
# The CPU on which everything there is can be used: pointer authentication only when asked for.
EVERYTHING = {"aarch64": "max,pauth=on", "riscv64": "max"}


def expand(text):
    """All instructions that a text with {a,b} stands for."""
    parts = re.split(r"(\{[^{}]*,[^{}]*\})", text)
    return ["".join(p) for p in itertools.product(*(p[1:-1].split(",") if p.startswith("{") and "," in p else [p] for p in parts))]


def reference(guest):
    """(extension, name, assembly) of each instruction."""
    out = []
    for line in open(os.path.join(HERE, "reference", guest + ".txt")):
        if line.startswith("#") or not line.strip():
            continue
        ext, text = line.split("|", 1)
        for item in text.split(";"):
            for insn in expand(item.strip()):
                name, given, asm = insn.partition(" = ")
                out.append((ext.strip(), name, asm) if given else (ext.strip(), insn, insn))
    return out


def kinds(dragoman, guest, words):
    """For each word (extension and name of its row, kind, what is called, why)."""
    known = subprocess.run([dragoman, "host"], capture_output=True, text=True, check=True).stdout
    features = re.findall(r"^  (\w+)", known, re.M)
    if not BASELINE <= set(re.findall(r"^  (\w+) +used", known, re.M)):
        return None
    off = ",".join("no-" + f for f in features if f not in BASELINE)
    env = dict(os.environ, DRAGOMAN_CPU=EVERYTHING[guest], DRAGOMAN_HOST_FEATURES=off)
    run = subprocess.run([dragoman, "coverage", guest] + words, env=env, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"coverage.py: dragoman coverage {guest} fails: {run.stderr.strip()}")
    return [line.split("\t")[1:] for line in run.stdout.split("\n") if line]


def section(dragoman, guest, out):
    insns = reference(guest)
    with tempfile.TemporaryDirectory() as tmp:
        words = assemble.assemble(guest, [asm for _, _, asm in insns], tmp)
    found = kinds(dragoman, guest, words)
    if found is None:
        return False
    table, missing, calls = {}, {}, {}
    for (ext, name, _), word, (_, row, kind, called, why) in zip(insns, words, found):
        t = table.setdefault(ext, dict.fromkeys(("total", "undefined", "inline", "leaves", "some", "calls"), 0))
        t["total"] += 1
        t[kind] += 1
        if kind == "undefined":
            missing.setdefault(ext, []).append(name)
        for what, reason in zip(called.split("; "), why.split("; ")) if called else ():
            rows = calls.setdefault((kind, what, reason), [])
            if row not in rows:
                rows.append(row)
    out += ["", f"## {NAMES[guest]}", "", "| extension | instructions | implemented | inline | leaves | partly by C code | by C code |", "|---|---|---|---|---|---|---|"]
    sums = dict.fromkeys(("total", "undefined", "inline", "leaves", "some", "calls"), 0)
    for ext, t in table.items():
        out.append(line(ext, t))
        for k in sums:
            sums[k] += t[k]
    out.append(line("**all**", sums))
    if missing:
        out += ["", "Not implemented:", ""]
        out += [f"- {ext}: " + "; ".join(f"`{n}`" for n in names) for ext, names in missing.items()]
    if calls:
        out += ["", "C code is called by:", ""]
        out += [f"- {', '.join(rows)}: `{what}`, {'always' if kind == 'calls' else 'for some operands or modes'} ({reason})"
                for (kind, what, reason), rows in calls.items()]
    return True


def line(ext, t):
    done = t["total"] - t["undefined"]
    return f"| {ext} | {t['total']} | {done} ({100 * done // t['total']}%) | {t['inline']} | {t['leaves']} | {t['some']} | {t['calls']} |"


def main():
    args = sys.argv[1:]
    check = args[:1] == ["--check"]
    dragoman, document = args[check:]
    for guest in NAMES:
        if not shutil.which(assemble.TOOLS[guest][0] + "as"):
            if not check:
                sys.exit(f"coverage.py: {assemble.TOOLS[guest][0]}as is needed")
            print(f"skip: coverage: no assembler for {guest}\n0 passed, 0 failed, 1 skipped")
            return
    out = ["# Coverage of the guests' instruction sets", "",
           "Written by `make docs-coverage`; `make check-cost` fails where it is out of date. *Instructions* counts what the",
           "architecture's manual lists for the extension (`tests/tables/reference/`, written from the manuals, not from our tables):",
           "encodings of one name count apart, sizes and arrangements of one encoding do not. Of the implemented ones, those that become",
           "host code alone are *inline*, those that go to the runtime (system calls, breakpoints) *leave*, the rest call C code on",
           "their main path for some or all operands. Figures are for a host CPU with AVX2, AES and carry-less multiplication, nothing newer.",
           "`dragoman coverage` tells the same of each row of the decode tables, on the CPU at hand."]
    for guest in NAMES:
        if not section(dragoman, guest, out):
            sys.exit("coverage.py: needs a CPU with AES and carry-less multiplication") if not check else \
                print("skip: coverage: this CPU lacks AES or carry-less multiplication\n0 passed, 0 failed, 1 skipped")
            return
    text = "\n".join(out) + "\n"
    if not check:
        with open(document, "w") as f:
            f.write(text)
        return
    have = open(document).read() if os.path.exists(document) else ""
    if have != text:
        print(f"FAIL {document} is out of date: run `make docs-coverage`")
        for a, b in itertools.zip_longest(have.split("\n"), text.split("\n"), fillvalue=""):
            if a != b:
                print(f"    is:     {a[:150]}\n    should: {b[:150]}")
                break
    print(f"{int(have == text)} passed, {int(have != text)} failed, 0 skipped")
    sys.exit(have != text)


main()
