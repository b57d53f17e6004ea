#!/bin/sh
# Unpack a Debian trixie root file system of another architecture, running nothing of it.
#
#   tests/tools/userland.sh ARCH DIR PACKAGE|@SET...
#
# ARCH is Debian's name (arm64, riscv64, amd64); @small is enough for the demo, @full for tests, @more and
# @programs for programs that are too large to be fetched by every check, @jit for those that only benchmarks run.
# Returns at once when DIR holds that list already. Two callers may ask for the same DIR.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/apt.sh"

small='base-files libc-bin bash coreutils dash grep sed findutils python3-minimal'
full="$small gawk tar gzip bzip2 xz-utils zstd perl python3 lua5.4 sqlite3 openssl git make
      gcc libc6-dev binutils busybox-static flac diffutils procps hostname util-linux bsdextrautils bsdutils
      lame python3-numpy"
programs="$full bubblewrap ca-certificates curl default-jdk-headless g++ gdb golang-go guile-3.0 libpython3.13-testsuite mount nginx-light
      nodejs npm ocaml-nox php-cli postgresql python3.13-full redis-server redis-tools ruby strace tcl-dev"
jit='bash coreutils golang-1.24-go nodejs openjdk-21-jre-headless stockfish'
more="$full stockfish x264 ffmpeg python3-pytest python3-hypothesis"

[ $# -ge 3 ] || die "usage: userland.sh ARCH DIR PACKAGE|@SET..."
arch=$1 dir=$2
shift 2
packages=
for p in "$@"; do
	case $p in
	@small) packages="$packages $small" ;;
	@full) packages="$packages $full" ;;
	@more) packages="$packages $more" ;;
	@jit)
		packages="$packages $jit"
		[ "$arch" != amd64 ] || packages="$packages openjdk-21-jdk-headless" # javac, for all
		;;
	@programs) packages="$packages $programs" ;;
	*) packages="$packages $p" ;;
	esac
done
packages=$(echo $packages | tr ' ' '\n' | LC_ALL=C sort -u | tr '\n' ' ')
# The number counts changes of this script that old roots have to be made anew for.
stamp="2 trixie $arch $packages"

ready() { [ "$(cat "$dir/.userland" 2>/dev/null)" = "$stamp" ]; }
ready && exit 0
mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9
ready && exit 0

# The downloads are kept beside the roots, so that a second root of the same architecture is cheap.
state=$(dirname "$dir")/.apt-$arch
exec 8>"$state.lock"
flock 8
echo "userland: trixie $arch in $dir"
apt_init "$state" "$arch" trixie
log=$state/log
apt_private update >"$log" 2>&1 || { cat "$log" >&2; die "apt-get update failed"; }
# An empty archive directory: apt does not list what it has downloaded before.
mkdir -p "$apt_state/none/partial"
debs=$(apt_private install --print-uris -o Dir::Cache::Archives="$apt_state/none" $packages 2>>"$log" | sed -nE "s/^'[^']*' ([^ ]*) .*/\1/p") ||
	debs=
[ -n "$debs" ] || { cat "$log" >&2; die "cannot resolve $packages"; }
apt_private install --download-only $packages >>"$log" 2>&1 || { tail "$log" >&2; die "download failed"; }
flock -u 8

new=$dir.new
rm -rf "$new"
mkdir -p "$new"
# Merged /usr: in place before the first package, since nothing else makes the links.
for d in bin sbin lib lib64; do
	mkdir -p "$new/usr/$d"
	ln -s "usr/$d" "$new/$d"
done
for deb in $debs; do
	dpkg-deb --fsys-tarfile "$apt_state/archives/$deb" |
		tar -x -C "$new" --keep-directory-symlink --no-same-owner \
			--exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
			--exclude='./usr/share/locale/*' --exclude='./usr/share/info/*'
done

# What maintainer scripts would have done, as far as programs notice.
link() { # NAME TARGET: an alternative, where the target is there
	[ ! -e "$new/usr/bin/$2" ] || [ -e "$new/usr/bin/$1" ] || ln -s "$2" "$new/usr/bin/$1"
}
link awk gawk
link lua lua5.4
link guile guile-3.0
link php php8.4
link tclsh tclsh8.6
link cc gcc
for lib in blas lapack; do
	for so in "$new"/usr/lib/*/$lib/lib$lib.so.3; do
		[ ! -e "$so" ] || ln -s "$lib/lib$lib.so.3" "${so%/*/*}/lib$lib.so.3"
	done
done
mkdir -p "$new/dev" "$new/proc" "$new/sys" "$new/tmp" "$new/root" "$new/etc" "$new/run"
chmod 1777 "$new/tmp"
echo 'root:x:0:0:root:/root:/bin/bash' >"$new/etc/passwd"
echo 'root:x:0:' >"$new/etc/group"
echo '127.0.0.1 localhost' >"$new/etc/hosts"
echo 'hosts: files' >"$new/etc/nsswitch.conf"
echo UTC >"$new/etc/timezone"
# Nodes need root; tests/tools/ns.sh binds the machine's where these are missing.
mkdir -p "$new/dev/pts" "$new/dev/shm"
chmod 1777 "$new/dev/shm"
for n in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
	set -- $n
	mknod -m 666 "$new/dev/$1" c "$2" "$3" 2>/dev/null || :
done
ln -s pts/ptmx "$new/dev/ptmx"
ln -s /proc/self/fd "$new/dev/fd"
for n in 0:stdin 1:stdout 2:stderr; do ln -s "fd/${n%:*}" "$new/dev/${n#*:}"; done
printf '%s\n' "$stamp" >"$new/.userland"

# A root in use is moved away, not emptied under its users.
if [ -e "$dir" ]; then
	mv "$dir" "$dir.old.$$"
	rm -rf "$dir.old.$$"
fi
mv "$new" "$dir"
