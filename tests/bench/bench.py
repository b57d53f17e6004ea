#!/usr/bin/env python3
"""Run tests/bench/programs.tbl natively, under QEMU and under dragoman, in turns, and print ratios.

Environment:
    GUESTS="arm64 riscv64"   which guests
    PROGS="lua-fib k- fp"    which programs: names, beginnings of names, or classes (all)
    RUNS=3                   runs of native and dragoman, of which the medians are taken
    PEER_RUNS=1              the same for QEMU, which takes most of the time; 0 leaves it out
    DRAGOMAN=build/dragoman, DRAGOMAN_FLAGS
    QEMU_CPU_RISCV64, QEMU_CPU_ARM64    QEMU's -cpu; "max,ztso=false" and "max" unless told
    VERBOSE=1                also print native seconds

QEMU's default riscv64 CPU, max, has Ztso, which makes python take three times as long as without it.
We do not offer Ztso either, and the peer is to be shown at its best, so it is left out.

A ratio is time under translation to native time in the same run: "cpu" is user and system time of
all threads and children, "wall" the time it took on one core. The two differ where the program
waits, or where something else had the core.
"""
import glob
import math
import os
import random
import re
import shlex
import shutil
import statistics
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(TOP, "tests/bench")
BUILD = os.path.join(TOP, "build/bench")
DATA = os.path.join(BUILD, "data")
DIR = f"/tmp/bench.{os.urandom(4).hex()}"  # not the process id: that is small in a namespace
GUESTS = os.environ.get("GUESTS", "arm64 riscv64").split()
RUNS = int(os.environ.get("RUNS", "3"))
PEER_RUNS = int(os.environ.get("PEER_RUNS", "1"))
DRAGOMAN = os.environ.get("DRAGOMAN", os.path.join(TOP, "build/dragoman"))
HAVE_DRAGOMAN = os.path.exists(DRAGOMAN)
FLAGS = shlex.split(os.environ.get("DRAGOMAN_FLAGS", ""))
QEMU_NAME = {"arm64": "qemu-aarch64", "riscv64": "qemu-riscv64"}
QEMU_CPU = {g: os.environ.get("QEMU_CPU_" + g.upper(), cpu)
            for g, cpu in (("arm64", "max"), ("riscv64", "max,ztso=false"))}
REPEAT = {"s-true": 100, "s-bash": 50, "s-python": 8, "s-cc1": 10}
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root", "PYTHONDONTWRITEBYTECODE": "1"}
ENV.update((k, v) for k, v in os.environ.items() if k.startswith("DRAGOMAN_"))


def root(arch):
    return os.path.join(TOP, "build/userland", arch)


def make_data():
    """The same bytes on every machine: no system file is good enough for that."""
    if os.path.exists(DATA + "/done"):
        return
    shutil.rmtree(DATA, ignore_errors=True)
    os.makedirs(DATA)
    rng = random.Random(1)
    syllables = [a + b for a in "bcdfglmnprst" for b in ("a", "e", "i", "o", "u", "an", "er")]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) + rng.choice(["", "", "s", "ed", "ing"])
             for _ in range(5000)]
    weights = [1 / (i + 3) for i in range(len(words))]

    def text(lines):
        return "".join(" ".join(rng.choices(words, weights, k=rng.randint(4, 14))) +
                       f" {rng.randint(0, 9999)}\n" for _ in range(lines)).encode()

    files = {"text": text(60000), "text.small": text(12000), "big": rng.randbytes(1 << 20) * 128}
    audio = bytearray()
    for i in range(44100 * 36):
        s = 9000 * math.sin(i * 0.031) + 4000 * math.sin(i * 0.173 + 3 * math.sin(i * 0.0001)) + rng.randint(-300, 300)
        audio += int(s).to_bytes(2, "little", signed=True) + int(s * 0.7).to_bytes(2, "little", signed=True)
    files["audio"] = bytes(audio)
    files["gen.c"] = "".join(
        f"struct s{i} {{ int a, b[{i % 7 + 1}]; struct s{i} *n; }};\n"
        f"static int h{i}(struct s{i} *p, int n) {{ int s = 0; for (; p; p = p->n) for (int i = 0; i < {i % 7 + 1};"
        f" i++) s += p->b[i] * (n ^ {i}) + (p->a >> (i & 3)); return s; }}\n"
        f"int f{i}(struct s{i} *p, const char *t, unsigned n) {{ unsigned v = h{i}(p, n); while (*t) switch (*t++ & 7) {{"
        f" case 1: v += *t; break; case 2: v = v * {i + 3} ^ n; break; case 5: if (v > n) v -= h{i}(p->n, v);"
        f" else return v; break; default: v ^= v >> {i % 13 + 1}; }} return v % {i + 7}; }}\n"
        for i in range(40)).encode()
    for name, content in files.items():
        with open(os.path.join(DATA, name), "wb") as f:
            f.write(content)
    open(DATA + "/done", "w").close()


def programs():
    wanted = os.environ.get("PROGS", "").split()
    for line in open(HERE + "/programs.tbl"):
        if line.strip() and not line.startswith("#"):
            name, group, command = line.split(maxsplit=2)
            if not wanted or any(w == group or name.startswith(w) for w in wanted):
                yield name, group, command.split()


def install(arch):
    where = root(arch) + DIR
    shutil.copytree(DATA, where, copy_function=link)
    for path in glob.glob(HERE + "/scripts/*") + glob.glob(f"{BUILD}/bin/{arch}/*"):
        name = os.path.basename(path)
        shutil.copy(path, where + "/" + (name if "/scripts/" in path else "@" + name))
    if arch != "amd64":
        shutil.copy(os.path.join(TOP, "build/qemu", QEMU_NAME[arch]), where + "/qemu")
        if HAVE_DRAGOMAN:
            shutil.copy(DRAGOMAN, where + "/dragoman")


def link(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def resolve(arch, word):
    """The program's path inside the root: translators do not search PATH."""
    if word.startswith("@"):
        return f"{DIR}/{word}"
    if word == "cc1":
        found = glob.glob(root(arch) + "/usr/lib*/gcc/*/*/cc1")
        return found[0][len(root(arch)):]
    return "/usr/bin/" + word


def measure(arch, how, name, command):
    via = {"native": [], "QEMU": [DIR + "/qemu", "-cpu", QEMU_CPU.get(arch, "")], "dragoman": [DIR + "/dragoman", *FLAGS]}[how]
    p = subprocess.run([BUILD + "/measure", "-n", str(REPEAT.get(name, 1)), root(arch), DIR, *via,
                        resolve(arch, command[0]), *command[1:]],
                       env=ENV, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    words = p.stdout.split()
    if len(words) != 3 or words[2] != "0":
        sys.stderr.write(f"{name} {arch} {how}: failed\n{p.stderr[-200:]}")
        return None
    return int(words[0]), int(words[1])


def compare(name, command):
    """{(arch, how): (cpu, wall)}, medians, the runs taken in turns."""
    peers = [("dragoman", RUNS)] if HAVE_DRAGOMAN else []
    plan = [("amd64", "native", RUNS)] + [(g, how, n) for g in GUESTS for how, n in [("QEMU", PEER_RUNS)] + peers]
    samples = {}
    for turn in range(max(RUNS, PEER_RUNS)):
        for arch, how, runs in plan:
            if turn < runs and samples.get((arch, how), []) is not None:
                got = measure(arch, how, name, command)
                samples[arch, how] = samples.get((arch, how), []) + [got] if got else None
    return {k: tuple(statistics.median(x[i] for x in v) for i in (0, 1)) for k, v in samples.items() if v}


def throughput():
    """How fast the quick plan translates, by phase, as `-d stats` of two large programs says it (cycles of the time stamp counter)."""
    print("\ntranslation: guest instructions, cycles for each (lifting, back end), host bytes for each")
    for arch in GUESTS:
        for name, command in ("cc1", "$(gcc -print-prog-name=cc1) -quiet /dev/null -o /dev/null"), ("python", "python3 -c 0"):
            p = subprocess.run(["chroot", root(arch), f"{DIR}/dragoman", "-d", "stats", "/usr/bin/sh", "-c", f"exec {command}"],
                               capture_output=True, text=True)
            last = p.stderr.split("regions translated")[-1]
            figure = lambda text: (re.findall(rf"([\d.]+)  {text}(.*)", last) or [("-", "")])[0]
            cycles = figure("cycles per guest instruction translated")
            print(f"{arch:8} {name:7} {figure('guest instructions translated')[0]:>9}  {cycles[0]}{cycles[1]}  {figure('host bytes per guest instruction')[0]}")


def main():
    make_data()
    version = open(os.path.join(TOP, "build/qemu/version")).read().strip()
    columns = [(g, how) for g in GUESTS for how in ("QEMU", "dragoman")]
    ratios = {}
    try:
        for arch in ["amd64", *GUESTS]:
            install(arch)
        print(f"ratio to native, lower is better; cpu / wall on one core; peer: {version}")
        print("QEMU's -cpu: " + ", ".join(f"{g} {QEMU_CPU[g]}" for g in GUESTS) + "\n")
        print(f"{'program':13}{'class':9}" + "".join(f"{g + ' ' + how:>20}" for g, how in columns))

        def row(name, group, cells):
            print(f"{name:13}{group:9}" + "".join(f"{c:>20}" for c in cells), flush=True)

        for name, group, command in programs():
            times = compare(name, command)
            native = times.get(("amd64", "native"))
            cells = []
            for column in columns:
                got = times.get(column)
                if not native or not got:
                    cells.append("-")
                    continue
                pair = [got[i] / native[i] for i in (0, 1)]
                ratios.setdefault((group, *column), []).append(pair)
                cells.append(f"{pair[0]:.2f} / {pair[1]:.2f}")
            if os.environ.get("VERBOSE") and native:
                cells.append(f"native {native[0] / 1e9:.3f} s")
            row(name, group, cells)

        def geomean(group, column):
            pairs = [p for k, v in ratios.items() if k[1:] == column and group in (k[0], "all") for p in v]
            if not pairs:
                return "-"
            return " / ".join(f"{statistics.geometric_mean(p[i] for p in pairs):.2f}" for i in (0, 1))

        print("\ngeomean")
        for group in [*dict.fromkeys(k[0] for k in ratios), "all"]:
            row(group, "", [geomean(group, c) for c in columns])
        throughput()
    finally:
        for arch in ["amd64", *GUESTS]:
            shutil.rmtree(root(arch) + DIR, ignore_errors=True)


main()
