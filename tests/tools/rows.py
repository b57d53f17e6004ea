"""The rows of a guest's decode tables (docs/decode-tables.md)."""
import glob, re


def bits_of(pattern):
    """(width, mask, value) of a row's pattern."""
    bits = ""
    for tok in pattern.split():
        if re.fullmatch("[01x]+", tok):
            bits += tok
        elif m := re.search(r":(\d+)$", tok):
            bits += "x" * int(m[1])
        elif m := re.search(r"\[(\d+)(?::(\d+))?\]$", tok):
            bits += "x" * (int(m[1]) - int(m[2] or m[1]) + 1)
        else:
            bits += "x"
    return len(bits), int(re.sub("[01]", "1", bits).replace("x", "0"), 2), int(bits.replace("x", "0"), 2)


def rows(guest):
    """(name, width, mask, value, extension) of each row."""
    for path in sorted(glob.glob(f"frontends/{guest}/*.tbl")):
        for line in open(path):
            line = line.split("#")[0].rstrip()
            if line and not line.startswith("%"):
                name, pattern, _, extension = re.split(r"  +", line)[:4]
                yield name, *bits_of(pattern), extension
