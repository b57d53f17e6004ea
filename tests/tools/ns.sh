#!/bin/sh
# Run a command in a private mount and process namespace in which guest roots are fit to chroot
# into (/proc, /dev), and which takes every process it leaves behind with it.
#
#   tests/tools/ns.sh [-p] [-b DIR|FILE] ROOT... -- COMMAND [ARG...]
#
# -p      make ROOT the root directory, the machine's being in ROOT/mnt: user namespaces cannot be
#         made by a process that has been chrooted (clone(2), EPERM)
# -b DIR  register DIR/qemu-{aarch64,riscv64} with a binfmt_misc of this namespace alone, so that
#         QEMU follows exec as dragoman does (Linux 6.7 or newer)
# -b FILE likewise dragoman, which FILE is
#
# Root in a container or chroot that may not make namespaces gets the plain command: chroot works, /proc
# is absent. Everybody else gets a user namespace in which they are root.
set -eu

# The root's own device nodes, never the machine's, wherever root could make them: a guest that is
# root, in a user namespace too, can change the mode of a bound /dev/null for everybody (flac gives
# its output the input's). Another user is not let, so the machine's nodes do for them.
devices() { # DIR
	for n in null zero full random urandom tty; do
		if [ -c "$1/$n" ]; then
			chmod 666 "$1/$n"
		else
			: >>"$1/$n"
			mount --bind "/dev/$n" "$1/$n"
		fi
	done
	mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$1/pts"
	mount -t tmpfs -o mode=1777 shm "$1/shm"
}

if [ "${1:-}" = --inside ]; then
	binfmt=$2 pivot=$3 root=$4
	shift 3
	if [ "$binfmt" != - ]; then
		mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
		# Magic and mask of a little-endian 64-bit ELF executable or shared object.
		if [ -f "$binfmt" ]; then
			"$binfmt" binfmt register
			guests=
		else
			guests='aarch64:b7 riscv64:f3'
		fi
		for g in $guests; do
			printf '%s\n' ":${g%:*}:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x${g#*:}\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:$binfmt/qemu-${g%:*}:PF" \
				>/proc/sys/fs/binfmt_misc/register
		done
	fi
	while [ "$1" != -- ]; do
		# A container may mask parts of /proc and then refuses a new one.
		mount -t proc proc "$1/proc" 2>/dev/null || mount --rbind /proc "$1/proc"
		devices "$1/dev"
		shift
	done
	shift
	if [ "$pivot" = yes ]; then
		mkdir -p "$root/mnt"
		mount --rbind "$root" "$root"
		cd "$root"
		pivot_root . mnt
		cd /
	fi
	# Not exec: the command must not be process 1, to which signals do nothing by default.
	"$@" && exit 0
	exit $?
fi

binfmt=- pivot=no
if [ "${1:-}" = -p ]; then
	pivot=yes
	shift
fi
if [ "${1:-}" = -b ]; then
	binfmt=$(realpath "$2")
	shift 2
fi
# A real root first: a user namespace holds only one user. Not for binfmt_misc, which would then be
# the machine's own, unless this is a user namespace already (tests/tools/mapped.sh).
own=yes
[ "$binfmt" = - ] || [ "$(readlink /proc/self/ns/user)" != 'user:[4026531837]' ] || own=no # PROC_USER_INIT_INO
for user in '' --map-root-user; do
	[ -n "$user" ] || { [ "$(id -u)" = 0 ] && [ "$own" = yes ]; } || continue
	if unshare $user --mount --pid --fork true 2>/dev/null; then
		exec unshare $user --mount --pid --fork --kill-child "$0" --inside "$binfmt" "$pivot" "$@"
	fi
done
[ "$(id -u)" = 0 ] && [ "$binfmt$pivot" = -no ] || { echo "$0: cannot make namespaces here" >&2; exit 125; }
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
