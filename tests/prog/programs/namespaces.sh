#: unshare needs=pivot timeout=120
unshare -Urm sh -c 'id -u; mount -t tmpfs t /mnt; echo x > /mnt/x; cat /mnt/x'; ls /mnt | wc -l
unshare -Urmpf --mount-proc sh -c 'ps ax | wc -l; echo $$; readlink /proc/self/exe; cat /proc/1/comm; tr "\0" " " </proc/1/cmdline; echo'
setpriv --reuid 1000 --regid 1000 --clear-groups unshare -Ur sh -c 'id -u; unshare -m true; echo $?; unshare -n true; echo $?; chroot / id -u; unshare -u sh -c "hostname inner; hostname"; cat /proc/self/uid_map | tr -s " "'
unshare -m sh -c 'mount --rbind / /mnt; cd /mnt; mkdir -p tmp/o.$$; pivot_root . tmp/o.$$ && cd / && ls -d /tmp/o.$$/etc | sed "s/[0-9]*//g" && umount -l /tmp/o.$$ && ls /tmp/o.$$ | wc -l; rmdir /tmp/o.$$'
sleep 60 & nsenter -t $! -m -p sh -c 'echo nsenter $?'; kill $!; for i in 1 2 3 4 5 6 7 8 9 10; do unshare -Urmpf --kill-child sh -c 'exit 5'; echo -n $?; done; echo; unshare -UrmT true; echo $?; unshare -Uc sh -c 'id -u'; readlink /proc/self/ns/user | sed 's/[0-9]*//g'

#: bwrap needs=pivot timeout=120
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
