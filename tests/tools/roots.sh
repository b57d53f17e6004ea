#!/bin/sh
# Make the full roots that tests and benchmarks share: amd64 and the guests given.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p build/userland
exec 7>build/userland/.lock
flock 7
for arch in amd64 "$@"; do
	"$here/userland.sh" "$arch" "build/userland/$arch" @full
done
# Byte code is the same everywhere, so the native python makes it for all: a guest must neither
# spend its time on that nor leave files behind that a bug of ours has spoilt.
for arch in amd64 "$@"; do
	root=build/userland/$arch
	[ ! -e "$root/.pyc" ] || continue
	native=build/userland/amd64
	if [ ! -e "$native/.pyc" ]; then
		"$here/ns.sh" "$native" -- chroot "$native" /bin/sh -c \
			'python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3*' || :
		touch "$native/.pyc"
	fi
	[ "$arch" = amd64 ] || (cd "$native" && find usr/lib/python3* -name '*.pyc' -print0 |
		tar -c --null -T -) | tar -x -C "$root" --keep-directory-symlink
	touch "$root/.pyc"
done
