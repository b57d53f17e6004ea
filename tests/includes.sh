#!/bin/sh
# Who may include whom: a folder's files may include from the root only what its row allows.
set -eu
bad=0 files=0
check() {   # folder, then extended regular expressions of allowed paths
    folder=$1; shift
    pattern=$(printf '%s|' "$@"); pattern=${pattern%|}
    for f in $(find "$folder" -maxdepth 1 -name '*.[chS]' -o -maxdepth 1 -name '*.def' | sort); do
        files=$((files + 1))
        out=$(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$f" | grep -vE "^($pattern)" || true)
        [ -z "$out" ] || { echo "FAIL $f may not include: $out"; bad=$((bad + 1)); }
    done
}
leaf='runtime/(cpu|space|log|host|task|options|limits|own|reexec|guestmem|trace)\.h'
check ir 'ir/'
check frontends 'frontends/' 'ir/'
for g in frontends/*/; do g=${g%/}; check "$g" "$g/" 'frontends/(guest|row)\.h' 'ir/'; done
check backends 'backends/' 'ir/'
for b in backends/*/; do b=${b%/}; check "$b" "$b/" 'backends/backend\.h' 'ir/'; done
check loader 'loader/' 'frontends/guest\.h' "$leaf"
check syscall 'syscall/' 'frontends/guest\.h' 'loader/[a-z]*\.h' "$leaf"
check syscall/strace 'syscall/' 'frontends/guest\.h' "$leaf"
check binfmt 'binfmt/' 'frontends/guest\.h'
check runtime 'runtime/' '(ir|loader|syscall|binfmt)/[a-z]*\.h' 'syscall/strace/start\.h' 'frontends/[a-z]*\.h' 'backends/[a-z]*\.h'
check runtime/gdb 'runtime/' '(loader|syscall)/[a-z]*\.h'
echo "$((files - bad)) passed, $bad failed, 0 skipped"
[ "$bad" = 0 ]
