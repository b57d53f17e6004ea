#!/usr/bin/env python3
"""QEMU's own user-mode test programs (tests/tcg): what passes under QEMU passes under dragoman.

    tests/suites/tcg.py [-g GUEST]... [-k SUBSTRING]

The programs are compiled as tcg.def says, natively too where they are of no architecture. They run in
namespaces of their own, as an ordinary user (box.py). tcg.expect names those that pass under QEMU alone, with the reason.
"""
import argparse
import collections
import glob
import json
import os
import shlex
import shutil
import subprocess
import sys

import box

ROOT = os.path.join(box.TOP, "build/torture/root")
SUITE = os.path.join(ROOT, "tcg")
DIR = os.path.join(box.TOP, "build/tcg")
FOLDER = {"amd64": None, "arm64": "aarch64", "riscv64": "riscv64"}
TOOLS = {"amd64": "", "arm64": "aarch64-linux-gnu-", "riscv64": "riscv64-linux-gnu-"}


class Program:
    def __init__(self, name, source):
        self.name, self.sources, self.flags, self.output, self.options = name, [source], [], None, {"qemu": [], "dragoman": []}

    def set(self, words):
        self.flags = []
        for word in words:
            key, equals, value = word.partition("=")
            if word[0] == "-" or not equals:
                self.flags.append(word)
            elif key == "source":
                self.sources = value.split(",")
            elif key == "output":
                self.output = value
            else:
                self.options[key] = [o.replace("+", ",") for o in value.split(",")]


def programs(arch):
    """name -> Program, for a guest or amd64."""
    found = {}
    for folder in filter(None, ["multiarch", "multiarch/linux", FOLDER[arch]]):
        for path in sorted(glob.glob(f"{SUITE}/{folder}/*.c")):
            name = os.path.basename(path)[:-2]
            found[name] = Program(name, f"{folder}/{name}.c")
    for line in open(os.path.join(box.HERE, "tcg.def")):
        words = line.split()
        if not words or words[0] == "#":
            continue
        guest, name, *rest = words
        if guest == arch or guest == "*":
            found.setdefault(name, Program(name, f"{FOLDER[arch]}/{name}.c")).set(rest)
    return found


def build(arch, tests):
    """Compiles them inside the root, once for a tcg.def; name -> the compiler's complaint."""
    kept, key = f"{DIR}/{arch}.json", {n: [t.sources, t.flags] for n, t in tests.items()}
    if os.path.exists(kept):
        with open(kept) as f:
            old = json.load(f)
        if old["key"] == key:
            return old["absent"]
    inside = f"{ROOT}/tcg-{arch}"
    shutil.rmtree(inside, ignore_errors=True)
    os.mkdir(inside)
    with open(f"{inside}/build.sh", "w") as f:
        for t in tests.values():
            sources = " ".join(f"/tcg/{s}" for s in t.sources)
            f.write(f"{TOOLS[arch]}gcc-14 -w -O0 -g -fno-strict-aliasing -D_GNU_SOURCE -static -Wa,--noexecstack {sources} -o /tcg-{arch}/{t.name} "
                    f"{shlex.join(t.flags)} -pthread 2>/tcg-{arch}/{t.name}.err\n")
    subprocess.run([os.path.join(box.TOP, "tests/tools/ns.sh"), ROOT, "--", "chroot", ROOT, "/usr/bin/bash", f"/tcg-{arch}/build.sh"],
                   stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/usr/sbin", "LC_ALL": "C", "HOME": "/"})
    absent = {}
    os.makedirs(f"{DIR}/{arch}", exist_ok=True)
    for name in tests:
        if os.path.exists(f"{inside}/{name}"):
            shutil.copy(f"{inside}/{name}", f"{DIR}/{arch}/{name}")
        else:
            absent[name] = (open(f"{inside}/{name}.err").read().strip().splitlines() or ["?"])[0]
    shutil.rmtree(inside)
    with open(kept, "w") as f:
        json.dump({"key": key, "absent": absent}, f)
    return absent


def run(arch, translator, tests):
    """name -> (passed, output, why not)"""
    commands = []
    for t in tests:
        via = [f"/mnt/{translator}", *t.options["dragoman" if translator == "dragoman" else "qemu"]] if translator else []
        commands.append(["env", f"QEMU={shlex.join(via)}", *via, f"/mnt/{arch}/{t.name}"])
    return {tests[i].name: (status == 0, out, f"ended with {status}: {' / '.join(out.splitlines()[-3:])[:300]}")
            for i, (status, out) in enumerate(box.run_all(DIR, commands, 120, 2))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-g", action="append", choices=box.GUESTS, metavar="GUEST")
    parser.add_argument("-k", default="", metavar="SUBSTRING")
    args = parser.parse_args()
    os.makedirs(DIR, exist_ok=True)
    box.install_all(DIR)
    report = box.Report("tcg.expect")
    natives = programs("amd64")
    native_absent = build("amd64", natives)
    native = run("amd64", None, [t for n, t in natives.items() if n not in native_absent])
    print(f"native amd64: {sum(r[0] for r in native.values())} of {len(natives)} pass")
    for guest in args.g or box.GUESTS:
        tests = programs(guest)
        absent, count = build(guest, tests), collections.Counter()
        tests = {n: t for n, t in tests.items() if args.k in n}
        built = [t for n, t in tests.items() if n not in absent]
        with_qemu, with_ours = run(guest, box.QEMU[guest], built), run(guest, "dragoman", built)
        for name, t in tests.items():
            if name in absent:
                report.add(guest, name, False, left_out=f"does not compile: {absent[name]}")
                continue
            qemu, ours = with_qemu[name], with_ours[name]
            want = {None: None, "native": native.get(name.removesuffix("-vector"), (0, None))[1], "qemu": qemu[1]}.get(t.output, "file")
            if want == "file":
                want = open(os.path.join(SUITE, t.output)).read()
            verdict = {"qemu": qemu, "dragoman": ours}
            for who, (passed, out, why) in verdict.items():
                if passed and want is not None and out != want:
                    verdict[who] = False, out, "writes something else"
                count[who] += verdict[who][0]
            if not verdict["qemu"][0] and not verdict["dragoman"][0]:
                report.add(guest, name, False, left_out=f"under QEMU {verdict['qemu'][2]}")
            else:
                report.add(guest, name, verdict["dragoman"][0], verdict["dragoman"][2])
        print(f"{guest}: {count['qemu']} pass under QEMU, {count['dragoman']} under dragoman, of {len(tests)}", flush=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
