#: language timeout=60
cat > t.py <<'E'
import sys, math, collections, functools, itertools, dataclasses, decimal, fractions, random, textwrap, struct, datetime, statistics
print(sys.version_info[:2], sys.maxsize, sys.byteorder)
print(sum(i * i for i in range(100000)), 3**300 % 10**20, hash(12345678901234567890), hash(1.5), 2**0.5, math.pi, math.factorial(30), 1e308 * 10, float("nan"))
random.seed(42); print(random.random(), random.sample(range(100), 5), [random.randint(0, 9) for _ in range(5)])
@dataclasses.dataclass(order=True)
class P: x: int; y: float = 1.5
print(sorted([P(3), P(1, 2.0), P(1)]), collections.Counter("mississippi").most_common(2), decimal.Decimal(1) / 7, fractions.Fraction(3, 7) + 1)
@functools.lru_cache(None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(200), list(itertools.permutations("abc"))[3], textwrap.fill("word " * 20, 30), struct.pack("<hIqd", -2, 7, 1 << 40, 0.1).hex(), round(2.675, 2), divmod(-7, 2), f"{1234567.891:,.2f} {255:#x} {0.1 + 0.2!r}")
def gen():
    try: x = yield 1; print("got", x); yield 2
    finally: print("closed")
g = gen(); next(g); g.send(5); g.close()
try: {}["k"]
except KeyError as e: print(repr(e), e.__traceback__.tb_lineno)
try: (lambda f: f(f))(lambda f: f(f))
except RecursionError: print("recursion")
print(datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc).timestamp(), statistics.mean([1, 2, 4]), "ß".upper(), "é".encode(), bytes(range(5)), [*map(chr, range(97, 100))], sorted({"b": 1, "a": 2}.items()), int("z" * 10, 36), 10**50 // 7**20)
exec("x = [i for i in range(5)]; print(x)"); print(type("T", (), {"a": 1})().a, (1).__add__(2), max("abc", key=ord), 0.1.hex(), float.fromhex("0x1.8p3"), complex(1, 2) ** 2)
sys.exit(7)
E
python3 t.py; echo $?
#: json-re timeout=60
cat > t.py <<'E'
import json, re, csv, io, pickle, zlib, base64, hashlib, configparser, string, unicodedata, xml.etree.ElementTree as E, tomllib
d = {f"k{i}": [i, i / 3, str(i) * 3, None, True, {"n": [i] * 5}] for i in range(3000)}
s = json.dumps(d, sort_keys=True); assert json.loads(s) == d; print(len(s), hashlib.md5(s.encode()).hexdigest()); print(json.dumps({"a": "é\n", "b": 1e22}, indent=1))
t = " ".join(f"user{i}@host{i % 13}.org" for i in range(4000))
print(len(re.findall(r"(\w+)@(\w+)\.org", t)), re.sub(r"user(\d+)", lambda m: "u" + str(int(m[1]) * 2), t)[:60], re.split(r"[,;]\s*", "a, b;c"), re.match(r"(?P<y>\d{4})-(?P<m>\d\d)", "2024-05").groupdict(), re.search(r"(a+)+b", "a" * 15 + "b").span(), re.findall(r"(?<!x)y(?=z)", "yz xyz"))
o = io.StringIO(); csv.writer(o).writerows([[1, "a,b"], ["q\"", 2.5]]); print(o.getvalue()); assert pickle.loads(pickle.dumps(d)) == d; print(len(zlib.decompress(zlib.compress(s.encode()))), zlib.crc32(s.encode()), base64.b85encode(b"hello"), unicodedata.normalize("NFD", "é").encode(), E.fromstring("<a><b c='1'>t</b></a>").find("b").attrib, tomllib.loads("a=[1,2]"))
E
python3 t.py
#: hashlib timeout=60
python3 -c '
import hashlib, hmac, secrets, zlib, binascii, bz2, lzma
b = bytes(i * 7 & 255 for i in range(300000))
for h in sorted(hashlib.algorithms_guaranteed): print(h, hashlib.new(h, b).hexdigest(32) if "shake" in h else hashlib.new(h, b).hexdigest())
print(hmac.new(b"k", b, "sha256").hexdigest(), hashlib.pbkdf2_hmac("sha256", b"p", b"s", 5000).hex(), hashlib.scrypt(b"p", salt=b"s", n=1024, r=8, p=1).hex()[:32], zlib.adler32(b), binascii.crc_hqx(b, 0), len(secrets.token_bytes(9)), len(bz2.compress(b)), len(lzma.compress(b)))'
#: subprocess timeout=60
cat > t.py <<'E'
import subprocess as s, os, signal, sys
print(s.run(["echo", "hi"], capture_output=True), s.check_output("seq 3 | tac", shell=True, text=True).split(), s.run(["cat"], input="in", text=True, capture_output=True).stdout, s.call(["sh", "-c", "exit 5"]), s.run(["sh", "-c", "kill -9 $$"]).returncode)
try: s.run(["/no/such/file"])
except FileNotFoundError as e: print(e)
try: s.run(["sleep", "10"], timeout=0.3)
except s.TimeoutExpired as e: print(e.timeout)
p = s.Popen([sys.executable, "-c", "import sys; [print(l.strip()[::-1], flush=True) for l in sys.stdin]"], stdin=s.PIPE, stdout=s.PIPE, text=True); print(p.communicate("abc\ndef\n")[0].split(), p.returncode)
print(s.run(["sh", "-c", "pwd; echo $V; ls /proc/self/fd | wc -l >/dev/null"], cwd="/usr", env={"V": "x", "PATH": "/usr/bin"}, capture_output=True, close_fds=True, start_new_session=True).stdout)
p = s.Popen(["sleep", "60"]); p.send_signal(signal.SIGTERM); print(p.wait()); pid = os.posix_spawn("/bin/echo", ["echo", "spawned"], os.environ); print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
ps = [s.Popen(["sh", "-c", f"exit {i}"], preexec_fn=os.setpgrp) for i in range(10)]; print([p.wait() for p in ps]); print(os.system("exit 3") >> 8, os.popen("echo popen").read())
sys.stdout.flush(); os.execlp("echo", "echo", "exec'd")
E
python3 t.py
#: threading timeout=90
cat > t.py <<'E'
import threading as t, queue, time, concurrent.futures as f, sys
q, out, lock, n = queue.Queue(), [], t.Lock(), [0]
def work():
    while (i := q.get()) is not None:
        with lock: n[0] += i
        out.append(i * i); q.task_done()
ts = [t.Thread(target=work) for _ in range(8)]; [x.start() for x in ts]; [q.put(i) for i in range(2000)]; q.join(); [q.put(None) for _ in ts]; [x.join() for x in ts]; print(sum(out), n[0])
with f.ThreadPoolExecutor(6) as p: print(sum(p.map(lambda i: sum(range(i)), range(300))))
c, r = t.Condition(), []
def waiter(i):
    with c: c.wait_for(lambda: len(r) == i); r.append(i); c.notify_all()
ts = [t.Thread(target=waiter, args=(i,)) for i in range(10)]; [x.start() for x in reversed(ts)]; [x.join() for x in ts]; print(r)
b = t.Barrier(5); e = t.Event(); s = t.Semaphore(2); res = []
def bw(): b.wait(); e.wait(); s.acquire(); res.append(1); s.release()
ts = [t.Thread(target=bw) for _ in range(5)]; [x.start() for x in ts]; e.set(); [x.join() for x in ts]; print(len(res))
l = t.local(); l.x = 1; tm = t.Timer(0.05, lambda: print("timer")); tm.start(); tm.join(); print(lock.acquire(timeout=0.1), lock.acquire(timeout=0.1))
sys.setswitchinterval(1e-5); k = [0]
def spin():
    for _ in range(5000):
        with clock: k[0] += 1
clock = t.RLock(); ts = [t.Thread(target=spin) for _ in range(6)]; [x.start() for x in ts]; [x.join() for x in ts]; print(k[0])
for _ in range(100): x = t.Thread(target=lambda: None); x.start(); x.join()
print(t.active_count())
E
python3 t.py
#: multiprocessing timeout=120 needs=mounts
cat > t.py <<'E'
import multiprocessing as m, os
def sq(x): return x * x
def child(c, v, a, l):
    c.send(c.recv() + 1)
    for _ in range(200):
        with l: v.value += 1
    a[2] = 7
if __name__ == "__main__":
    for method in "fork", "spawn", "forkserver":
        x = m.get_context(method)
        pipes = [x.Pipe() for _ in range(2)]; v = x.Value("i", 0); arr = x.Array("d", 4); l = x.Lock()
        ps = [x.Process(target=child, args=(b, v, arr, l)) for _, b in pipes]
        [p.start() for p in ps]; [a.send(i) for i, (a, _) in enumerate(pipes, 1)]; r = sorted(a.recv() for a, _ in pipes); [p.join() for p in ps]
        print(method, r, v.value, arr[:], [p.exitcode for p in ps])
    with m.get_context("fork").Pool(3) as p: print(sum(p.map(sq, range(500), 20)), p.apply_async(sq, (9,)).get(20))
    from multiprocessing import shared_memory; s = shared_memory.SharedMemory(create=True, size=64); s.buf[:3] = b"abc"; t = shared_memory.SharedMemory(s.name); print(bytes(t.buf[:3])); t.close(); s.close(); s.unlink()
E
python3 -W ignore t.py
#: ctypes timeout=60
cat > t.py <<'E'
import ctypes as c, ctypes.util
l = c.CDLL("libc.so.6", use_errno=True); m = c.CDLL("libm.so.6"); m.pow.restype = c.c_double; m.pow.argtypes = [c.c_double] * 2; print(m.pow(2, 10), l.abs(-5), l.strlen(b"hello"))
CMP = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_int), c.POINTER(c.c_int)); a = (c.c_int * 50)(*[i * 37 % 53 for i in range(50)]); l.qsort(a, 50, 4, CMP(lambda x, y: x[0] - y[0])); print(list(a))
b = c.create_string_buffer(100); l.snprintf(b, 100, b"%d %s %lld", 42, b"str", c.c_longlong(1 << 40)); print(b.value)
class D(c.Structure): _fields_ = [("quot", c.c_int), ("rem", c.c_int)]
class L(c.Structure): _fields_ = [("quot", c.c_long), ("rem", c.c_long)]
l.div.restype = D; r = l.div(17, 5); print(r.quot, r.rem); l.ldiv.restype = L; l.ldiv.argtypes = [c.c_long] * 2; r = l.ldiv(-(1 << 40), 1000); print(r.quot, r.rem); print(l.open(b"/nonexistent", 0), c.get_errno())
class S(c.Structure): _fields_ = [("a", c.c_char), ("b", c.c_double), ("d", c.c_short * 3)]
print(c.sizeof(S), S.b.offset, c.sizeof(c.c_long), bytes(c.cast(c.pointer(c.c_int(258)), c.POINTER(c.c_ubyte))[:4])); F = c.CFUNCTYPE(c.c_double, c.c_double, c.c_int, c.c_float); print(F(lambda x, y, z: x + y + z)(1.5, 2, 3.25))
E
python3 t.py
#: signals timeout=60
cat > t.py <<'E'
import signal, os, time, faulthandler, threading, sys, select, socket
hits = []; signal.signal(signal.SIGUSR1, lambda n, f: hits.append(n)); [os.kill(os.getpid(), signal.SIGUSR1) for _ in range(20)]; print(len(hits) > 0, signal.getsignal(signal.SIGUSR1).__class__.__name__)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02); n = [0]
def tick(*_): n[0] += 1
signal.signal(signal.SIGALRM, tick)
while n[0] < 10: sum(range(1000))
signal.setitimer(signal.ITIMER_REAL, 0); print("ticks"); signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2]); os.kill(os.getpid(), signal.SIGUSR2); print(signal.sigpending(), signal.sigwait([signal.SIGUSR2]))
r, w = socket.socketpair(); signal.set_wakeup_fd(w.fileno(), warn_on_full_buffer=False) if w.setblocking(False) is None else 0; os.kill(os.getpid(), signal.SIGUSR1); print(select.select([r], [], [], 5)[0] == [r]); signal.set_wakeup_fd(-1)
def handler(*_): raise InterruptedError("out of sleep")
signal.signal(signal.SIGALRM, handler); signal.setitimer(signal.ITIMER_REAL, 0.1)
try: time.sleep(30)
except InterruptedError as e: print(e)
sys.stdout.flush()
for f in "faulthandler._sigsegv()", "os.abort()", "import ctypes; ctypes.string_at(0)":
    p = os.fork()
    if not p: os.close(2); import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); exec(f); os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(p, 0)[1]))
E
python3 t.py
#: asyncio-sockets timeout=60
cat > t.py <<'E'
import asyncio, socket, os
async def serve(r, w):
    while d := await r.readline(): w.write(d.upper()); await w.drain()
    w.close()
async def client(port, i):
    r, w = await asyncio.open_connection("127.0.0.1", port); w.write(f"msg {i}\n".encode()); x = await r.readline(); w.close(); return x
async def main():
    s = await asyncio.start_server(serve, "127.0.0.1", 0); port = s.sockets[0].getsockname()[1]
    print(await asyncio.gather(*[client(port, i) for i in range(20)])); s.close()
    p = await asyncio.create_subprocess_exec("sort", stdin=-1, stdout=-1); print(await p.communicate(b"b\na\n"))
    try: await asyncio.wait_for(asyncio.sleep(10), 0.1)
    except TimeoutError: print("timeout")
    print(await asyncio.to_thread(sum, range(100)))
asyncio.run(main())
E
python3 t.py
#: pty-job-control timeout=60 needs=mounts
cat > t.py <<'E'
import pty, os, select, re, time
pid, fd = pty.fork()
if not pid: os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], {"PS1": "@@ ", "PATH": "/usr/bin", "TERM": "dumb", "HOME": "/"})
def until(pat):
    buf = b""
    while not re.search(pat, buf):
        if not select.select([fd], [], [], 20)[0]: return b"TIMEOUT " + buf
        try: buf += os.read(fd, 1000)
        except OSError: return buf
    return buf
print(until(rb"@@ "))
for send, want in (b"stty -echo; echo ready\n", rb"ready\r\n@@ "), (b"sleep 50\n", None), (b"\x1a", rb"Stopped[^@]*@@ "), (b"bg\n", rb"&\r\n@@ "), (b"fg\n", rb"sleep"), (b"\x03", rb"@@ "), (b"echo st $?\n", rb"st \d+\r\n@@ "), (b"cat\n", None), (b"typed\n", rb"typed"), (b"\x04", rb"@@ "), (b"tty | sed s/[0-9]*$//; stty size; exit 6\n", None):
    time.sleep(0.3); os.write(fd, send)
    if want: print(until(want))
print(until(b"@nothing@")); print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
E
python3 t.py
#: platform oracle=qemu
python3 -c 'import platform, sys, sysconfig, os; print(platform.machine(), sys.platform, sysconfig.get_platform(), os.uname().machine, platform.architecture()[0], sys.implementation._multiarch)'
#: vdso
cat > t.py <<'E'
import ctypes, os, time
names = {"x86_64": ("__vdso_clock_gettime", "LINUX_2.6"), "aarch64": ("__kernel_clock_gettime", "LINUX_2.6.39"), "riscv64": ("__vdso_clock_gettime", "LINUX_4.15")}
name, version = names[os.uname().machine]
vdso, libc = ctypes.CDLL("linux-vdso.so.1", os.RTLD_NOLOAD), ctypes.CDLL(None)
libc.dlvsym.restype, libc.dlvsym.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)
at = libc.dlvsym(vdso._handle, name.encode(), version.encode())
t = (ctypes.c_long * 2)()
print(at == ctypes.cast(getattr(vdso, name), ctypes.c_void_p).value, libc.dlvsym(vdso._handle, name.encode(), b"LINUX_9"))
print(ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, ctypes.c_void_p)(at)(time.CLOCK_MONOTONIC, t), t[0] <= time.monotonic() < t[0] + 9)
E
python3 t.py; ldd /usr/bin/python3 | grep -c vdso
