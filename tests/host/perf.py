#!/usr/bin/env python3
"""What perf is told: -perfmap and -jitdump name the guest's functions, in fork children too, and perf (where there is one that may be used)
attributes samples to them. These files and the log are written on, whatever descriptors the guest uses and closes."""
import os
import re
import shutil
import struct
import subprocess
import sys

DRAGOMAN = os.environ.get("DRAGOMAN", "build/dragoman")
DIR = "build/tests/perf"
COUNT = {"passed": 0, "failed": 0, "skipped": 0}


def result(ok, name, detail=""):
    COUNT["passed" if ok else "failed"] += 1
    if not ok:
        print(f"FAIL {name}: {detail}")


def skip(name, why):
    COUNT["skipped"] += 1
    print(f"skipped: {name}: {why}")


def run(*command):
    p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    out = p.communicate()[0]
    return p.pid, p.returncode, out


def regions(path):
    """(name, address, code) of a dump's records; every length has to be right."""
    data = open(path, "rb").read()
    magic, version, size, machine, _, pid = struct.unpack_from("<6I", data)
    assert (magic, version, size, machine) == (0x4a695444, 1, 40, 62), f"{path}: header"
    assert str(pid) in path, f"{path}: pid {pid}"
    found, at, before = [], size, 0
    while at < len(data):
        kind, total, time, rpid, tid, vma, addr, n, index = struct.unpack_from("<IIQIIQQQQ", data, at)
        end = data.index(b"\0", at + 56)
        assert kind == 0 and rpid == pid and vma == addr and end + 1 + n == at + total, f"{path}: record at {at}"
        assert index == len(found) and time >= before, f"{path}: order at {at}"
        found.append((data[at + 56:end].decode(), addr, data[end + 1:end + 1 + n]))
        at, before = at + total, time
    return found


def shares(report):
    """{symbol: percent} of perf report's lines."""
    return {m[2].strip(): float(m[1]) for m in re.finditer(r"^ *([\d.]+)%.*\[\.\] (.*)$", report, re.M)}


def may_record():
    if not shutil.which("perf"):
        return "no perf on this machine"
    p = subprocess.run(["perf", "record", "-k", "mono", "-q", "-o", DIR + "/probe", "true"], capture_output=True, text=True)
    return f"perf record: {p.stderr.strip()[:100]}" if p.returncode else None


def check_files(guest, program):
    dumps = f"{DIR}/{guest}"
    shutil.rmtree(dumps, ignore_errors=True)
    os.makedirs(dumps)
    pid, status, out = run(DRAGOMAN, f"-jitdump={dumps}", program)
    try:
        child = int(out.split()[0])
        parent = {name for name, _, _ in regions(f"{dumps}/jit-{pid}.dump")}
        inherited = regions(f"{dumps}/jit-{child}.dump")
    except (OSError, AssertionError, struct.error, ValueError, IndexError) as e:
        return result(False, f"{guest} -jitdump", e)
    module = os.path.basename(program)
    result(f"spin_before [{module}]" in parent and f"spin_in_child [{module}]" not in parent, f"{guest} -jitdump", sorted(parent))
    names = {name for name, _, _ in inherited}
    result({f"spin_before [{module}]", f"spin_in_child [{module}]"} <= names, f"{guest} -jitdump, child", sorted(names))
    result(all(code for _, _, code in inherited), f"{guest} -jitdump, code")
    pid, status, out = run(DRAGOMAN, "-perfmap", program)
    path = f"/tmp/perf-{pid}.map"
    lines = open(path).read().splitlines() if os.path.exists(path) else []
    result(lines and all(re.fullmatch(r"[0-9a-f]+ [0-9a-f]+ \S.*", l) for l in lines) and any(l.endswith(f" spin_before [{module}]") for l in lines),
           f"{guest} -perfmap", lines[:3])
    if lines:
        os.unlink(path)


def check_perf(guest, program, why):
    # The list is one for parent and child, so it must not be here that both have made code at the same place since the fork.
    cases = {"-jitdump": [f"-jitdump={DIR}/{guest}"], "-perfmap": ["-perfmap", "-plan", "quick"]}
    for name, flags in cases.items():
        if why:
            skip(f"{guest} {name} under perf", why)
            continue
        data = f"{DIR}/{guest}.data"
        pid, status, out = run("perf", "record", "-q", "-k", "mono", "-F", "2000", "-o", data, DRAGOMAN, *flags, program, "100000000")
        if name == "-jitdump":
            p = subprocess.run(["perf", "inject", "--jit", "-i", data, "-o", data + ".jit"], capture_output=True, text=True)
            out += p.stderr
            data += ".jit"
        report = subprocess.run(["perf", "report", "--stdio", "-i", data], capture_output=True, text=True).stdout
        got, module = shares(report), os.path.basename(program)
        for function in ("spin_before", "spin_in_child"):
            result(got.get(f"{function} [{module}]", 0) > 20, f"{guest} {name} under perf: {function}", f"{got} {out}")
        if name == "-perfmap" and (m := re.search(r"^\d+ (\d+)$", out, re.M)):
            os.unlink(f"/tmp/perf-{m[1]}.map")


def check_descriptors(guest, program, natively):
    files = f"{DIR}/{guest}"
    log = f"{files}/log"
    for limit in natively:
        pid, status, out = run(DRAGOMAN, "-perfmap", f"-jitdump={files}", "-d", "syscall", "-D", log, program, limit)
        result(out == natively[limit], f"{guest}: every descriptor below {limit}", out)
        path = f"/tmp/perf-{pid}.map"
        with open(path) as f:
            named = " after [" in f.read()
        os.unlink(path)
    # The last run leaves room for our own.
    result(named, f"{guest} -perfmap: every descriptor")
    result(any(name.startswith("after [") for name, _, _ in regions(f"{files}/jit-{pid}.dump")), f"{guest} -jitdump: every descriptor")
    with open(log) as f:
        result("exit_group(0)" in f.read(), f"{guest} -D: every descriptor")


os.makedirs(DIR, exist_ok=True)
subprocess.run(["gcc", "-O1", "-static", "-o", f"{DIR}/descriptors", "tests/host/descriptors.c"], check=True)
natively = {limit: run(f"{DIR}/descriptors", limit)[2] for limit in ("1100", "2000")}
why = may_record()
for guest in ("aarch64", "riscv64"):
    program = f"{DIR}/spin-{guest}"
    subprocess.run([f"{guest}-linux-gnu-gcc", "-O1", "-static", "-o", program, "tests/host/perf.c"], check=True)
    check_files(guest, program)
    check_perf(guest, program, why)
    program = f"{DIR}/descriptors-{guest}"
    subprocess.run([f"{guest}-linux-gnu-gcc", "-O1", "-static", "-o", program, "tests/host/descriptors.c"], check=True)
    check_descriptors(guest, program, natively)
print(f"{COUNT['passed']} passed, {COUNT['failed']} failed, {COUNT['skipped']} skipped")
sys.exit(1 if COUNT["failed"] else 0)
