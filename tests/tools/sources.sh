#!/bin/sh
# Fetch Debian trixie source packages, unpacking nothing.
#
#   tests/tools/sources.sh DIR PACKAGE...
#
# Kept for good once fetched: DIR/.PACKAGE says so. Where the mirror has not all files of a source package, the release before
# or the one to come does.
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
fetch() { # SUITE PACKAGE
	apt_init "$dir/.apt/$1" amd64 "$1"
	sed 's/^deb /deb-src /' "$apt_state/etc/sources.list" >"$apt_state/etc/sources.new"
	mv "$apt_state/etc/sources.new" "$apt_state/etc/sources.list"
	apt_private update >"$apt_state/log" 2>&1 || return
	(cd "$dir" && apt_private source --download-only "$2") >>"$apt_state/log" 2>&1
}
for p in $missing; do
	fetch trixie "$p" || { rm -f "$dir/${p}_"*; fetch bookworm "$p" || fetch sid "$p"; } || { tail "$apt_state/log" >&2; die "cannot fetch $p"; }
	touch "$dir/.$p"
done
