#: namespaces needs=pivot timeout=120
unshare -Urm sh -c 'id -u; busybox mount -t tmpfs t /mnt; echo x > /mnt/x; cat /mnt/x'; ls /mnt | wc -l
unshare -Urmpf --mount-proc sh -c 'ps ax | wc -l; echo $$; readlink /proc/self/exe; cat /proc/1/comm; tr "\0" " " </proc/1/cmdline; echo'
setpriv --reuid 1000 --regid 1000 --clear-groups unshare -Ur sh -c 'id -u; unshare -m true; echo $?; unshare -n true; echo $?; chroot / id -u; unshare -u sh -c "hostname inner; hostname"; cat /proc/self/uid_map | tr -s " "'
unshare -m sh -c 'busybox mount --rbind / /mnt; cd /mnt; mkdir -p tmp/o.$$; pivot_root . tmp/o.$$ && cd / && ls -d /tmp/o.$$/etc | sed "s/[0-9]*//g" && busybox umount -l /tmp/o.$$ && ls /tmp/o.$$ | wc -l; rmdir /tmp/o.$$'
sleep 60 & nsenter -t $! -m -p sh -c 'echo nsenter $?'; kill $!; for i in 1 2 3 4 5 6 7 8 9 10; do unshare -Urmpf --kill-child sh -c 'exit 5'; echo -n $?; done; echo; unshare -UrmT true; echo $?; unshare -Uc sh -c 'id -u'; readlink /proc/self/ns/user | sed 's/[0-9]*//g'
