#: script
dash -c 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; echo $i; set -- a b c; echo $# $*; trap "echo bye" EXIT; (echo sub) | cat; exit 3'
echo $?
