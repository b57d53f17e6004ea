#!/usr/bin/env python3
"""Writes the assembly file with every floating-point instruction of a guest: ops.py aarch64|riscv64 > ops.S"""
import sys

def emit(head, rows):
    """rows: (what is printed, assembly, formats of the operands)"""
    print(head)
    for i, (_, text, _) in enumerate(rows):
        print(f'op{i}: {text}\n\tret')
    print('\t.section .rodata')
    for i, (shown, _, formats) in enumerate(rows):
        print(f'n{i}: .asciz "{shown}"\nf{i}: .asciz "{formats}"')
    print('\t.section .data.rel.ro, "aw"\n\t.balign 8\n\t.globl ops\nops:')
    for i in range(len(rows)):
        print(f'\t.quad op{i}, n{i}, f{i}')
    print('\t.quad 0, 0, 0\n\t.section .note.GNU-stack, "", %progbits')

# ---- A64: operands in v1, v2, v3, old destination and result in v0; x1 and x0 ----

def a64():
    rows = []
    def op(text, formats):
        rows.append((text, text, formats))
    floats = 'hsd'
    shapes = [('4h', 'h'), ('8h', 'h'), ('2s', 's'), ('4s', 's'), ('2d', 'd')]
    rounds = 'npmza'
    for f in floats:
        for i in 'fmadd fmsub fnmadd fnmsub'.split():
            op(f'{i} {f}0, {f}1, {f}2, {f}3', 3 * f)
        for i in 'fadd fsub fmul fdiv fnmul fmax fmin fmaxnm fminnm fmulx frecps frsqrts fabd fcmeq fcmge fcmgt facge facgt'.split():
            op(f'{i} {f}0, {f}1, {f}2', 2 * f)
        for i in 'fsqrt fabs fneg frintn frintp frintm frintz frinta frintx frinti frecpe frsqrte frecpx fmov'.split():
            op(f'{i} {f}0, {f}1', f)
        for i in ('fcmp', 'fcmpe'):
            op(f'{i} {f}1, {f}2', 2 * f)
            op(f'{i} {f}1, #0.0', f)
        for i in ('fccmp', 'fccmpe'):
            op(f'{i} {f}1, {f}2, #5, ne', 2 * f)
        op(f'fcsel {f}0, {f}1, {f}2, gt', 2 * f)
        for i in 'eq ge gt le lt'.split():
            op(f'fcm{i} {f}0, {f}1, #0.0', f)
        for to in floats:
            if to != f:
                op(f'fcvt {to}0, {f}1', f)
        for sign in 'su':
            for r in rounds:
                for g in 'wx':
                    op(f'fcvt{r}{sign} {g}0, {f}1', f)
                op(f'fcvt{r}{sign} {f}0, {f}1', f)
            for g, width in (('w', 32), ('x', 64)):
                op(f'{sign}cvtf {f}0, {g}1', g)
                for k in (1, 7, 16, 24, width):
                    op(f'fcvtz{sign} {g}0, {f}1, #{k}', f)
                    op(f'{sign}cvtf {f}0, {g}1, #{k}', g)
            integer = {'h': 'w', 's': 'w', 'd': 'x'}[f]
            op(f'{sign}cvtf {f}0, {f}1', integer)
            for k in (1, 5, {'h': 16, 's': 32, 'd': 64}[f]):
                op(f'fcvtz{sign} {f}0, {f}1, #{k}', f)
                op(f'{sign}cvtf {f}0, {f}1, #{k}', integer)
        for i in 'faddp fmaxp fminp fmaxnmp fminnmp'.split():
            op(f'{i} {f}0, v1.2{f}', f)
        if f != 'h':
            op(f'fmul {f}0, {f}1, v2.{f}[1]', 2 * f)
        op(f'fmulx {f}0, {f}1, v2.{f}[1]', 2 * f)
        op(f'fmla {f}0, {f}1, v2.{f}[1]', 3 * f)
        op(f'fmls {f}0, {f}1, v2.{f}[0]', 3 * f)
    op('fcvtxn s0, d1', 'd')
    for shape, f in shapes:
        v0, v1, v2 = f'v0.{shape}', f'v1.{shape}', f'v2.{shape}'
        for i in ('fadd fsub fmul fdiv fmax fmin fmaxnm fminnm fmulx frecps frsqrts fabd fcmeq fcmge fcmgt facge facgt '
                  'faddp fmaxp fminp fmaxnmp fminnmp').split():
            op(f'{i} {v0}, {v1}, {v2}', 2 * f)
        for i in ('fmla', 'fmls'):
            op(f'{i} {v0}, {v1}, {v2}', 3 * f)
            op(f'{i} {v0}, {v1}, v2.{f}[1]', 3 * f)
        for i in ('fmul', 'fmulx'):
            op(f'{i} {v0}, {v1}, v2.{f}[1]', 2 * f)
        for i in 'fsqrt fabs fneg frintn frintp frintm frintz frinta frintx frinti frecpe frsqrte'.split():
            op(f'{i} {v0}, {v1}', f)
        for i in 'eq ge gt le lt'.split():
            op(f'fcm{i} {v0}, {v1}, #0.0', f)
        if shape in ('4h', '8h', '4s'):
            for i in 'fmaxv fminv fmaxnmv fminnmv'.split():
                op(f'{i} {f}0, {v1}', f)
        integer = {'h': 'w', 's': 'w', 'd': 'x'}[f]
        for sign in 'su':
            for r in rounds:
                op(f'fcvt{r}{sign} {v0}, {v1}', f)
            op(f'{sign}cvtf {v0}, {v1}', integer)
            for k in (1, 5, {'h': 16, 's': 32, 'd': 64}[f]):
                op(f'fcvtz{sign} {v0}, {v1}, #{k}', f)
                op(f'{sign}cvtf {v0}, {v1}, #{k}', integer)
    for i, wide, narrow, f in (('fcvtn', '4s', '4h', 's'), ('fcvtn', '2d', '2s', 'd'), ('fcvtxn', '2d', '2s', 'd')):
        op(f'{i} v0.{narrow}, v1.{wide}', f)
        op(f'{i}2 v0.{ {"4h": "8h", "2s": "4s"}[narrow] }, v1.{wide}', f)
    for wide, narrow, full, f in (('4s', '4h', '8h', 'h'), ('2d', '2s', '4s', 's')):
        op(f'fcvtl v0.{wide}, v1.{narrow}', f)
        op(f'fcvtl2 v0.{wide}, v1.{full}', f)
    op('fjcvtzs w0, d1', 'd')
    op('bfcvt h0, s1', 's')
    op('bfcvtn v0.4h, v1.4s', 's')
    op('bfcvtn2 v0.8h, v1.4s', 's')
    for i in 'frint32z frint32x frint64z frint64x'.split():
        for f in 'sd':
            op(f'{i} {f}0, {f}1', f)
        for shape, f in shapes[2:]:
            op(f'{i} v0.{shape}, v1.{shape}', f)
    for shape, f in shapes:
        for rotation in (0, 90, 180, 270):
            op(f'fcmla v0.{shape}, v1.{shape}, v2.{shape}, #{rotation}', 3 * f)
            if rotation in (90, 270):
                op(f'fcadd v0.{shape}, v1.{shape}, v2.{shape}, #{rotation}', 2 * f)
        if shape in ('4h', '8h', '4s'):
            op(f'fcmla v0.{shape}, v1.{shape}, v2.{f}[{0 if shape == "4s" else 1}], #90', 3 * f)
    for i in 'fmlal fmlsl fmlal2 fmlsl2'.split():
        op(f'{i} v0.2s, v1.2h, v2.2h', 'hhs')
        op(f'{i} v0.4s, v1.4h, v2.4h', 'hhs')
        op(f'{i} v0.4s, v1.4h, v2.h[3]', 'hhs')
    for i in ('bfmlalb', 'bfmlalt'):
        op(f'{i} v0.4s, v1.8h, v2.8h', 'bbs')
        op(f'{i} v0.4s, v1.8h, v2.h[5]', 'bbs')
    op('bfdot v0.2s, v1.4h, v2.4h', 'bbs')
    op('bfdot v0.4s, v1.8h, v2.8h', 'bbs')
    op('bfdot v0.4s, v1.8h, v2.2h[1]', 'bbs')
    op('bfmmla v0.4s, v1.8h, v2.8h', 'bbs')
    # What compares and branches together may be compiled as one.
    for f in floats:
        for cond in 'eq ne gt ge lt le mi ls hi vs vc cs'.split():
            op(f'fcmp {f}1, {f}2; b.{cond} 1f; mov x0, #1; 1:', 2 * f)
        for cond in 'eq gt mi vs'.split():
            op(f'fcmpe {f}1, {f}2; cset x0, {cond}', 2 * f)
            op(f'fcmp {f}1, #0.0; b.{cond} 1f; mov x0, #1; 1:', f)
            op(f'fcmp {f}1, {f}2; fcsel {f}0, {f}1, {f}3, {cond}', 3 * f)
            op(f'fcmp {f}1, {f}2; fccmp {f}2, {f}3, #4, {cond}; b.le 1f; mov x0, #1; 1:', 3 * f)
        op(f'fcmgt {f}0, {f}1, {f}2; fmov w0, s0; cbz w0, 1f; fadd {f}0, {f}1, {f}2; 1:', 2 * f)
        op(f'fadd {f}0, {f}1, {f}2; fmul {f}0, {f}0, {f}3; fsub {f}0, {f}0, {f}1', 3 * f)
        op(f'fmul {f}0, {f}1, {f}2; mrs x0, fpsr; msr fpsr, xzr; fmul {f}4, {f}1, {f}2; fadd {f}0, {f}0, {f}4', 2 * f)
    emit('\t.arch armv8.6-a+fp16+fp16fml+bf16\n\t.text', rows)

# ---- RV64: register number 1 is f11 or x11, and so on; result in f10 or x10. Encodings, as assemblers may be older. ----

def rv64():
    rows = []
    modes = ['rne', 'rtz', 'rdn', 'rup', 'rmm', None, None, '']
    def word(shown, formats, opcode, funct3, top, rs2=12, rs1=11):
        value = top << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | 10 << 7 | opcode
        rows.append((shown, f'.4byte {value:#x}', formats))
    def rounded(shown, formats, opcode, *rest):
        for rm, name in enumerate(modes):
            if name is not None:
                word(shown + ('.' + name if name else ''), formats, opcode, rm, *rest)
    for f, fmt in (('s', 0), ('d', 1), ('h', 2)):
        for i, opcode in (('fmadd', 0x43), ('fmsub', 0x47), ('fnmsub', 0x4b), ('fnmadd', 0x4f)):
            rounded(f'{i}.{f}', 3 * f, opcode, 13 << 2 | fmt)
        for i, top in (('fadd', 0x00), ('fsub', 0x04), ('fmul', 0x08), ('fdiv', 0x0c)):
            rounded(f'{i}.{f}', 2 * f, 0x53, top | fmt)
        rounded(f'fsqrt.{f}', f, 0x53, 0x2c | fmt, 0)
        for i, top, funct3 in (('fsgnj', 0x10, 0), ('fsgnjn', 0x10, 1), ('fsgnjx', 0x10, 2), ('fmin', 0x14, 0), ('fmax', 0x14, 1),
                               ('fminm', 0x14, 2), ('fmaxm', 0x14, 3), ('fle', 0x50, 0), ('flt', 0x50, 1), ('feq', 0x50, 2),
                               ('fleq', 0x50, 4), ('fltq', 0x50, 5)):
            word(f'{i}.{f}', 2 * f, 0x53, funct3, top | fmt)
        word(f'fclass.{f}', f, 0x53, 1, 0x70 | fmt, 0)
        word(f'fmv.x.{f}', f, 0x53, 0, 0x70 | fmt, 0)
        word(f'fmv.{f}.x', 'x', 0x53, 0, 0x78 | fmt, 0)
        for code, g in enumerate(('w', 'wu', 'l', 'lu')):
            rounded(f'fcvt.{g}.{f}', f, 0x53, 0x60 | fmt, code)
            rounded(f'fcvt.{f}.{g}', 'x' if code > 1 else 'w', 0x53, 0x68 | fmt, code)
        rounded(f'fround.{f}', f, 0x53, 0x20 | fmt, 4)
        rounded(f'froundnx.{f}', f, 0x53, 0x20 | fmt, 5)
        for index in range(32):
            word(f'fli.{f} {index}', '', 0x53, 0, 0x78 | fmt, 1, index)
    number = {'s': 0, 'd': 1, 'h': 2}
    for to in 'sdh':
        for f in 'sdh':
            if to != f:
                rounded(f'fcvt.{to}.{f}', f, 0x53, 0x20 | number[to], number[f])
    for f, fmt in (('s', 0), ('d', 1), ('h', 2)):
        for i, funct3 in (('fle', 0), ('flt', 1), ('feq', 2), ('fleq', 4), ('fltq', 5)):
            for branch in ('bnez', 'beqz'):
                word(f'{i}.{f}; {branch}', 2 * f, 0x53, funct3, 0x50 | fmt)
                rows[-1] = (rows[-1][0], rows[-1][1] + f'; {branch} a0, 1f; li a0, 7; 1:', 2 * f)
    word('fcvtmod.w.d', 'd', 0x53, 1, 0x61, 8)
    emit('\t.option norvc\n\t.text', rows)

{'aarch64': a64, 'riscv64': rv64}[sys.argv[1]]()
