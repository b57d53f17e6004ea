#!/bin/sh
# Hosts we do not have, played by qemu-x86_64: one that is too old is refused in one line with status 125, and one
# without AVX-512, SHA and the like runs the same programs. Then what a user types wrong.
set -u
tests/tools/qemu.sh >/dev/null
qemu=build/qemu/qemu-x86_64 dragoman=${DRAGOMAN:-build/dragoman} dir=build/tests/host
mkdir -p $dir
passed=0 failed=0
result() {  # condition's status, name
    if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $2"; fi
}
lines() { wc -l <"$1" | tr -d ' '; }

# command line -> expected status; exactly one line on stderr, nothing on stdout
refused() {
    expect=$1; shift
    status=0
    "$@" >$dir/out 2>$dir/err || status=$?
    [ "$status" = "$expect" ] && [ "$(lines $dir/err)" = 1 ] && [ ! -s $dir/out ] && grep -q '^dragoman: ' $dir/err
    result $? "$*: status $status, want $expect: $(head -n 3 $dir/err)"
}

for g in aarch64 riscv64; do
    $g-linux-gnu-gcc -O2 -static -o $dir/hello-$g tests/host/hello.c -lm
    want=$($dragoman $dir/hello-$g one two)
    refused 125 $qemu -cpu Nehalem $dragoman $dir/hello-$g
    for cpu in Haswell Skylake-Client; do
        got=$($qemu -cpu $cpu $dragoman $dir/hello-$g one two 2>$dir/err) || got="status $?: $(cat $dir/err)"
        [ "$got" = "$want" ]; result $? "$g on $cpu: $got"
    done
done

# Every instruction translates, with and without the features; one switched off is listed as such.
list=$($dragoman coverage | cut -f 1-4 | grep -c '	\(inline\|some\|calls\|leaves\|reserved\)$')
rows=$(cat frontends/*/*.tbl | grep -cE '^[A-Za-z]')
[ "$list" = "$rows" ]; result $? "coverage lists $list instructions of $rows"
for feature in $($dragoman host | awk 'NR > 1 && $2 != "absent" { print $1 }'); do
    [ "$($dragoman host | grep -c " off$")" = 0 ] && DRAGOMAN_HOST_FEATURES=no-$feature $dragoman host | grep -q "^  $feature .* switched off$"
    result $? "host lists $feature as off"
    list=$(DRAGOMAN_HOST_FEATURES=no-$feature $dragoman coverage | grep -vc 'does not compile')
    [ "$list" = "$rows" ]; result $? "without $feature: $list instructions of $rows"
done
refused 125 $dragoman -host-features no-such $dir/hello-aarch64

refused 127 $dragoman $dir/absent
refused 126 $dragoman $dir
: >$dir/empty; chmod +x $dir/empty; refused 126 $dragoman $dir/empty
echo 'not a program' >$dir/text; refused 126 $dragoman $dir/text
chmod +x $dir/text; refused 126 $dragoman $dir/text
head -c 40 $dir/hello-aarch64 >$dir/short; chmod +x $dir/short; refused 126 $dragoman $dir/short
printf '#!/nonexistent/interpreter\n' >$dir/script; chmod +x $dir/script; refused 127 $dragoman $dir/script
refused 125 $dragoman
refused 125 $dragoman -nosuchoption x
refused 125 $dragoman -s abc x
refused 125 $dragoman cpus nosuchguest
for spec in nosuchmodel max,+nosuchfeature max,crc32=maybe +; do
    refused 125 $dragoman -cpu $spec $dir/hello-aarch64
done
refused 125 $dragoman -cpu rv64 $dir/hello-aarch64
refused 125 $dragoman -cpu cortex-a53 $dir/hello-riscv64

# A CPU without a feature neither announces nor runs it, in children too; a child of another guest has its own default.
for g in aarch64 riscv64; do
    case $g in aarch64) off=max,-crc32,dotprod=off;; riscv64) off=max,-zbb,zba=off;; esac
    $g-linux-gnu-gcc -O1 -static -o $dir/cpu-$g tests/host/cpu.c
    got=$($dragoman $dir/cpu-$g again) ; [ "$got" = "1 runs
1 runs" ]; result $? "$g with all features: $got"
    got=$($dragoman -cpu $off $dir/cpu-$g again) ; [ "$got" = "0 SIGILL
0 SIGILL" ]; result $? "$g with $off: $got"
done
got=$($dragoman -cpu max,-crc32 $dir/cpu-aarch64 $dir/cpu-riscv64); [ "$got" = "0 SIGILL
1 runs" ]; result $? "a child of another guest: $got"

# A log named by a relative path stays where it is when a child starts elsewhere; one that is out of its reach is lost.
printf '%s\n' '#include <stdio.h>' '#include <unistd.h>' 'int main(int argc, char **argv) {' \
    'return argc < 2 ? 0 : (argc > 2 && rename(argv[2], argv[3])) || chdir("/") || execl(argv[1], "child", (char *)0); }' |
    aarch64-linux-gnu-gcc -O1 -static -o $dir/elsewhere -x c -
rm -f $dir/elsewhere.log
$dragoman -d syscall -D $dir/elsewhere.log $dir/elsewhere $PWD/$dir/elsewhere && [ "$(grep -c 'exit_group(0)' $dir/elsewhere.log)" = 1 ]
result $? "a relative log of a child elsewhere"
rm -rf $dir/log $dir/moved && mkdir -p $dir/log
got=$($dragoman -d syscall -D $dir/log/log $dir/elsewhere $PWD/$dir/elsewhere $dir/log $dir/moved 2>&1) && [ ! "$got" ] && [ -s $dir/moved/log ]
result $? "a log out of a child's reach: $got"
got=$($dragoman -d syscall -D $dir/log/absent/log $dir/elsewhere 2>&1); [ $? = 125 ]; result $? "a log that cannot be written: $got"

# What make install installs: the program, and a man page that has every option, variable and log, and is sound.
skipped=0
${MAKE:-make} -s install PREFIX=/p DESTDIR=$dir/root >$dir/out 2>&1; result $? "make install: $(cat $dir/out)"
[ "$($dir/root/p/bin/dragoman --version)" = "$($dragoman --version)" ]; result $? "the installed program"
page=$dir/root/p/share/man/man1/dragoman.1
raw() { printf '%s\n' "$1" | sed 's/[\]/\\e/g; s/-/\\-/g'; }
for o in $($dragoman --help | sed -nE 's/^  -([^ []+).*/\1/p'); do
    grep -qF "\\fB$(raw "-$o")\\fR" $page; result $? "option -$o in the man page"
done
for v in $($dragoman --help | sed -n 's/^.*  environment: //p'); do
    grep -qF "\\fB$v\\fR" $page; result $? "variable $v in the man page"
done
for l in $($dragoman -d help | cut -d ' ' -f 1); do
    grep -qxF "\\fB$l\\fR" $page; result $? "log $l in the man page"
done
if command -v groff >/dev/null; then
    said=$(groff -ww -man -Tutf8 -P-cbou $page 2>&1 >$dir/page); [ -z "$said" ] && grep -q 'ENVIRONMENT' $dir/page; result $? "groff: $said"
else
    skipped=1; echo "skipped: the man page as groff reads it (no groff)"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
