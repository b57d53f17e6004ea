#!/usr/bin/env python3
"""Compares dragoman -strace with strace(1), line by line.

compare.py [--dragoman COMMAND] [GUEST...]

calls.c makes the same calls natively under strace(1) and as a guest under dragoman -strace; every line must be the same but for
what differences.txt names. tasks.c forks, makes threads and executes programs: there, each task's own lines are compared, after
parts of interrupted calls have been put together. Ends with a line "N passed, N failed, N skipped".
"""
import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.dirname(os.path.dirname(here))


def differences():
    """Replacements of differences.txt, in its order."""
    out = []
    with open(os.path.join(here, "differences.txt")) as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            pattern, arrow, text = line.partition(" =>")
            if not arrow:
                sys.exit(f"differences.txt:{number}: no =>")
            out.append((re.compile(pattern), text.lstrip()))
    return out


def normal(line, replace):
    line = re.sub(r"\) += ", ") = ", line.rstrip("\n"))
    for pattern, text in replace:
        line = pattern.sub(text, line)
    return line


def tasks_of(path):
    """The lines of each task in the order in which tasks began, with parts put together."""
    tasks, open_part = {}, {}
    with open(path, errors="surrogateescape") as f:
        for line in f:
            pid, _, rest = line.partition(" ")
            rest = rest.strip(" \n")
            part = re.match(r"<\.\.\. \w+ resumed>", rest)
            if part:
                rest = open_part.pop(pid, "?") + rest[part.end():]
            elif rest.endswith(" <unfinished ...>"):
                open_part[pid] = rest[:-len(" <unfinished ...>")]
                tasks.setdefault(pid, [])
                continue
            tasks.setdefault(pid, []).append(rest)
    for pid, rest in open_part.items():
        tasks[pid].append(rest + " <unfinished ...>")
    return list(tasks.values())


def between(lines):
    """What lies between the marks, without them, and what an executed program did before its own. None: no mark, or no end."""
    out, part, inside, ended = [], [], False, False
    for line in lines:
        if line.startswith('chdir("begin")'):
            part = [l for l in part if l.startswith("execve(")]
            inside, ended = True, False
        elif line.startswith('chdir("end")'):
            out += part
            part, inside, ended = [], False, True
        elif inside:
            part.append(line)
    return out if ended else None


def build(compiler, source, out):
    if os.path.exists(out) and os.path.getmtime(out) > os.path.getmtime(source):
        return True
    return subprocess.run([compiler, "-O1", "-w", "-static", "-o", out, source, "-lpthread"]).returncode == 0


def run(command, program, work):
    """Runs program in an empty directory of its own; the trace's path."""
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(os.path.join(work, "dir"))
    shutil.copy(program, os.path.join(work, "program"))
    out = os.path.join(work, "trace")
    subprocess.run([w.replace("OUT", out) for w in command] + ["../program"], cwd=os.path.join(work, "dir"), timeout=120,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return out


def show(name, wanted, got):
    for line in difflib.unified_diff(wanted, got, "strace", "dragoman", lineterm="", n=0):
        if not line.startswith(("---", "+++", "@@")):
            print(f"  {name}: {line}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--dragoman", default=os.path.join(top, "build/dragoman"))
    p.add_argument("guests", nargs="*", default=["aarch64", "riscv64"])
    args = p.parse_args()
    if not shutil.which("strace"):
        print("skip: no strace")
        print(f"0 passed, 0 failed, {2 * len(args.guests)} skipped")
        return 0
    replace = differences()
    passed = failed = skipped = 0
    built = os.path.join(top, "build/strace")
    work = os.path.join(built, "compare")
    os.makedirs(work, exist_ok=True)
    for test in ("calls", "tasks"):
        source = os.path.join(here, test + ".c")
        if not build("gcc", source, os.path.join(built, test)):
            print(f"FAIL {test}: no native build")
            failed += 1
            continue
        native = tasks_of(run(["strace", "-f", "-o", "OUT"], os.path.join(built, test), os.path.join(work, "native")))
        for guest in args.guests:
            compiler = guest + "-linux-gnu-gcc"
            if not shutil.which(compiler):
                print(f"skip {test}: no {compiler}")
                skipped += 1
                continue
            program = os.path.join(built, f"{test}-{guest}")
            if not build(compiler, source, program):
                print(f"FAIL {test} {guest}: no build")
                failed += 1
                continue
            traced = tasks_of(run(args.dragoman.split() + ["-strace=OUT"], program, os.path.join(work, guest)))
            if len(native) != len(traced):
                print(f"FAIL {test} {guest}: {len(traced)} tasks, not {len(native)}")
                failed += 1
            for i, (wanted, got) in enumerate(zip(native, traced)):
                wanted, got = between(wanted), between(got)
                if wanted is None or got is None:
                    print(f"FAIL {test} {guest}: task {i} is cut off")
                    failed += 1
                    continue
                wanted, got = [[l for l in (normal(l, replace) for l in lines) if l != "LINE"] for lines in (wanted, got)]
                same = difflib.SequenceMatcher(None, wanted, got, False).get_matching_blocks()
                passed += sum(b.size for b in same)
                different = max(len(wanted), len(got)) - sum(b.size for b in same)
                if different:
                    print(f"FAIL {test} {guest}: {different} lines of task {i} differ")
                    show(f"{test} {guest}", wanted, got)
                    failed += different
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed > 0


sys.exit(main())
