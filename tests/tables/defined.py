#!/usr/bin/env python3
"""Which words of A64's vector and floating-point space are instructions: dragoman and QEMU agree.

    tests/tables/defined.py DRAGOMAN PROGRAM QEMU [COUNT]      COUNT random words (0: all); PROGRAM: defined.c

Random words by COUNT under both. What may differ is listed here, with why; anything else fails.
"""
import struct, subprocess, sys

# (mask, value, which of the two has it, why)
MAY_DIFFER = [
    (0xbfa0fc00, 0x0ea0dc00, "QEMU", "FAMAX (FEAT_FAMINMAX)"), (0xbfa0fc00, 0x2ea0dc00, "QEMU", "FAMIN"),
    (0xbfe0fc00, 0x0ec01c00, "QEMU", "FAMAX of halves"), (0xbfe0fc00, 0x2ec01c00, "QEMU", "FAMIN of halves"),
    (0xbfa0fc00, 0x2ea0fc00, "QEMU", "FSCALE (FEAT_FP8)"), (0xbfe0fc00, 0x2ec03c00, "QEMU", "FSCALE of halves"),
    (0xbf3ffc00, 0x2e217800, "QEMU", "F1CVTL and its kin (FEAT_FP8)"), (0xbfa0fc00, 0x0e00f400, "QEMU", "FCVTN to FP8"),
    (0xbfa0fc00, 0x0e00c400, "QEMU", "FMLALLBB and its kin (FEAT_FP8FMA)"), (0xbf00f400, 0x2f008000, "QEMU", "the same by element"),
    (0xbf20fc00, 0x0e00fc00, "QEMU", "FDOT, FMLALB of FP8"), (0xbf00f400, 0x0f000000, "QEMU", "the same by element"),
    (0xff60fc00, 0x6e00ec00, "QEMU", "FMMLA of FP8"), (0xff208c00, 0x4e000000, "QEMU", "LUTI2, LUTI4 (FEAT_LUT)"),
    (0x7f20fc00, 0x1e200000, "QEMU", "conversions to integers in vector registers (FEAT_FPRCVT)"),
    (0x3f200c00, 0x1d000800, "dragoman", "LDAPUR, STLUR (FEAT_LRCPC3)"),
    (0xbfbffc00, 0x0d018400, "dragoman", "LDAP1, STL1 (FEAT_LRCPC3)"),
]


def run(command):
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return dict(struct.iter_unpack("<IB", out))


def main():
    dragoman, program, qemu, count = sys.argv[1:4] + [(sys.argv + ["20000"])[4]]
    ours, theirs = (run(c + [program, "1", count]) for c in ([dragoman], [qemu, "-cpu", "max"]))
    wrong, excused = [], 0
    for word in theirs:
        if word not in ours or ours[word] != theirs[word]:
            having = "QEMU" if ours.get(word, 0) else "dragoman"
            if any(word & m == v and who == having for m, v, who, _ in MAY_DIFFER):
                excused += 1
            else:
                wrong.append(f"FAIL {word:08x}: only {having} has it")
    print(*wrong[:30], sep="\n", end="\n" if wrong else "")
    defined = sum(1 for word in theirs if not theirs[word])
    print(f"aarch64: {len(theirs)} vector and floating-point words, QEMU has {defined} of them, {excused} differ as listed")
    print(f"{int(not wrong and defined > 0)} passed, {int(bool(wrong or not defined))} failed, 0 skipped")


if __name__ == "__main__":
    main()
