#!/usr/bin/env python3
"""dragoman -g, driven by gdb-multiarch: what gdb prints is compared with what it prints where somebody else debugs.

    gdb.py [-v] [-k WORD] [-n TIMES] [--build DIR] [DRAGOMAN]

A case is a list of gdb commands and a program of tests/gdb/guest/. Oracles: QEMU's own gdb stub (`qemu`); gdb itself, debugging a
native build of the same source (`native`); or, where neither can do it, lines that must appear in this order (`expect`).
Ends with a line "N passed, N failed, N skipped".
"""
import argparse
import difflib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUESTS = {"aarch64": "aarch64-linux-gnu", "riscv64": "riscv64-linux-gnu"}
GDB = "gdb-multiarch"
TIMEOUT = 120

# name, program, arguments, oracle, commands. START is replaced by what starts the program under each oracle.
CASES = [
    ("breakpoints", "calls", [], "native", ["START", "break add", "continue", "bt", "info args", "finish", "next", "step", "continue",
                                            "delete", "tbreak deep if n == 2", "continue", "bt", "up", "p n", "continue"]),
    ("data", "calls", [], "native", ["START", "break scale", "continue", "p origin", "p *p", "p/x sizeof(origin)", "p by", "ptype p", "set var origin.x = 40",
                                     "set var by = 0.25", "x/s text", "set var text = \"other text\"", "finish", "continue"]),
    ("calling functions", "calls", [], "expect", ["START", "tbreak scale", "continue", "p add(20, 22)", "p counter", "p deep(3)", "p scale(&origin, 2.0)",
                                                  "bt", "continue"],
     r"\$1 = 42", r"\$2 = 52", r"\$3 = 6", r"\$4 = 4$", r"#0  scale", r"#1 .*main", "6 6 8 499999500000 58 the text"),
    ("watch", "calls", [], "native", ["START", "break main", "continue", "delete", "watch quiet", "continue", "bt 1", "continue", "continue"]),
    ("rwatch", "calls", [], "native", ["START", "break scale", "continue", "delete", "rwatch origin.x", "awatch origin.d", "continue", "continue",
                                       "continue", "delete", "continue"]),
    ("watch local", "calls", [], "native", ["START", "break deep if n == 0", "continue", "up 2", "watch n", "info watchpoints", "delete", "continue"]),
    ("range stepping", "calls", [], "native", ["START", "break deep", "continue", "delete", "next", "step", "step", "advance spin", "next", "next", "next",
                                               "info locals", "kill"]),
    ("jump", "calls", [], "native", ["START", "break calls.c:39", "continue", "p $_", "set var s = 100", "break printf", "tbreak calls.c:49", "delete 2",
                                     "continue", "p s", "jump 49"]),
    ("search and compare", "calls", [], "native", ["START", "break main", "continue", "find &text, +sizeof(text), 't', 'e', 'x', 't'", "p $numfound",
                                                   "find &origin, +sizeof(origin), 99999", "p (char)text[4]", "delete", "continue"]),
    ("exit status", "calls", [], "native", ["START", "p $_exitcode", "continue", "p $_exitcode", "info inferiors"]),
    ("registers", "calls", [], "qemu", ["START", "info registers", "stepi", "stepi 5", "info registers", "break scale", "continue",
                                        "info registers pc", "p $sp == $fp", "stepi 4", "info registers", "finish", "kill"]),
    ("stepi", "calls", [], "qemu", ["START", "break add", "continue", "delete"] + ["stepi", "x/i $pc"] * 25 + ["nexti 3", "x/i $pc", "until", "kill"]),
    ("writing registers", "calls", [], "qemu", ["START", "break add", "continue", "set var a = 1000", "set var $pc = $pc", "p $pc == &*$pc", "finish",
                                                "delete", "continue"]),
    ("auxv", "calls", [], "expect", ["START", "info auxv", "kill"], r"AT_PAGESZ +System page size +4096", r"AT_ENTRY +Entry point of program +0x",
     r"AT_EXECFN +File name of executable +0x\w+ \".*calls\"", "AT_NULL"),
    ("mappings", "calls", [], "expect", ["START", "info proc mappings", "info proc stat", "kill"], r"0x\w+ +0x\w+ .* r-xp +/.*/calls",
     r" rw-p +\[stack\]", r"Process: \d+", "Exec file: calls"),
    ("program's own name", "calls", [], "expect", ["file", "START", "info inferiors", "info symbol main", "kill"], r"process \d+ +.*calls",
     "main in section .text"),
    ("description", "calls", [], "expect", ["START", "maint print xml-tdesc", "kill"], "<feature name=\"org.gnu.gdb", "<reg name=\"pc\" bitsize=\"64\""),
    ("monitor", "calls", [], "expect", ["START", "monitor help", "monitor stats", "monitor ir", "monitor nonsense", "kill"],
     r"help +this list", r"asm +the host code", r"regions translated", r"^region 0x", "no such command"),
    ("syscalls", "calls", [], "qemu", ["START", "catch syscall 64", "continue", "continue", "delete", "continue"]),
    ("every syscall", "hidden", [], "expect", ["START", "break here", "continue", "catch syscall", "continue", "continue", "delete", "kill"],
     r"call to syscall", r"returned from syscall"),
    ("signal handled", "signals", ["handled"], "native", ["START", "continue", "p $_siginfo.si_signo", "continue", "continue"]),
    ("signal in handler", "signals", ["handled"], "native", ["START", "break handler", "continue", "continue", "p n", "p info->si_signo", "p info->si_code", "delete",
                                                            "continue", "continue"]),
    ("signal step", "signals", ["handled"], "expect", ["START", "handle SIGUSR1 nostop noprint pass", "break signals.c:39", "continue", "next", "stepi",
                                                       "next", "delete", "handle SIG37 nostop", "continue"],
     "signals.c:39", "after USR1: got 1 last 10", "exited with code 02"),
    ("stepi into a handler", "signals", ["handled"], "native", ["START", "handle SIGUSR1 stop print pass", "continue", "stepi", "p (char *)$pc == (char *)handler",
                                                                "kill"]),
    ("stepi, signal dropped", "signals", ["handled"], "native", ["START", "continue", "set var $old = $pc", "handle SIGUSR1 nopass", "stepi", "p (char *)$pc - (char *)$old > 0",
                                                                 "kill"]),
    ("signal 0", "signals", ["handled"], "native", ["START", "continue", "signal 0", "signal 0"]),
    ("signal changed", "signals", ["handled"], "native", ["START", "continue", "signal SIG37", "continue"]),
    ("signal sent", "signals", ["handled"], "native", ["START", "break raise", "continue", "delete", "handle SIGUSR1 nostop pass", "handle SIG37 nostop pass", "continue"]),
    ("signal ignored", "signals", ["ignored"], "native", ["START", "continue", "continue", "continue"]),
    ("signal deadly", "signals", ["deadly"], "native", ["START", "handle SIGUSR1 nostop pass", "handle SIG37 nostop pass", "continue", "continue",
                                                       "info inferiors"]),
    ("crash", "signals", ["crash"], "native", ["START", "continue", "bt", "p $_siginfo.si_signo", "p $_siginfo._sifields._sigfault.si_addr", "continue"]),
    ("abort", "signals", ["abort"], "native", ["START", "continue", "continue"]),
    ("threads", "threads", [], "expect", ["START", "break ready", "continue", "info threads", "thread apply all -q p 1", "break meet", "continue", "continue",
                                          "continue", "continue", "info threads", "delete", "continue"],
     r"hit Breakpoint 1, ready", r"\* 1 +Thread .* \"threads\" +ready", r"2 +Thread .*\"waiter\"", r"3 +Thread .*\"waiter\"", r"4 +Thread .*\"waiter\"",
     r"5 +Thread .*\"spinner\" +.*spinner", r"6 +Thread .*\"spinner\" +.*spinner", r"hit Breakpoint 2, meet", r"hit Breakpoint 2, meet",
     r"hit Breakpoint 2, meet", "hit Breakpoint 1, ready", r"\"spinner\"", "shared 6 made 50", "exited normally"),
    ("threads stand still", "threads", [], "expect", ["START", "break ready", "continue", "set var $a = spins[0] + spins[1]", "shell sleep 0.3",
                                                      "p $a == spins[0] + spins[1]", "thread 5", "p arg", "stepi", "stepi", "x/i $pc", "set scheduler-locking on",
                                                      "set var $a = spins[1 - (long)$_thread + 5]", "stepi 50", "p 1", "set scheduler-locking off", "delete",
                                                      "continue"],
     r"\$1 = 1", r"\$2 = ", "shared 6 made 50", "exited normally"),
    ("fork", "forks", ["fork"], "native", ["START", "break in_child", "break in_parent", "continue", "bt 1", "continue"]),
    ("fork, follow child", "forks", ["fork"], "native", ["START", "set follow-fork-mode child", "break in_child", "break in_parent", "continue", "bt 1", "continue"]),
    ("catch fork", "forks", ["fork"], "expect", ["START", "catch fork", "continue", "continue"], r"Catchpoint 1 \(forked process \d+\)", "parent 3, child ended with 2"),
    ("many forks", "forks", ["many"], "expect", ["START", "break in_child", "continue"], "last 20", "exited normally"),
    ("vfork", "forks", ["vfork"], "native", ["START", "break in_parent", "break arrived", "continue", "bt 1", "continue"]),
    ("catch vfork", "forks", ["vfork"], "expect", ["START", "catch vfork", "break in_parent", "continue", "continue", "continue"],
     r"Catchpoint 1 \(vforked process \d+\)", "Breakpoint 2, in_parent", "parent 3, child ended with 3", "exited normally"),
    ("vfork, follow child", "forks", ["vfork"], "native", ["START", "set follow-fork-mode child", "break in_parent", "break arrived", "continue", "bt 1", "continue"]),
    ("fork and exec, follow child", "forks", ["forkexec"], "native", ["START", "set follow-fork-mode child", "break arrived", "continue", "bt 1", "continue"]),
    ("exec", "forks", ["onlyexec"], "native", ["START", "break arrived", "continue", "bt 1", "continue"]),
    ("catch exec", "forks", ["onlyexec"], "expect", ["START", "catch exec", "break arrived", "continue", "continue", "continue"], r"Catchpoint 1 \(exec'd .*forks\)",
     "Breakpoint 2, arrived", "exited with code 03"),
    ("waits", "waits", [], "expect", ["START", "continue"], "done, 0 bad"),
    ("nothing to see", "hidden", [], "native", ["START", "break here", "continue", "delete", "continue"]),
    ("kill", "calls", [], "expect", ["START", "break add", "continue", "kill", "info inferiors"], "Breakpoint 1, add", r"\[Inferior 1 \(process \d+\) killed\]"),
    ("detach", "calls", [], "expect", ["START", "break add", "continue", "detach"], "Breakpoint 1, add", "detached"),
    ("core", "calls", [], "expect", ["START", "break deep if n == 1", "continue", "generate-core-file CORE", "kill", "core-file CORE", "bt 3", "p text", "info registers pc"],
     "Saved corefile", r"#0 .*deep \(n=1\)", r"#1 .*deep \(n=2\)", r"\$1 = \"the text\"", "<deep"),
    ("restart", "calls", [], "expect", ["EXTENDED", "break scale", "continue", "p counter", "monitor help", "run", "p counter", "delete", "continue"],
     r"\$1 = 10", r"\$2 = 10", "6 4.5 8"),
]


SKIPS = {
    ("riscv64", "every syscall"): "gdb 13 does not catch system calls of riscv64 (\"syscalls, by hand\" does)",
    ("riscv64", "stepi into a handler"): "gdb steps riscv64 by breakpoints of its own, which a handler does not meet",
    ("riscv64", "core"): "gdb 13 writes register notes of riscv64 that it finds too small itself, with QEMU, too",
}


def tool(name):
    return shutil.which(name)


# Registers that the program alone determines: what it keeps over calls, its arguments, where it is.
DETERMINED = {"x0", "x1", *("x%d" % n for n in range(19, 29)), "x30", "fpsr", "fpcr", "tpidr",
              "ra", "gp", "tp", "a0", "a1", *("s%d" % n for n in range(1, 12)), "pc"}


def same_machine(text):
    """Without registers that something else determines. Values in the program remain; others are where the stack and the system's pages lie."""
    lines = []
    for line in text.splitlines():
        m = re.match(r"(\w+) +0x([0-9a-f]+)\s+(.*)", line)
        if not m:
            lines.append(line)
        elif m[1] in DETERMINED:
            value = int(m[2], 16)
            lines.append("%s %s" % (m[1], "large" if value >> 32 else "%d %s" % (value, re.sub(r"^0x[0-9a-f]+", "", m[3]))))
    return "\n".join(lines)


def normalise(text):
    out = []
    drop = re.compile(r"^(Remote debugging|Reading /|warning: |\[Inferior \d+ \(process \d+\) (killed|detached)\]|Using host libthread_db|\[Thread debugging|"
                      r"\[New Thread|\[Switching to|\[New inferior|\[Detaching|\[Attaching|\[Thread 0x|process \d+ is executing|Program stopped\.|Download|Debuginfod|$|"
                      r"This GDB supports|Enable debuginfod|To make this|0x\w+ in _start|Starting program|Hardware watchpoint .* deleted because)")
    for line in text.splitlines():
        line = line.rstrip()
        if drop.match(line):
            continue
        line = re.sub(r"Thread \d+(\.\d+)? \"[^\"]*\" (hit|received)", r"\2", line)
        line = re.sub(r"^(hit|received) ", r"", line)
        line = re.sub(r"^(Program received|Thread .* received)", "received", line)
        line = re.sub(r"\bprocess \d+", "process PID", line)
        line = re.sub(r"0x[0-9a-f]+", "ADDR", line)
        line = re.sub(r"^ADDR in ", "", line)
        line = re.sub(r"^(#\d+ +)ADDR in ", r"\1", line)
        line = re.sub(r"at \S*/(\w+\.c)", r"at \1", line)
        line = re.sub(r"file \S*/(\w+\.c)", r"file \1", line)
        line = re.sub(r"^\* 1 .*", "* 1", line)
        out.append(line)
    return out


class Skipped(Exception):
    pass


class Bench:
    def __init__(self, args):
        self.args = args
        self.build = os.path.join(args.build, "gdb")
        self.passed = self.failed = self.skipped = 0
        self.oracles = {}

    def compile(self):
        """Static programs for each guest and the host, and one that is dynamically linked."""
        for guest, triple in list(GUESTS.items()) + [("native", "x86_64-linux-gnu")]:
            os.makedirs(os.path.join(self.build, guest), exist_ok=True)
            cc = triple + "-gcc"
            cc = cc if tool(cc) else "gcc" if guest == "native" else None
            for name in sorted(os.listdir(os.path.join(TOP, "tests/gdb/guest"))):
                source = os.path.join(TOP, "tests/gdb/guest", name)
                for suffix, flags in ("", ["-static"]), (".dynamic", []):
                    if suffix and (name != "calls.c" or guest == "native"):
                        continue
                    out = os.path.join(self.build, guest, name[:-2] + suffix)
                    if cc and (not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(source)):
                        subprocess.run([cc, "-g", "-O0", "-fno-pie", "-no-pie", "-pthread", *flags, "-o", out, source], check=True)

    def gdb(self, commands, program, gdb=GDB, timeout=TIMEOUT):
        argv = [gdb, "-batch", "-nx", "-iex", "set debuginfod enabled off"]
        for c in commands:
            argv += ["-ex", c]
        p = subprocess.run(argv + ([program] if program else []), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                           env=dict(os.environ, LC_ALL="C", DEBUGINFOD_URLS=""), cwd=self.dir)
        return p.stdout.decode(errors="replace")

    def wait_for_socket(self, path, process):
        end = time.time() + 60
        while time.time() < end:
            if process.poll() is not None:
                raise RuntimeError("ended before anybody connected: status %s" % process.returncode)
            if os.path.exists(path):
                return
            time.sleep(0.01)
        raise RuntimeError("nobody listens")

    def start(self, argv):
        out = tempfile.TemporaryFile(dir=self.dir)
        p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=self.dir, close_fds=True)
        p.out = out
        return p

    def output(self, p):
        p.out.seek(0)
        return p.out.read().decode(errors="replace")

    def finish(self, p, timeout=60):
        try:
            p.wait(timeout)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            raise RuntimeError("the program did not end")
        return p.returncode

    def remote(self, argv, path, commands, program):
        """gdb's output, the program's, and its wait status."""
        p = self.start(argv)
        try:
            self.wait_for_socket(path, p)
            subst = {"START": ["target remote " + path], "EXTENDED": ["target extended-remote " + path]}
            cmds = []
            for c in commands:
                cmds += subst.get(c, [c.replace("CORE", os.path.join(self.dir, "core"))])
            text = self.gdb(cmds, program)
            status = self.finish(p)
            return text, self.output(p), status
        finally:
            if p.poll() is None:
                p.kill()
                p.wait()

    def dragoman(self, guest, program, args, commands):
        exe = os.path.join(self.build, guest, program)
        sock = os.path.join(self.dir, "socket")
        if os.path.exists(sock):
            os.unlink(sock)
        return self.remote([self.args.dragoman, "-g", sock, exe] + args, sock, commands, None if commands[0] == "file" else exe)

    def qemu(self, guest, program, args, commands):
        exe = os.path.join(self.build, guest, program)
        qemu = os.path.join(self.args.build, "qemu", "qemu-" + guest)
        sock = os.path.join(self.dir, "qemu")
        if os.path.exists(sock):
            os.unlink(sock)
        return self.remote([qemu, "-g", sock, exe] + args, sock, commands, exe)

    def native(self, program, args, commands):
        exe = os.path.join(self.build, "native", program)
        out = os.path.join(self.dir, "native-output")
        commands = [c.replace("START", "starti %s > %s" % (" ".join(args), out)) for c in commands]
        text = self.gdb(["set disable-randomization on", "set startup-with-shell on"] + commands, exe, gdb="gdb")
        with open(out) as f:
            return text, f.read(), None

    # ---- judging ----

    def case(self, guest, name, program, args, oracle, commands, *expect):
        text, out, status = self.dragoman(guest, program, args, commands)
        if oracle == "expect":
            at, lines = 0, text.splitlines()
            for e in expect:
                if re.search(e, out, re.M):
                    continue
                while at < len(lines) and not re.search(e, lines[at]):
                    at += 1
                if at == len(lines):
                    return "no line (any more) matches %r in:\n%s" % (e, text + out)
                at += 1
            return None
        key = (guest if oracle == "qemu" else "native", name)
        if key not in self.oracles:
            t, o, _ = self.qemu(guest, program, args, commands) if oracle == "qemu" else self.native(program, args, commands)
            self.oracles[key] = t, o
        t, o = self.oracles[key]
        want, have = [normalise(same_machine(lines) if oracle == "qemu" else lines) for lines in (t, text)]
        if not want:
            return "the oracle prints nothing"
        if want != have:
            return "gdb prints something else:\n" + "\n".join(difflib.unified_diff(want, have, oracle, "dragoman", lineterm=""))
        if o.replace("qemu-%s: QEMU: Terminated via GDBstub\n" % guest, "") != out:
            return "the program prints\n%sinstead of\n%s" % (out, o)
        return None

    def run(self, name, guest, f):
        if self.args.k and not re.search(self.args.k, name):
            return
        self.dir = tempfile.mkdtemp(prefix="gdb-test-")
        begin = time.time()
        try:
            error = f()
        except subprocess.TimeoutExpired as e:
            error = "gdb does not come to an end:\n%s" % (e.stdout or b"").decode(errors="replace")
        except Skipped as e:
            self.skipped += 1
            print("skip %s: %s: %s" % (guest, name, e))
            return
        except (RuntimeError, OSError) as e:
            error = str(e)
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)
        if error:
            self.failed += 1
            print("FAIL %s: %s: %s" % (guest, name, error))
        else:
            self.passed += 1
            if self.args.verbose:
                print("ok %s: %s (%.1f s)" % (guest, name, time.time() - begin))
        sys.stdout.flush()


# ---- cases that need more than a list of commands ----

def begin(b, guest, program, *args, option=None, options=()):
    sock = os.path.join(b.dir, "socket")
    p = b.start([b.args.dragoman, "-g", (option or sock), *options, os.path.join(b.build, guest, program), *args])
    return sock, p


def wait_for_output(b, p, text):
    end = time.time() + 60
    while text not in b.output(p):
        if time.time() > end or p.poll() is not None:
            raise RuntimeError("it does not print %r but %r" % (text, b.output(p)))
        time.sleep(0.01)


def ended(b, p, status, text):
    got = b.finish(p)
    if got != status or text not in b.output(p):
        return "status %d instead of %d, output %r" % (got, status, b.output(p))
    return None


class Client:
    """The protocol by hand."""

    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX if isinstance(path, str) else socket.AF_INET)
        self.s.connect(path)
        self.s.settimeout(60)
        self.buf = b""
        self.console = ""

    def send(self, data):
        data = data.encode() if isinstance(data, str) else data
        self.s.sendall(b"$" + data + b"#%02x" % (sum(data) & 255))

    def receive(self):
        while True:
            m = re.search(rb"\$([^#]*)#..", self.buf, re.S)
            if m:
                self.buf = self.buf[m.end():]
                self.s.sendall(b"+")
                if m.group(1)[:1] == b"O" and m.group(1) != b"OK":
                    self.console += bytes.fromhex(m.group(1)[1:].decode()).decode(errors="replace")
                    continue
                return m.group(1).decode("latin-1")
            more = self.s.recv(65536)
            if not more:
                raise RuntimeError("the stub has closed the connection")
            self.buf += more

    def ask(self, data):
        self.send(data)
        return self.receive()


def connect(b, guest, program, *args):
    """A client of a program that stands before its first instruction, and the program."""
    sock, p = begin(b, guest, program, *args)
    b.wait_for_socket(sock, p)
    c = Client(sock)
    c.ask("qSupported:swbreak+")
    return c, p


def interrupts(b, guest):
    """Control-C again and again, into every waiting call: no call may notice. And while threads are made and end."""
    return interrupt(b, guest, "waits", "done, 0 bad", 20) or interrupt(b, guest, "threads", "shared 6 made 50", 1)


def interrupt(b, guest, program, last, enough):
    c, p = connect(b, guest, program, "3")
    c.ask("QPassSignals:14")
    stops = 0
    c.send("c")
    while p.poll() is None:
        time.sleep(0.017 if program == "waits" else 0.001)
        try:
            c.s.sendall(b"\x03")
            r = c.receive()
        except (RuntimeError, OSError):
            break
        if r.startswith("W"):
            break
        if not r.startswith("T02"):
            return "a stop for no reason: " + r
        stops += 1
        c.send("c")
    c.s.close()
    return ended(b, p, 0, last) or (None if stops >= enough else "only %d stops" % stops)


def control_c(b, guest):
    """gdb itself interrupts a program that waits and one that computes, looks around and goes on."""
    for program, where in ("waits", "round_of_waits|nanosleep|select|poll|epoll|sem_|read|sigtimed"), ("threads", "meet|spinner|futex"):
        sock, p = begin(b, guest, program, "3")
        b.wait_for_socket(sock, p)
        exe = os.path.join(b.build, guest, program)
        g = subprocess.Popen([GDB, "-nx", "-q", "-iex", "set debuginfod enabled off", "-iex", "set pagination off", "-iex", "set confirm off", exe],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=b.dir)
        try:
            g.stdin.write(b"target remote %s\n%scontinue\n" % (sock.encode(), b"break meet\n" if program == "threads" else b""))
            g.stdin.flush()
            if program == "waits":
                wait_for_output(b, p, "waiting")
                time.sleep(0.2)
                g.send_signal(signal.SIGINT)
                g.stdin.write(b"bt\nprint 6*7\nprint (int)getpid() > 1\ncontinue\n")
            else:
                g.stdin.write(b"bt\nprint 6*7\nprint 1\ndelete\ncontinue\n")
            g.stdin.write(b"quit\n")
            out = g.communicate(timeout=TIMEOUT)[0].decode(errors="replace")
        finally:
            if g.poll() is None:
                g.kill()
        if program == "waits" and "received signal SIGINT" not in out:
            return "no interrupt:\n" + out
        if "$1 = 42" not in out or "$2 = 1" not in out or not re.search(where, out):
            return "gdb sees nothing:\n" + out
        error = ended(b, p, 0, "done, 0 bad" if program == "waits" else "made 50")
        if error:
            return error + "\n" + out
    return None


def two_sessions(b, guest):
    """One debugger leaves, the next finds the program running."""
    sock, p = begin(b, guest, "waits", "1000")
    b.wait_for_socket(sock, p)
    exe = os.path.join(b.build, guest, "waits")
    first = b.gdb(["target remote " + sock, "break round_of_waits", "continue", "detach"], exe)
    second = b.gdb(["target remote " + sock, "bt -1", "info threads", "break judge", "continue", "delete", "detach"], exe)
    third = b.gdb(["target remote " + sock, "bt -1", "kill"], exe)
    if "Breakpoint 1, round_of_waits" not in first or "main" not in second or "judge (" not in second or "main" not in third:
        return first + "----\n" + second + "----\n" + third
    return ended(b, p, -signal.SIGKILL, "waiting")


def client_dies(b, guest):
    """Killed in the middle, while the program stands and while it runs: the program goes on."""
    for running in False, True:
        c, p = connect(b, guest, "waits")
        if running:
            c.send("c")
            wait_for_output(b, p, "waiting")
        c.s.close()
        error = ended(b, p, 0, "done, 0 bad")
        if error:
            return error
        sock = os.path.join(b.dir, "socket")
        if os.path.exists(sock):
            os.unlink(sock)
    return None


def garbage(b, guest):
    """Noise before, instead of and within packets; wrong sums; packets too long, cut short, unknown; arguments out of range."""
    sock, p = begin(b, guest, "calls")
    b.wait_for_socket(sock, p)
    for noise in b"GET / HTTP/1.0\r\n\r\n", b"\x00\xff" * 5000, b"$", b"$qSupp", b"$m0,10#00", b"}" * 100:
        s = socket.socket(socket.AF_UNIX)
        s.connect(sock)
        s.sendall(noise)
        s.close()
    c = Client(sock)
    c.s.sendall(b"noise$m#00$g#00")
    for packet in ["m0,10", "mffffffffffffffff,ffffffffffffffff", "m", "M0,1:00", "Mzz", "X0,1:a", "Z0", "Z9,0,4", "z0,123,4", "p", "pffffffff", "P0", "Gzz", "H", "Hgffff",
                   "T", "Tffffff", "vFile:", "vFile:open:", "vFile:pread:63,10,0", "vFile:close:ffffffff", "vFile:fstat:0", "vFile:readlink:2f6e6f",
                   "vFile:open:" + "2f" * 3000 + ",0,0", "qXfer:", "qXfer:auxv:read::ffffffffff,10", "qXfer:features:read:nothing:0,10", "qXfer:siginfo:read::0,10",
                   "qXfer:siginfo:write::0000:abc", "qXfer:siginfo:write::0", "qXfer:siginfo:write::0:abc", "qRcmd,", "qRcmd,zz", "qSearch:memory:0;10;", "qSearch:memory:0;10;a", "qCRC:0,10", "QCatchSyscalls:1;fffff",
                   "QPassSignals:ffff;zz", "vKill;ffffff", "vAttach;1", "D;ffffff", "unknown", "q", "Q", "v", "", "vMustReplyEmpty"]:
        c.send(packet)
        c.receive()
    c.s.sendall(b"$" + b"a" * 100000 + b"#00")
    r = c.ask("?")
    if not r.startswith("T05"):
        return "no answer after garbage but " + r
    if c.ask("vMustReplyEmpty") != "":
        return "an answer where there is none"
    c.send("c")
    if not c.receive().startswith("W06"):
        return "the program did not run to its end"
    c.s.close()
    return ended(b, p, 6, "6 4.5 8")


def pc_of(stop):
    """From a stop reply of either guest: the register of 64 bits that lies in the program's text."""
    values = [int.from_bytes(bytes.fromhex(v), "little") for v in re.findall(r"[0-9a-f]+:([0-9a-f]{16});", stop)]
    return min(v for v in values if v)


def monitor(b, guest):
    """What has been translated is shown: the region just run, its host code, its IR."""
    c, p = connect(b, guest, "calls")
    at = pc_of(c.ask("?"))
    if c.ask("s")[:3] != "T05":
        return "no step"
    for command, pattern in ("regions %x" % at, r"^%x: 1 guest instructions, \d+ bytes at " % at), ("asm %x" % at, r"^%x: 1 guest.*\n  \w+: cmp .*\n  \w+: j" % at), \
            ("ir %x" % at, r"^region 0x%x .*\n(v1|put|exit|jump|call|store)" % at), ("report", "^dragoman was started without -report$"):
        c.console = ""
        if c.ask("qRcmd," + command.encode().hex()) != "OK" or not re.search(pattern, c.console, re.M):
            return "monitor %s prints %r" % (command, c.console)
    c.send("k")
    c.s.close()
    return ended(b, p, -signal.SIGKILL, "") or monitor_report(b, guest)


def monitor_report(b, guest):
    """The report's file, written while the program stands still."""
    path, sock = os.path.join(b.dir, "report.txt"), os.path.join(b.dir, "second")
    _, p = begin(b, guest, "calls", option=sock, options=["-report", path])
    b.wait_for_socket(sock, p)
    c = Client(sock)
    c.ask("?")
    c.ask("s")
    c.console = ""
    if os.path.exists(path) or c.ask("qRcmd," + b"report".hex()) != "OK" or c.console != "written\n" or "regions, of which" not in open(path).read():
        return "monitor report prints %r" % c.console
    c.send("k")
    c.s.close()
    return ended(b, p, -signal.SIGKILL, "")


def steps(b, guest):
    """The same instructions one after the other as QEMU's, step by step, and those of a range in one go."""
    exe = os.path.join(b.build, guest, "calls")
    add = next(int(line.split()[0], 16) for line in subprocess.run(["nm", exe], capture_output=True, text=True, check=True).stdout.splitlines()
               if line.endswith(" T add"))
    ways = []
    qemu = os.path.join(b.args.build, "qemu", "qemu-" + guest)
    if not os.path.exists(qemu):
        raise Skipped("no QEMU")
    for argv in [b.args.dragoman], [qemu]:
        sock = os.path.join(b.dir, os.path.basename(argv[0]))
        p = b.start(argv + ["-g", sock, exe])
        b.wait_for_socket(sock, p)
        c = Client(sock)
        c.ask("qSupported:swbreak+")
        c.ask("Z0,%x,4" % add)
        c.ask("c")
        c.ask("z0,%x,4" % add)
        number = "20"       # of pc, for both guests
        way = []
        for _ in range(400):
            way.append(int.from_bytes(bytes.fromhex(c.ask("p" + number)), "little"))
            c.ask("s")
        ways.append(way)
        if len(ways) == 1:
            low = way[-1] & ~0xfff
            r = c.ask("vCont;r%x,%x" % (low, low + 0x1000))
            at = int.from_bytes(bytes.fromhex(c.ask("p" + number)), "little")
            if not r.startswith("T05") or low <= at < low + 0x1000:
                return "a range left at %x: %s" % (at, r)
        c.send("k")
        c.s.close()
        p.wait()
    if ways[0][0] != add or ways[0] != ways[1]:
        n = next((i for i in range(400) if ways[0][i] != ways[1][i]), 0)
        return "step %d leads to %x instead of %x" % (n, ways[0][n], ways[1][n])
    return None


def syscalls(b, guest):
    """Caught before and after; the number and result can be changed; others pass."""
    for change in False, True:
        c, p = connect(b, guest, "calls")
        c.ask("QCatchSyscalls:1;40;5e")
        number, result = ("8=", "0=") if guest == "aarch64" else ("11=", "a=")
        if "syscall_entry:40;" not in c.ask("c"):
            return "write is not caught"
        if change:
            c.ask("P" + number + "ffffffffffffffff")    # not made
            c.ask("P" + result + (33).to_bytes(8, "little").hex())
        else:
            r = c.ask("c")
            if "syscall_return:40;" not in r:
                return "its return is not caught: " + r
        r = c.ask("c")
        if "syscall_entry:5e;" not in r:
            return "exit_group is not caught: " + r
        if not c.ask("c").startswith("W06"):
            return "no end"
        c.s.close()
        error = ended(b, p, 6, "" if change else "6 4.5 8")
        if error or (change and b.output(p)):
            return error or "written though it was not to be"
    return None


def tcp(b, guest):
    """A port, with and without a host."""
    for form in "%d", "127.0.0.1:%d", ":%d":
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        s.close()
        sock, p = begin(b, guest, "calls", option=form % port)
        end = time.time() + 60
        while True:
            try:
                c = Client(("127.0.0.1", port))
                break
            except OSError:
                if time.time() > end or p.poll() is not None:
                    return "nobody listens at " + form
                time.sleep(0.05)
        if not c.ask("?").startswith("T05"):
            return "no stop"
        c.send("c")
        c.receive()
        c.s.close()
        error = ended(b, p, 6, "6 4.5 8")
        if error:
            return error
    return None


def on_crash(b, guest):
    """Nothing before the crash; then the debugger sees it, and the program dies of it."""
    sock = os.path.join(b.dir, "socket")
    _, p = begin(b, guest, "signals", "crash", option=sock + ",on=crash")
    b.wait_for_socket(sock, p)
    out = b.gdb(["target remote " + sock, "bt", "p $_siginfo.si_signo", "continue"], os.path.join(b.build, guest, "signals"))
    if "main (argc=2" not in out or "$1 = 11" not in out or "terminated with signal SIGSEGV" not in out:
        return out
    _, r = begin(b, guest, "signals", "abort", option=sock + ".%p,on=crash")
    b.wait_for_socket(sock + ".%d" % r.pid, r)
    out = b.gdb(["target remote %s.%d" % (sock, r.pid), "p $_siginfo.si_signo", "detach"], os.path.join(b.build, guest, "signals"))
    if "$1 = 6" not in out:
        return out
    error = ended(b, r, -signal.SIGABRT, "waiting for a debugger")
    if error:
        return error
    _, q = begin(b, guest, "calls", option=sock + ",on=crash")
    return ended(b, p, -signal.SIGSEGV, "waiting for a debugger") or ended(b, q, 6, "6 4.5 8")


def sysroot(b, guest):
    """gdb reads libraries through the stub, and finds the same symbols in them as in the files."""
    root = "/usr/" + GUESTS[guest]
    sock = os.path.join(b.dir, "socket")
    exe = os.path.join(b.build, guest, "calls.dynamic")
    p = b.start([b.args.dragoman, "-g", sock, "-L", root, exe])
    b.wait_for_socket(sock, p)
    out = b.gdb(["set sysroot target:", "target remote " + sock, "break add", "continue", "info sharedlibrary", "bt", "break printf", "delete 1", "continue",
                 "info symbol $pc", "delete", "continue"], None)
    if not re.search(r"Yes .*target:/.*libc\.so\.6", out) or "Breakpoint 1, add (a=0, b=0)" not in out or not re.search(r"printf.* in section \.text of target:", out):
        return out
    return ended(b, p, 6, "6 4.5 8")


def nothing_when_unused(b, guest):
    """A bad value is refused; an address that is taken is reported."""
    exe = os.path.join(b.build, guest, "calls")
    for value in "0", "65536", "x", "12x", "1.2.3:4", "1234,on=fire", "1234,", "", "a/" + "b" * 300:
        p = subprocess.run([b.args.dragoman, "-g", value, exe], capture_output=True, text=True)
        if p.returncode != 125 or "bad value for option" not in p.stderr:
            return "%r is taken: status %d %s" % (value, p.returncode, p.stderr)
    s = socket.socket(socket.AF_UNIX)
    s.bind(os.path.join(b.dir, "taken"))
    s.listen(1)
    p = subprocess.run([b.args.dragoman, "-g", os.path.join(b.dir, "taken"), exe], capture_output=True, text=True)
    return None if p.returncode == 125 and "cannot wait for a debugger" in p.stderr else "status %d %s" % (p.returncode, p.stderr)


SPECIAL = [("interrupts", interrupts), ("control-C", control_c), ("two sessions", two_sessions), ("client dies", client_dies), ("garbage", garbage), ("monitor, by hand", monitor), ("syscalls, by hand", syscalls), ("steps, by hand", steps), ("tcp", tcp),
           ("on=crash", on_crash), ("sysroot target:", sysroot), ("option", nothing_when_unused)]


def both(argv):
    """Each guest's cases in a process of their own."""
    jobs = [subprocess.Popen([sys.executable, os.path.abspath(__file__), "--guest", g] + argv, stdout=subprocess.PIPE, text=True) for g in GUESTS]
    total, bad = [0, 0, 0], False
    for job in jobs:
        out = job.communicate()[0]
        m = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", out, re.M)
        print(out[:m.start()] if m else out, end="")
        for i in range(3):
            total[i] += int(m.group(i + 1)) if m else i == 1
        bad |= job.returncode != 0
    print("%d passed, %d failed, %d skipped" % tuple(total))
    return bad


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("-v", dest="verbose", action="store_true")
    ap.add_argument("-k", help="only cases whose name has this regular expression in it")
    ap.add_argument("-n", type=int, default=1, help="so many times")
    ap.add_argument("--guest", choices=GUESTS)
    ap.add_argument("--build", default="build")
    ap.add_argument("dragoman", nargs="?", default="build/dragoman")
    args = ap.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    args.build = os.path.abspath(args.build)
    args.dragoman = os.path.abspath(args.dragoman)
    b = Bench(args)
    if not tool(GDB) or not tool("gdb"):
        print("skip all: gdb-multiarch or gdb is not installed")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    b.compile()
    if not args.guest:
        return both(sys.argv[1:])
    for _ in range(args.n):
        for guest in GUESTS:
            if args.guest and guest != args.guest:
                continue
            if not os.path.exists(os.path.join(b.build, guest, "calls")):
                print("skip %s: no cross compiler" % guest)
                b.skipped += 1
                continue
            for c in CASES:
                if c[3] == "qemu" and not os.path.exists(os.path.join(args.build, "qemu", "qemu-" + guest)):
                    print("skip %s: %s: no QEMU" % (guest, c[0]))
                    b.skipped += 1
                    continue
                if (guest, c[0]) in SKIPS and not args.k:
                    print("skip %s: %s: %s" % (guest, c[0], SKIPS[guest, c[0]]))
                    b.skipped += 1
                    continue
                b.run(c[0], guest, lambda: b.case(guest, *c))
            for name, f in SPECIAL:
                b.run(name, guest, lambda: f(b, guest))
    print("%d passed, %d failed, %d skipped" % (b.passed, b.failed, b.skipped))
    return b.failed != 0


if __name__ == "__main__":
    sys.exit(main())
