#!/bin/bash
# A whole Debian in a chroot, made and used by its own programs: debootstrap's second stage, apt-get,
# dpkg-buildpackage. Once with dragoman entering itself on exec, once registered with a binfmt_misc of a
# user namespace (Linux 6.7 or newer; skipped where root or that is missing).
#
#   tests/prog/chroots.sh [none|binfmt]...       needs root, debootstrap, and 2 GB in build/chroots
#
# Environment: DRAGOMAN, GUESTS (arm64 riscv64), PACKAGES (hello zlib)
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit
. tests/tools/apt.sh
dragoman=$(realpath "${DRAGOMAN:-build/dragoman}")
out=build/chroots
passed=0 failed=0 skipped=0
mkdir -p "$out/debs"

result() { # ARCH HOW STEP STATUS
	if [ "$4" = 0 ]; then
		passed=$((passed + 1))
		echo "passed  $1 $2 $3 (${SECONDS} s)"
	else
		failed=$((failed + 1))
		echo "failed  $1 $2 $3: $(tail -n 3 "$log")"
	fi
}

# Runs a script as root inside the chroot. In "none" only its first program is started by name of dragoman.
# A user namespace makes no device nodes; told that it is in a container, debootstrap does without.
inside() { # HOW ROOT
	local clean="env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive"
	cat >"$2/root/step"
	case $1 in
	none) tests/tools/ns.sh "$2" -- $clean chroot "$2" /usr/bin/dragoman /bin/bash -e /root/step ;;
	binfmt) tests/tools/mapped.sh tests/tools/ns.sh -b "$dragoman" "$2" -- $clean container=lxc chroot "$2" /bin/bash -e /root/step ;;
	esac >>"$log" 2>&1
}

step() { # ARCH HOW NAME, its script on standard input
	SECONDS=0 log=$out/$1.$2.$3.log
	: >"$log"
	inside "$2" "$root"
	result "$1" "$2" "$3" $?
}

chroots() { # ARCH HOW
	local arch=$1 how=$2 root=$out/$1.$2
	log=$out/$arch.$how.first.log
	rm -rf "$root"
	debootstrap --foreign --variant=buildd --arch="$arch" --cache-dir="$top/$out/debs" trixie "$root" "$(debian_mirror)" >"$log" 2>&1 || { result "$arch" "$how" first-stage 1; return; }
	root=$(realpath "$root")
	[ "$how" != none ] || cp "$dragoman" "$root/usr/bin/dragoman"
	step "$arch" "$how" debootstrap <<-'S'
		/debootstrap/debootstrap --second-stage
		! dpkg -l | grep -v '^ii' | grep '^[a-z][A-Z]'
		dpkg --audit
	S
	cp /etc/resolv.conf "$root/etc/"
	cp /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null
	echo "deb $(debian_mirror) trixie main" >"$root/etc/apt/sources.list"
	cp build/sources/hello* build/sources/zlib* "$root/root/"
	step "$arch" "$how" apt-get <<-'S'
		apt-get -q -o Acquire::Check-Valid-Until=false update
		apt-get -q -y --no-install-recommends install hello debhelper help2man texinfo bubblewrap
		[ "$(hello)" = 'Hello, world!' ]
		apt-get -q -y remove hello
		! test -e /usr/bin/hello
		dpkg --audit
	S
	for p in ${PACKAGES:-hello zlib}; do
		# Their tests are part of the build.
		step "$arch" "$how" "dpkg-buildpackage-$p" <<-S
			cd /root
			dpkg-source --no-check -x $p*.dsc source-$p
			cd source-$p
			dpkg-buildpackage -b -us -uc
			for deb in ../*.deb; do dpkg-deb -c \$deb >/dev/null; done
			dpkg -i ../$([ $p = hello ] && echo hello || echo zlib1g)_*.deb
		S
	done
	rm -rf "$root"
}

[ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || { echo "skipped: needs root and debootstrap"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
tests/tools/sources.sh build/sources hello zlib
for how in ${@:-none binfmt}; do
	for arch in ${GUESTS:-arm64 riscv64}; do
		if [ "$how" = binfmt ] && ! tests/tools/mapped.sh unshare --mount mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null; then
			skipped=$((skipped + 1))
			echo "skipped $arch binfmt (no binfmt_misc for a user namespace here)"
			continue
		fi
		chroots "$arch" "$how"
	done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
