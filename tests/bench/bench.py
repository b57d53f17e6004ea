#!/usr/bin/env python3
"""Run tests/bench/programs.tbl natively, under QEMU and under dragoman, in turns, and print ratios.

Environment:
    GUESTS="arm64 riscv64"   which guests
    PROGS="lua-fib k- fp"    which programs: names, beginnings of names, or classes (all)
    LARGE=0                  without the programs of the large roots: guest JITs, Go, stockfish (a download of 300 MB for each architecture)
    RUNS=3                   runs of native and dragoman, of which the medians are taken
    PEER_RUNS=1              the same for QEMU, which takes most of the time; 0 leaves it out
    DRAGOMAN=build/dragoman, DRAGOMAN_FLAGS
    QEMU_CPU_RISCV64, QEMU_CPU_ARM64    QEMU's -cpu; "max,ztso=false" and "max" unless told
    VERBOSE=1                also print native seconds

QEMU's default riscv64 CPU, max, has Ztso, which makes python take three times as long as without it.
We do not offer Ztso either, and the peer is to be shown at its best, so it is left out.

A ratio is time under translation to native time in the same run: "cpu" is user and system time of
all threads and children, "wall" the time it took on one core. The two differ where the program
waits, or where something else had the core. "memory" is the peak of the largest process's resident set
beyond the native one's, and the ratio of the two.
"""
import glob
import math
import os
import random
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(TOP, "tests/bench")
BUILD = os.path.join(TOP, "build/bench")
DATA = os.path.join(BUILD, "data")
DIR = f"/tmp/bench.{os.urandom(4).hex()}"  # not the process id: that is small in a namespace
GUESTS = os.environ.get("GUESTS", "arm64 riscv64").split()
LARGE = os.environ.get("LARGE", "1") != "0"
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


def root(arch, large=False):
    return os.path.join(TOP, "build", "jit" if large else "userland", arch)


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
            large = command.startswith("+")
            if (not wanted or any(w == group or name.startswith(w) for w in wanted)) and (LARGE or not large):
                yield name, group, large, command.lstrip("+").split()


def wants_large():
    return any(large for _, _, large, _ in programs())


def make_classes():
    """Java's classes are the same everywhere, so the native compiler makes them for all."""
    native = root("amd64", True)
    javac = glob.glob(native + "/usr/lib/jvm/*/bin/javac")[0][len(native):]
    subprocess.run(["chroot", native, javac, "-d", DIR, DIR + "/Work.java"], check=True)
    for arch in GUESTS:
        for path in glob.glob(native + DIR + "/*.class"):
            link(path, root(arch, True) + DIR + "/" + os.path.basename(path))


def install(arch, large=False):
    where = root(arch, large) + DIR
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


def resolve(where, word):
    """The program's path inside the root: translators do not search PATH."""
    if word.startswith("@"):
        return f"{DIR}/{word}"
    for pattern in f"/usr/bin/{word}", f"/usr/games/{word}", f"/usr/lib*/gcc/*/*/{word}", f"/usr/lib/jvm/*/bin/{word}", f"/usr/lib/go-*/bin/{word}":
        for path in sorted(glob.glob(where + pattern)):
            return path[len(where):]
    sys.exit(f"no {word} in {where}")


def measure(arch, how, name, large, command):
    """(CPU ns, wall ns, peak KiB, page faults), or None"""
    via = {"native": [], "QEMU": [DIR + "/qemu", "-cpu", QEMU_CPU.get(arch, "")], "dragoman": [DIR + "/dragoman", *FLAGS]}[how]
    p = subprocess.run([BUILD + "/measure", "-n", str(REPEAT.get(name, 1)), root(arch, large), DIR, *via,
                        resolve(root(arch, large), command[0]), *command[1:]],
                       env=ENV, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    words = p.stdout.split()
    if len(words) != 5 or words[4] != "0":
        sys.stderr.write(f"{name} {arch} {how}: failed\n{p.stderr[-200:]}")
        return None
    return tuple(int(w) for w in words[:4])


def compare(name, large, command):
    """{(arch, how): what measure() gives}, medians, the runs taken in turns."""
    peers = [("dragoman", RUNS)] if HAVE_DRAGOMAN else []
    plan = [("amd64", "native", RUNS)] + [(g, how, n) for g in GUESTS for how, n in [("QEMU", PEER_RUNS)] + peers]
    samples = {}
    for turn in range(max(RUNS, PEER_RUNS)):
        for arch, how, runs in plan:
            if turn < runs and samples.get((arch, how), []) is not None:
                got = measure(arch, how, name, large, command)
                samples[arch, how] = samples.get((arch, how), []) + [got] if got else None
    return {k: tuple(statistics.median(x) for x in zip(*v)) for k, v in samples.items() if v}


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
    print("\ntranslated without running (tests/bench/translate.c): millions of guest instructions per second, instructions of a region, times\n"
          "that one is translated, bytes per byte of guest code: straight path, side paths and constants, side tables", flush=True)
    for arch in GUESTS:
        files = [root(arch) + resolve(root(arch), "cc1"), os.path.realpath(root(arch) + "/usr/bin/python3")]
        subprocess.run([BUILD + "/translate", "-l", "300000", {"arm64": "aarch64"}.get(arch, arch), *files])


def pair(values):
    return " / ".join(f"{v:.2f}" for v in values)


def geomeans(samples, groups, columns):
    """Rows of classes: geomean of each column's ratios of CPU and wall time."""
    for group in [*groups, "all"]:
        cells = []
        for column in columns:
            got = [s[column] for s in samples if group in (s["class"], "all") and column in s]
            cells.append(pair(statistics.geometric_mean(g["time"][i] for g in got) for i in (0, 1)) if got else "-")
        yield group, cells


def report_peer(samples):
    """By what factor dragoman uses less CPU time than the peer, and where it does not."""
    for g in GUESTS:
        gains = {s["name"]: s[g, "QEMU"]["time"][0] / s[g, "dragoman"]["time"][0] for s in samples if (g, "QEMU") in s and (g, "dragoman") in s}
        if gains:
            slower = ", ".join(f"{n} ({1 / v:.2f}x)" for n, v in gains.items() if v < 1) or "none"
            print(f"{g}: {statistics.geometric_mean(gains.values()):.2f} times less CPU than QEMU (geomean); slower than QEMU: {slower}")
        worst = sorted(((s[g, "dragoman"]["time"][0], s["name"]) for s in samples if (g, "dragoman") in s and s["class"] != "start"), reverse=True)
        print(f"{g}: above 3 times of native: {', '.join(f'{n} ({v:.2f}x)' for v, n in worst if v > 3) or 'none'} (start-up aside)")


def report_memory(samples, columns, row):
    print("\npeak memory of one process: MB over native, ratio to native")
    for s in samples:
        cells = []
        for column in columns:
            peak = s[column]["peak"] if column in s else None
            cells.append(f"{(peak - s['native'][2]) / 1024:+.1f} / {peak / s['native'][2]:.2f}" if peak else "-")
        row(s["name"], f"{s['native'][2] / 1024:.1f} MB", cells)
    for g in GUESTS:
        beyond = [s["name"] for s in samples if (g, "dragoman") in s and s[g, "dragoman"]["peak"] > 1.5 * s["native"][2] + 16384]
        print(f"{g}: beyond 16 MB plus 1.5 times of native: {', '.join(beyond) or 'none'}")


def report_start(samples, columns):
    """What stands between exec and the first guest instruction."""
    relocations = subprocess.run(["readelf", "-rW", DRAGOMAN], capture_output=True, text=True).stdout.count("R_X86_64_")
    for s in samples:
        if s["name"] == "s-true":
            faults = ", ".join(f"{g} {how} {s[g, how]['faults']:.0f}" for g, how in columns if (g, how) in s)
            print(f"\nstart: {relocations} run-time relocations; page faults of true: native {s['native'][3]:.0f}, {faults}")


def main():
    make_data()
    version = open(os.path.join(TOP, "build/qemu/version")).read().strip()
    columns = [(g, how) for g in GUESTS for how in ("QEMU", "dragoman")]
    roots = [(arch, large) for large in ((False, True) if wants_large() else (False,)) for arch in ("amd64", *GUESTS)]
    samples = []

    def row(name, group, cells):
        print(f"{name:13}{group:9}" + "".join(f"{c:>20}" for c in cells), flush=True)

    try:
        for arch, large in roots:
            install(arch, large)
        if wants_large():
            make_classes()
        print(f"ratio to native, lower is better; cpu / wall on one core; peer: {version}")
        print("QEMU's -cpu: " + ", ".join(f"{g} {QEMU_CPU[g]}" for g in GUESTS) + "\n")
        row("program", "class", [f"{g} {how}" for g, how in columns])
        for name, group, large, command in programs():
            got = compare(name, large, command)
            native = got.pop(("amd64", "native"), None)
            sample = {"name": name, "class": group, "native": native}
            cells = []
            for column in columns:
                if native and column in got:
                    cpu, wall, peak, faults = got[column]
                    sample[column] = {"time": (cpu / native[0], wall / native[1]), "peak": peak, "faults": faults}
                cells.append(pair(sample[column]["time"]) if column in sample else "-")
            if native:
                samples.append(sample)
                cells += [f"native {native[0] / 1e9:.3f} s"] if os.environ.get("VERBOSE") else []
            row(name, group, cells)

        print("\ngeomean")
        for group, cells in geomeans(samples, dict.fromkeys(s["class"] for s in samples), columns):
            row(group, "", cells)
        report_peer(samples)
        report_memory(samples, columns, row)
        report_start(samples, columns)
        throughput()
    finally:
        for arch, large in roots:
            shutil.rmtree(root(arch, large) + DIR, ignore_errors=True)


if "--wants-large" in sys.argv:
    sys.exit(0 if wants_large() else 1)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # so that the roots are left clean
main()
