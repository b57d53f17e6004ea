"""What the suites share: running programs where they can do no harm, expectations, counting."""
import itertools
import os
import resource
import subprocess
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
DRAGOMAN = os.environ.get("DRAGOMAN", os.path.join(TOP, "build/dragoman"))
QEMU = {"arm64": "qemu-aarch64", "riscv64": "qemu-riscv64"}
GUESTS = list(QEMU)
# Namespaces are root's to make, or anybody's in a user namespace.
IS_ROOT = os.getuid() == 0
NAMESPACES = ["unshare", *([] if IS_ROOT else ["--map-root-user"])]

# Each program has its own processes, IPC, /tmp and /dev/shm, and sees its folder as /mnt. The shell stays: to process 1
# most signals do nothing.
INSIDE = """mount --bind "$0" /mnt && mount -t proc proc /proc && mount -t tmpfs -o mode=1777 tmpfs /dev/shm &&
mount -t tmpfs -o mode=1777 tmpfs /tmp && cd /tmp || exit 125
"$@"; exit $?"""

# Each is somebody of its own who is not root, too: processes, signals that wait and locked memory are counted by user.
users = itertools.count(1000)


def as_another_user():
    if IS_ROOT:
        user = next(users)
        return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]


def run(command, limit, **popen):
    """A command that takes all its processes with it when it is killed. (Exit status or "time-out", output)."""
    p = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **popen)
    try:
        out, _ = p.communicate(timeout=limit)
        status = p.returncode
    except subprocess.TimeoutExpired:
        p.kill()
        out, _ = p.communicate()
        status = "time-out"
    return status, out.decode(errors="replace")


def run_all(folder, commands, limit, jobs):
    """Runs commands made of programs in folder, named /mnt/..., with real-time priorities where root can allow them.
    Gives, in order, (exit status as a shell has it or "time-out", output)."""
    try:
        resource.setrlimit(resource.RLIMIT_RTPRIO, (50, 50))
    except (ValueError, OSError):
        pass
    box = [*NAMESPACES, "--ipc", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", INSIDE, folder]
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda command: run([*box, *as_another_user(), *command], limit), commands))


def install(translator, to):
    """Copies it, also where another copy is running."""
    with open(translator, "rb") as f, open(to + ".new", "wb") as g:
        g.write(f.read())
    os.chmod(to + ".new", 0o755)
    os.rename(to + ".new", to)


def install_all(folder):
    install(DRAGOMAN, os.path.join(folder, "dragoman"))
    for name in QEMU.values():
        install(os.path.join(TOP, "build/qemu", name), os.path.join(folder, name))


def expectations(path):
    """(guest, test) -> (reason, whether it may pass nevertheless), from lines `guest|* test[?][,test[?]...] reason`"""
    result = {}
    with open(path) as f:
        for line in f:
            if line.strip() and line[0] != "#":
                guest, names, why = line.strip().split(None, 2)
                for g in GUESTS if guest == "*" else [guest]:
                    for name in names.split(","):
                        result[g, name.removesuffix("?")] = why, name.endswith("?")
    return result


class Report:
    def __init__(self, expect, progress=False):
        """progress: what passes is printed too"""
        self.expect, self.count, self.progress = expectations(os.path.join(HERE, expect)), [0, 0, 0], progress

    def add(self, guest, name, passed, why="", left_out=None):
        """A listed test must fail, unless chance decides ("?"); left_out is why a test counts for nothing here."""
        listed, chance = self.expect.get((guest, name), (None, False))
        if left_out or (listed and (chance or not passed)):
            self.count[2] += 1
            print(f"left out {guest} {name}: {left_out or listed}", flush=True)
        elif listed or not passed:
            self.count[1] += 1
            print(f"failed {guest} {name}: {'passes though listed: ' + listed if listed else why}", flush=True)
        else:
            self.count[0] += 1
            if self.progress:
                print(f"passed {guest} {name}", flush=True)

    def finish(self):
        print("{} passed, {} failed, {} skipped".format(*self.count))
        return self.count[1] != 0
