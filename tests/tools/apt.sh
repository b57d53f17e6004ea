# Sourced: a private apt that sees one Debian suite of any architecture and leaves the
# machine's own package state alone.
#
#   apt_init STATE ARCH SUITE    then    apt_private update | install | download ...

die() { echo "$0: $*" >&2; exit 1; }

# The machine already knows a mirror that works from here (and, in apt.conf, its proxy), so no
# host is named in this repository. DEBIAN_MIRROR overrides, for hosts that are not Debian.
debian_mirror() {
	if [ -n "${DEBIAN_MIRROR:-}" ]; then
		echo "$DEBIAN_MIRROR"
		return
	fi
	apt-get indextargets --format '$(CREATED_BY) $(COMPONENT) $(RELEASE) $(REPO_URI)' |
		sed -nE 's/^Packages main (bookworm|trixie|forky|sid|testing|stable|unstable) //p' | head -n 1
}

apt_init() {
	apt_state=$1 apt_arch=$2
	mkdir -p "$apt_state/lists/partial" "$apt_state/archives/partial" "$apt_state/etc"
	apt_state=$(cd "$apt_state" && pwd)
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || die "no Debian mirror in apt's sources; set DEBIAN_MIRROR"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$keyring" ] || die "no $keyring (package debian-archive-keyring)"
	echo "deb [signed-by=$keyring] $mirror $3 main" >"$apt_state/etc/sources.list"
	: >"$apt_state/status"
}

# A mirror may be a snapshot, hence no check of Valid-Until. The empty dpkg status must not pull
# in every essential package: only what was asked for and its dependencies.
apt_private() {
	apt-get -q -y \
		-o APT::Architecture="$apt_arch" -o APT::Architectures="$apt_arch" \
		-o APT::Sandbox::User=root -o APT::Install-Recommends=false \
		-o pkgCacheGen::Essential=none -o pkgCacheGen::ForceEssential= \
		-o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 -o Acquire::Languages=none \
		-o Dir::Etc::SourceList="$apt_state/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$apt_state" -o Dir::State::Lists="$apt_state/lists" \
		-o Dir::State::Status="$apt_state/status" -o Dir::State::extended_states="$apt_state/ext" \
		-o Dir::Cache="$apt_state" -o Dir::Cache::Archives="$apt_state/archives" \
		-o Dir::Log="$apt_state" -o APT::Update::Post-Invoke::= \
		-o Dpkg::Use-Pty=0 -o Debug::NoLocking=1 "$@"
}

# apt_source PACKAGE DIR: the files of a source package, not unpacked, after apt_init.
apt_source() {
	sed -i 's/^deb /deb-src /' "$apt_state/etc/sources.list"
	rm -rf "$2"
	mkdir -p "$2"
	{ apt_private update && (cd "$2" && apt_private source --download-only "$1"); } >"$apt_state/log" 2>&1 && return
	tail "$apt_state/log" >&2
	die "download of $1's source failed"
}
