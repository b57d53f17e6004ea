"""What the suites share: running programs where they can do no harm, expectations, counting."""
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
DRAGOMAN = os.environ.get("DRAGOMAN", os.path.join(TOP, "build/dragoman"))
QEMU = {"arm64": "qemu-aarch64", "riscv64": "qemu-riscv64"}
GUESTS = list(QEMU)

# Namespaces for processes, IPC and mounts; empty /tmp and /dev/shm; the programs are seen in /mnt. The shell stays: to
# process 1 most signals do nothing.
INSIDE = """mount --bind "$1" /mnt && mount -t proc proc /proc && mount -t tmpfs -o mode=1777 tmpfs /dev/shm && cd /mnt &&
exec 3<"$2" && mount -t tmpfs -o mode=1777 tmpfs /tmp || exit 125
"$0" /dev/fd/3 "$3" "$4"; exit $?"""


def run_all(folder, commands, limit, jobs):
    """Runs commands made of programs in folder, named /mnt/..., as somebody who is not root but allowed real-time priorities
    where root can allow them. Yields, in any order, (index, exit status as a shell has it or "time-out", output)."""
    unshare = ["unshare", *([] if os.getuid() == 0 else ["--map-root-user"]), "--ipc", "--mount", "--pid", "--fork", "--kill-child"]
    with subprocess.Popen([*unshare, "sh", "-c", INSIDE, sys.executable, folder, os.path.abspath(__file__), str(limit), str(jobs)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as p:
        json.dump(commands, p.stdin)
        p.stdin.close()
        for line in p.stdout:
            yield tuple(json.loads(line))


class Job:
    def __init__(self, index, command, limit):
        self.index, self.out, self.until = index, tempfile.TemporaryFile(), time.monotonic() + limit
        self.home = tempfile.mkdtemp(dir="/tmp")
        user = {"user": 1000, "group": 1000, "extra_groups": []}
        if is_mapped():
            command, user = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--", *command], {}
        else:
            os.chown(self.home, 1000, 1000)
        # A session each, so that what a test leaves behind can be ended.
        self.p = subprocess.Popen(command, cwd=self.home, stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT,
                                  start_new_session=True, **user)

    def over(self):
        status = self.p.poll()
        if status is None and time.monotonic() < self.until:
            return False
        try:
            os.killpg(self.p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.p.wait()
        self.out.seek(0)
        status = "time-out" if status is None else status if status >= 0 else 128 - status
        print(json.dumps([self.index, status, self.out.read(1 << 24).decode(errors="replace")]), flush=True)
        return True


def is_mapped():
    return open("/proc/self/uid_map").read().split()[1] != "0"


def inside(limit, jobs):
    todo, running = list(enumerate(json.load(sys.stdin)))[::-1], []
    try:
        resource.setrlimit(resource.RLIMIT_RTPRIO, (50, 50))
    except (ValueError, OSError):
        pass
    while todo or running:
        while todo and len(running) < jobs:
            running.append(Job(*todo.pop(), limit))
        time.sleep(0.02)
        running = [j for j in running if not j.over()]


def install(folder):
    """Copies the translators into the folder."""
    for name in [DRAGOMAN, *(os.path.join(TOP, "build/qemu", q) for q in QEMU.values())]:
        to = os.path.join(folder, os.path.basename(name) if "qemu" in name else "dragoman")
        with open(name, "rb") as f, open(to + ".new", "wb") as g:
            g.write(f.read())
        os.chmod(to + ".new", 0o755)
        os.rename(to + ".new", to)


def expectations(path):
    """(guest, test) -> reason, from lines `guest|* test[,test...] reason`"""
    result = {}
    with open(path) as f:
        for line in f:
            if line.strip() and line[0] != "#":
                guest, names, why = line.strip().split(None, 2)
                for g in GUESTS if guest == "*" else [guest]:
                    for name in names.split(","):
                        result[g, name] = why
    return result


class Report:
    def __init__(self, expect):
        self.expect, self.count = expectations(os.path.join(HERE, expect)), [0, 0, 0]

    def add(self, guest, name, passed, why="", left_out=None):
        """A listed test must fail; left_out is why a test counts for nothing here."""
        listed = self.expect.get((guest, name))
        if left_out or (listed and not passed):
            self.count[2] += 1
            print(f"left out {guest} {name}: {left_out or listed}", flush=True)
        elif listed or not passed:
            self.count[1] += 1
            print(f"failed {guest} {name}: {'passes though listed: ' + listed if listed else why}", flush=True)
        else:
            self.count[0] += 1

    def finish(self):
        print("{} passed, {} failed, {} skipped".format(*self.count))
        return self.count[1] != 0


if __name__ == "__main__":
    inside(float(sys.argv[1]), int(sys.argv[2]))
