#: containers needs=pivot timeout=120
bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp --die-with-parent sh -c 'echo in; id -u; ls /tmp | wc -l; echo $$; ps ax | wc -l; touch /x 2>&1; readlink /proc/self/exe; echo a | cat; ls -l /dev/null | cut -c1; (echo bg) & wait; exit 4'; echo $?
bwrap --bind / / --dev-bind /dev /dev --proc /proc --unshare-user --unshare-pid --new-session --uid 1000 --gid 1000 bash -c 'id -u; kill -TERM $$'; echo $?
bwrap --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/bin /bin --symlink usr/lib64 /lib64 --dir /tmp --dev /dev --unshare-all --hostname h --clearenv --setenv A b --setenv PATH /usr/bin perl -e 'print "$ENV{A} $$ ", `hostname`, join(",", grep { $_ ne "/lib64" } sort glob "/*"), "\n"'; echo $?
setpriv --reuid 1000 --regid 1000 --clear-groups bwrap --ro-bind / / --unshare-all --proc /proc sh -c 'id -u; cat /proc/self/uid_map | tr -s " "'; echo $?
bwrap --ro-bind / / --dev /dev --unshare-all --info-fd 3 --block-fd 4 python3 -c 'import os; print(os.getuid()); os.fork() or os._exit(3); print(os.waitstatus_to_exitcode(os.wait()[1]))' 3>info 4</dev/null; python3 -c 'import json; print(sorted(json.load(open("info")))[:2])'
# A seccomp program that refuses mkdirat, the number being each architecture's own.
python3 - >filter <<'P'
import os, struct, sys
nr = {"x86_64": [83, 258]}.get(os.uname().machine, [34])
code = [(0x20, 0, 0, 0)] + [(0x15, len(nr) - i, 0, n) for i, n in enumerate(nr)] + [(6, 0, 0, 0x7fff0000), (6, 0, 0, 0x00050000 | 13)]
sys.stdout.buffer.write(b"".join(struct.pack("HBBI", *c) for c in code))
P
bwrap --bind / / --dev /dev --unshare-user --seccomp 3 sh -c 'mkdir d; ls -d d 2>/dev/null; sh -c "mkdir e"' 3<filter 2>&1; echo $?
