#!/usr/bin/env python3
"""
Every floating-point instruction in every rounding and flushing mode, results and exception flags, against QEMU.

    tests/float/run.py [--guest G] [--seed N] [--scale X] [--op TEXT] [--dragoman PATH]

One guest program (main.c and the guest's instructions from ops.py) runs under QEMU and under dragoman as host code, as
host code without any optional host feature, and interpreted; and once without ever touching the status register. Each
prints a hash for every instruction and mode. Where they differ, the first case that does is shown in full.
--scale: multiplies the number of cases. Ends with "N passed, N failed, N skipped": a pass is an instruction in a setting.
"""
import argparse, os, shutil, subprocess, sys, time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = {'aarch64': 'a64.c', 'riscv64': 'rv64.c'}
# Cases for each instruction and mode: (setting, what is compared, options, number of cases).
SETTINGS = {
    'aarch64': [('host code', 'flags', [], 5), ('no host features', 'flags', ['no-features'], 2),
                ('status unused', 'plain', [], 3), ('interpreted', 'flags', ['--interp'], 1)],
    'riscv64': [('host code', 'flags', [], 200), ('no host features', 'flags', ['no-features'], 40),
                ('status unused', 'plain', [], 50), ('interpreted', 'flags', ['--interp'], 20)],
}

def build(guest, out):
    os.makedirs(out, exist_ok=True)
    here = os.path.join(TOP, 'tests/float')
    assembly, program = f'{out}/{guest}.S', f'{out}/{guest}'
    text = subprocess.run([sys.executable, f'{here}/ops.py', guest], stdout=subprocess.PIPE, check=True, text=True).stdout
    with open(assembly, 'w') as f:
        f.write(text)
    subprocess.run([f'{guest}-linux-gnu-gcc', '-O2', '-static', '-Wall', '-Wextra', '-o', program,
                    f'{here}/main.c', f'{here}/{SOURCES[guest]}', assembly], check=True)
    return program

def output(command):
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if run.returncode:
        raise SystemExit(f'{" ".join(command)}: status {run.returncode}')
    return run.stdout.splitlines()

def explain(name, mode, arguments, want_command, have_command):
    """The first case that differs."""
    tail = arguments + [name, mode]
    for want, have in zip(output(want_command + tail), output(have_command + tail)):
        if want != have:
            operands, w = want.split(' gives ')
            return f'  {operands}\n    expected {w}\n    found    {have.split(" gives ")[1]}'
    return '  (cannot be repeated alone)'

def compare(guest, program, setting, args, features):
    label, status, options, amount = setting
    if options == ['no-features']:
        options = ['-host-features', ','.join('no-' + f for f in features)]
    arguments = [status, str(args.seed), str(max(1, int(amount * args.scale)))]
    qemu = [os.path.join(TOP, f'build/qemu/qemu-{guest}'), '-cpu', 'max', program]
    dragoman = [args.dragoman, *options, program]
    extra = [args.op] if args.op else []
    want, have = output(qemu + arguments + extra), output(dragoman + arguments + extra)
    cases, bad, seen = 0, {}, set()
    if len(want) != len(have):
        raise SystemExit(f'{guest}, {label}: {len(have)} lines, not {len(want)}')
    for w, h in zip(want, have):
        name, mode, rest = w.split(' | ')
        seen.add(name)
        cases += int(rest.split()[0])
        if w != h:
            bad.setdefault(name, []).append(mode)
    for name, modes in list(bad.items())[:args.show]:
        print(f'FAIL {guest}, {label}: {name}: {len(modes)} modes, first {modes[0]}')
        print(explain(name, modes[0], arguments, qemu, dragoman))
    print(f'{guest}, {label}: {cases} cases of {len(seen)} instructions, {len(bad)} instructions differ', flush=True)
    return len(seen) - len(bad), len(bad)

def host_features(dragoman):
    lines = output([dragoman, 'host'])
    return [line.split()[0] for line in lines if line.startswith('  ')]

def main():
    p = argparse.ArgumentParser()
    p.add_argument('--guest')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--scale', type=float, default=1)
    p.add_argument('--op', help='only this instruction')
    p.add_argument('--setting')
    p.add_argument('--show', type=int, default=20)
    p.add_argument('--out', default=os.path.join(TOP, 'build/float'))
    p.add_argument('--dragoman', default=os.path.join(TOP, 'build/dragoman'))
    args = p.parse_args()
    features = host_features(args.dragoman)
    passed = failed = skipped = 0
    for guest in [args.guest] if args.guest else SOURCES:
        if not shutil.which(f'{guest}-linux-gnu-gcc'):
            print(f'skip: no {guest}-linux-gnu-gcc')
            skipped += 1
            continue
        program = build(guest, args.out)
        for setting in SETTINGS[guest]:
            if args.setting and setting[0] != args.setting:
                continue
            good, bad = compare(guest, program, setting, args, features)
            passed, failed = passed + good, failed + bad
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return failed > 0

sys.exit(main())
