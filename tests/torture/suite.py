"""What gcc's test harness knows of each test, read from the tests themselves: sources and extra options."""
import fnmatch
import glob
import os
import re
from dataclasses import dataclass, field

TRIPLE = {"amd64": "x86_64-pc-linux-gnu", "arm64": "aarch64-unknown-linux-gnu", "riscv64": "riscv64-unknown-linux-gnu"}
# Of the effective targets that dg-options name, those that all three have.
HAS = {"fpic", "int128", "signal", "lp64"}

TOP = "gcc.c-torture/execute"
# The folders' .exp files say with which options their tests are compiled.
COMMON = "-w"
FOLDER = {"": "",
          "ieee": "-fno-inline",
          "builtins": "-fno-tree-dse -fno-tree-loop-distribute-patterns -fno-tracer -fno-ipa-ra -fno-inline-functions"}


@dataclass
class Test:
    name: str
    sources: list
    options: list = field(default_factory=list)  # (selector, flags)

    def flags(self, arch):
        return " ".join(f for s, f in self.options if applies(s, arch))


def applies(selector, arch):
    """A DejaGnu target selector, as far as the suite has them: ! && || and braces over names and triples."""
    words = re.findall(r"[{}]|!|&&|\|\||[^\s{}!]+", selector)

    def either():
        value = both()
        while words and words[0] not in ("}",):
            if words[0] == "||":
                words.pop(0)
            value = both() or value
        return value

    def both():
        value = one()
        while words and words[0] == "&&":
            words.pop(0)
            value = one() and value
        return value

    def one():
        word = words.pop(0)
        if word == "!":
            return not one()
        if word == "{":
            value = either()
            words.pop(0)
            return value
        if word == "target":
            return either()
        return fnmatch.fnmatch(TRIPLE[arch], word) if "*" in word or "-" in word else word in HAS

    return either() if words else True


def directives(path):
    text = open(path, errors="replace").read()
    for kind, quoted, braced, selector in re.findall(
            r'\{\s*dg-(options|additional-options)\s+(?:"([^"]*)"|\{\s*"([^"]*)"\s*\})\s*(\{.*\})?\s*\}', text):
        yield selector, quoted or braced
    # A .x file is Tcl; the lines that matter to us add flags and nothing else.
    script = path[:-2] + ".x"
    if os.path.exists(script):
        for line in open(script):
            if m := re.match(r'(?:lappend|set) additional_flags (.*)', line):
                yield "", m[1].replace('"', "")


def load(testsuite):
    top, tests = os.path.join(testsuite, TOP), []
    for folder, flags in FOLDER.items():
        for path in sorted(glob.glob(os.path.join(top, folder, "*.c"))):
            name = os.path.join(folder, os.path.basename(path)[:-2])
            sources = [name + ".c"]
            if folder == "builtins":
                if name.endswith("-lib"):
                    continue
                sources += [name + "-lib.c", "builtins/lib/main.c"]
            tests.append(Test(name, sources, [("", flags), *directives(path)]))
    return tests
