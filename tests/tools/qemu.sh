#!/bin/sh
# Fetch the newest QEMU user-mode binaries Debian has: the oracle and the peer.
#
#   tests/tools/qemu.sh [DIR]        default build/qemu; prints the version
#
# Makes DIR/qemu-aarch64, qemu-riscv64 and (to play an old host) qemu-x86_64, static. Nothing is installed. Kept for good once
# fetched; remove DIR to look for a newer one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/apt.sh"
dir=${1:-build/qemu}

if [ -e "$dir/version" ]; then
	cat "$dir/version"
	exit 0
fi
mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9
if [ ! -e "$dir/version" ]; then
	# A static binary runs on any release, so the newest suite that this mirror serves wins.
	for suite in sid trixie-backports trixie; do
		apt_init "$dir/.apt" amd64 "$suite"
		apt_private update >"$dir/.log" 2>&1 || continue
		for package in qemu-user qemu-user-static; do
			rm -rf "$dir/.tree" "$dir"/.deb
			mkdir "$dir/.tree" "$dir/.deb"
			(cd "$dir/.deb" && apt_private download "$package" >>"$apt_state/log" 2>&1) || continue
			dpkg-deb -x "$dir"/.deb/*.deb "$dir/.tree"
			for arch in aarch64 riscv64 x86_64; do
				for name in "qemu-$arch" "qemu-$arch-static"; do
					bin=$dir/.tree/usr/bin/$name
					# Debian moved the static build from one package to the other:
					# take the one that names no interpreter.
					[ -f "$bin" ] && [ ! -L "$bin" ] || continue
					readelf -l "$bin" | grep -q INTERP && continue
					cp "$bin" "$dir/qemu-$arch"
				done
			done
			[ ! -x "$dir/qemu-aarch64" ] || [ ! -x "$dir/qemu-riscv64" ] || [ ! -x "$dir/qemu-x86_64" ] || break 2
		done
	done
	[ -x "$dir/qemu-aarch64" ] && [ -x "$dir/qemu-riscv64" ] && [ -x "$dir/qemu-x86_64" ] || die "no static qemu-user found"
	"$dir/qemu-aarch64" --version | head -n 1 >"$dir/version.new"
	rm -rf "$dir/.tree" "$dir/.deb" "$dir/.apt"
	mv "$dir/version.new" "$dir/version"
fi
cat "$dir/version"
