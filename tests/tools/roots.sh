#!/bin/sh
# Make the full roots that tests and benchmarks share: amd64 and the guests given.
#
#   tests/tools/roots.sh [-m|-p|-j] ARCH... in build/userland; -m: those with more programs, in build/more;
#                                           -p: those with runtimes, compilers and servers, in build/programs;
#                                           -j: those of the benchmarks alone, in build/jit
set -eu
here=$(cd "$(dirname "$0")" && pwd)
base=build/userland set=@full
case ${1:-} in
-m) base=build/more set=@more && shift ;;
-p) base=build/programs set=@programs && shift ;;
-j) base=build/jit set=@jit && shift ;;
esac
mkdir -p "$base"
exec 7>"$base/.lock"
flock 7
for arch in amd64 "$@"; do
	"$here/userland.sh" "$arch" "$base/$arch" "$set"
done
[ -d "$base/amd64/usr/lib/python3" ] || exit 0
# Byte code is the same everywhere, so the native python makes it for all: a guest must neither
# spend its time on that nor leave files behind that a bug of ours has spoilt.
for arch in amd64 "$@"; do
	root=$base/$arch
	[ ! -e "$root/.pyc" ] || continue
	native=$base/amd64
	if [ ! -e "$native/.pyc" ]; then
		"$here/ns.sh" "$native" -- chroot "$native" /bin/sh -c \
			'python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3*' || :
		touch "$native/.pyc"
	fi
	[ "$arch" = amd64 ] || (cd "$native" && find usr/lib/python3* -name '*.pyc' -print0 |
		tar -c --null -T -) | tar -x -C "$root" --keep-directory-symlink
	touch "$root/.pyc"
done
