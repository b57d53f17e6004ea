#!/usr/bin/env python3
"""-report: the file has the functions that cost most, with counts that are known, listings that objdump agrees with, and, as a page, links
that lead somewhere, all tags closed, and nothing from elsewhere."""
import html.parser
import os
import re
import shutil
import subprocess
import sys

DRAGOMAN = os.path.abspath(os.environ.get("DRAGOMAN", "build/dragoman"))
DIR = "build/tests/report"
COUNT = [0, 0]


def result(ok, name, detail=""):
    COUNT[0 if ok else 1] += 1
    if not ok:
        print(f"FAIL {name}: {detail}")


def run(*command, cwd=DIR):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd)


def read(name):
    try:
        return open(f"{DIR}/{name}").read()
    except OSError as e:
        return str(e)


def regions(text):
    """[{name, plan, blocks: [(pc, count, lines)], parts: {title: lines}}]"""
    found = []
    for part in text.split("\n==== ")[1:]:
        head, *rest = re.split(r"^-- ", part, flags=re.M)
        r = {"name": head.split("\n")[0].split(". ", 1)[1], "facts": head.split("\n")[1], "blocks": [], "parts": {}}
        for p in rest:
            title, *lines = p.rstrip("\n").split("\n")
            if m := re.match(r"block (\d+), ([0-9a-f]+): (\d+) times", title):
                r["blocks"].append((int(m[2], 16), int(m[3]), lines))
            else:
                r["parts"][title] = lines
        found.append(r)
    return found


def in_function(found, name):
    return [r for r in found if re.match(rf"{name}(\+0x[0-9a-f]+)? \[", r["name"])]


def objdump(guest, program):
    """{pc: bytes of the instruction there}"""
    out = run(f"{guest}-linux-gnu-objdump", "-d", os.path.basename(program)).stdout
    return {int(m[1], 16) for m in re.finditer(r"^ *([0-9a-f]+):\t", out, re.M)}


class Page(html.parser.HTMLParser):
    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.targets, self.tags, self.wrong = [], set(), set(), {}, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for key, value in attributes:
            if key == "id":
                self.ids.add(value)
            elif key == "href" and value.startswith("#"):
                self.targets.add(value[1:])
            elif key in ("href", "src"):
                self.wrong.append(value)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


def check_text(guest, program, plan):
    name = f"{guest} {plan}"
    p = run(DRAGOMAN, "-plan", plan, "-report", "r.txt", "-report-regions", "12", program)
    text = read("r.txt")
    found = regions(text)
    result(p.returncode == 0 and p.stdout == "" and len(found) == 12, f"{name}: a report of 12", f"{p.stdout} {text[:200]}")
    loop = in_function(found, "plain_loop")
    most = max((c for r in loop for _, c, _ in r["blocks"]), default=0)
    result(4999000 < most <= 5000000, f"{name}: the loop's count", most)
    branch = in_function(found, "with_branch")
    most = max((c for r in branch for _, c, _ in r["blocks"]), default=0)
    result(branch and 0 < most <= 2000000, f"{name}: the branch's count", most)
    costs = [float(m) for m in re.findall(r", ([\d.]+)% of the cost", text)]
    result(costs == sorted(costs, reverse=True) and 50 < sum(costs) <= 100, f"{name}: costs", costs)
    starts = objdump(guest, program)
    pcs = [int(line.split(":")[0], 16) for r in found for _, _, lines in r["blocks"] for line in lines if re.match(r"[0-9a-f]+: ", line)]
    result(len(pcs) > 50 and set(pcs) <= starts, f"{name}: guest code", [hex(p) for p in set(pcs) - starts][:5])
    for r in found:
        said = int(re.search(r"(\d+) guest instructions", r["facts"])[1])
        listed = sum(bool(re.match(r"[0-9a-f]+: ", line)) for _, _, lines in r["blocks"] for line in lines)
        lifted = sum(bool(re.match(r"; [0-9a-f]+: ", line)) for line in r["parts"].get("IR as lifted", []))
        result(said == listed == lifted, f"{name}: instructions of {r['name']}", f"{said} {listed} {lifted}")
        host = r["parts"].get("host code", [])
        result(any(re.match(r"6f[0-9a-f]+: cmp dword ptr", line) for line in host[:2]) and any(line.startswith("; ") for line in host), f"{name}: host code of {r['name']}", host[:3])
    several = [r for r in found if len(r["blocks"]) > 1]
    result(bool(several) == (plan == "hot") and all("IR with what blocks carry" in r["parts"] for r in several), f"{name}: regions of several blocks", len(several))


def check_page(guest, program, plan):
    name = f"{guest} {plan} page"
    run(DRAGOMAN, "-plan", plan, "-report", "r.html", program)
    text = read("r.html")
    page = Page(text)
    result(not page.open and not page.wrong, f"{name}: well formed, of its own", f"{page.open} {page.wrong[:3]}")
    result(page.targets and page.targets <= page.ids, f"{name}: links", sorted(page.targets - page.ids)[:5])
    result(page.tags.get("svg") == 20 and not {"script", "img", "link", "iframe"} & set(page.tags) and "url(http" not in text and "@import" not in text, f"{name}: parts", page.tags)
    result("plain_loop" in text and "prefers-color-scheme" in text, f"{name}: contents")


def check_processes(guest, program):
    p = run(DRAGOMAN, "-report", "f.txt", program, "fork")
    parent, child = regions(read("f.txt")), regions(read(f"f.{p.stdout.strip()}.txt"))
    result(in_function(parent, "with_branch") and not in_function(parent, "plain_loop"), f"{guest}: the parent's report", [r["name"] for r in parent])
    result(in_function(child, "plain_loop") and not in_function(child, "with_branch"), f"{guest}: the child's report", [r["name"] for r in child])
    run(DRAGOMAN, "-report", "v.txt", program, "vfork")
    files = [n for n in os.listdir(DIR) if n.startswith("v.")]
    result(files == ["v.txt"] and in_function(regions(read("v.txt")), "plain_loop"), f"{guest}: a vfork child's regions are its parent's", files)
    os.unlink(f"{DIR}/v.txt")
    for _ in range(5):
        run(DRAGOMAN, "-report", "t.html", program, "threads")
        page = Page(read("t.html"))
        result(not page.open and not page.wrong and page.tags.get("svg") == 20, f"{guest}: threads that exit at once", page.tags)
    p = run(DRAGOMAN, "-report", "d-%p.txt", program, "die")
    dead = [n for n in os.listdir(DIR) if re.fullmatch(r"d-\d+\.txt", n)]
    result(p.returncode == -11 and len(dead) == 1 and in_function(regions(read(dead[0])), "plain_loop"), f"{guest}: killed by a signal", f"{p.returncode} {dead}")
    for n in dead:
        os.unlink(f"{DIR}/{n}")
    p = run(DRAGOMAN, "-report", "c.txt", "-chaos", "cache=64k,flush=50", program)
    text = read("c.txt")
    m, n = re.search(r"emptied, as it was (\d+) times", text), re.match(r"(\d+) regions", text)
    result(p.returncode == 0 and m and int(m[1]) > 2 and len(regions(text)) == min(20, int(n[1])) > 5, f"{guest}: a cache that is emptied", text[:200])


shutil.rmtree(DIR, ignore_errors=True)
os.makedirs(DIR)
for guest in ("aarch64", "riscv64"):
    program = os.path.abspath(f"{DIR}/{guest}")
    subprocess.run([f"{guest}-linux-gnu-gcc", "-O1", "-static", "-o", program, "tests/host/report.c", "-lpthread"], check=True)
    for plan in ("quick", "hot"):
        check_text(guest, program, plan)
        check_page(guest, program, plan)
    check_processes(guest, program)
print(f"{COUNT[0]} passed, {COUNT[1]} failed, 0 skipped")
sys.exit(1 if COUNT[1] else 0)
