# Sourced by what fetches another project's tests: their source, and the root they are compiled in.
#
#   suite ROOT DIR MADE PACKAGE    ends the script if MADE exists; else ROOT has the compilers (cross.sh) and DIR/source the
#                                  files of that Debian source package, not unpacked. One script at a time goes on for a DIR.
#   suite_done                     removes what only the fetching needed
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/tools/apt.sh"
cd "$top"

suite() {
	suite_dir=$2
	tests/tools/cross.sh "$1"
	mkdir -p "$2"
	exec 9>"$2/.lock"
	flock 9
	[ ! -e "$3" ] || exit 0
	apt_init "$2/.apt" amd64 trixie
	apt_source "$4" "$2/source"
}

suite_done() { rm -rf "$suite_dir/source" "$suite_dir/.apt"; }
