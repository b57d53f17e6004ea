#!/bin/sh
# Run a command as root of a user namespace that has all users, so that what is root's own can be tried on
# kernel objects of the namespace alone (binfmt_misc, Linux 6.7 or newer). Needs root; standard input is empty.
#
#   tests/tools/mapped.sh COMMAND [ARG...]
set -eu
if [ "${1:-}" = --inside ]; then
	dir=$2
	shift 2
	echo inside >"$dir/made"
	read -r _ <"$dir/mapped"
	rm -rf "$dir"
	exec "$@" </dev/null
fi
dir=$(mktemp -d)
mkfifo "$dir/made" "$dir/mapped"
unshare --user "$0" --inside "$dir" "$@" &
pid=$!
read -r _ <"$dir/made"
for map in gid_map uid_map; do echo '0 0 4294967295' >"/proc/$pid/$map"; done
echo go >"$dir/mapped"
wait "$pid"
