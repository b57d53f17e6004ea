#!/bin/sh
# Fetch Debian trixie source packages, unpacking nothing.
#
#   tests/tools/sources.sh DIR PACKAGE...
#
# Kept for good once fetched: DIR/.PACKAGE says so.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/apt.sh"
dir=$1
shift
mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9
missing=
for p in "$@"; do [ -e "$dir/.$p" ] || missing="$missing $p"; done
[ -n "$missing" ] || exit 0
apt_init "$dir/.apt" amd64 trixie
sed 's/^deb /deb-src /' "$apt_state/etc/sources.list" >"$apt_state/etc/sources.new"
mv "$apt_state/etc/sources.new" "$apt_state/etc/sources.list"
apt_private update >"$apt_state/log" 2>&1 || { cat "$apt_state/log" >&2; die "apt-get update failed"; }
for p in $missing; do
	(cd "$dir" && apt_private source --download-only "$p") >>"$apt_state/log" 2>&1 || { tail "$apt_state/log" >&2; die "cannot fetch $p"; }
	touch "$dir/.$p"
done
