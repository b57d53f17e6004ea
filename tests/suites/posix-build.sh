# Run by posix.sh inside the root with the compilers: every test becomes an object that exports main_N alone.
# The suite's programs are of 2004: what today's compiler refuses by default is allowed them.
cd /posix
jobs=$(nproc)
shopt -s globstar nullglob
names=()
for f in conformance/**/[0-9]*-[0-9]*.c; do
	# What is built only, and what POSIX leaves open.
	case $f in *buildonly* | */speculative/*) ;; *) names+=("$f") ;; esac
done
one() { # ARCH TOOLS NUMBER SOURCE
	if ! ${2}gcc-14 -std=gnu99 -O1 -w -fpermissive -D_GNU_SOURCE -Iinclude -c -o "obj/$1-$3.o" "$4" 2>"obj/$1-$3.err"; then
		why=$(<"obj/$1-$3.err")
		why=${why#*error: }
		echo "${4%.c} does not compile: ${why%%$'\n'*}" >"obj/$1-$3.absent"
	elif [[ $(${2}nm "obj/$1-$3.o") != *" T main"* ]]; then
		echo "${4%.c} is for the compiler only" >"obj/$1-$3.absent"
		rm "obj/$1-$3.o"
	else
		${2}objcopy --redefine-sym main=main_$3 --keep-global-symbol main_$3 "obj/$1-$3.o"
	fi
}
for pair in amd64: arm64:aarch64-linux-gnu- riscv64:riscv64-linux-gnu-; do
	arch=${pair%:*} tools=${pair#*:}
	for i in "${!names[@]}"; do
		((i < jobs)) || wait -n
		one $arch "$tools" $i "${names[i]}" &
	done
	wait
	for i in "${!names[@]}"; do
		[ ! -e "obj/$arch-$i.o" ] || echo "TEST($i, \"${names[i]%.c}\")"
	done >table.h
	absent=(obj/$arch-*.absent)
	cat "${absent[@]}" >absent-$arch </dev/null
	# The end of an ordinary static program forgets its unwind tables (crtbeginT.o's destructors), and a thread that is cancelled
	# between that and the end of the process aborts, natively too.
	${tools}gcc-14 -O1 -I. -static-pie -o posix-$arch many.c obj/$arch-*.o -lpthread -lrt -lm || exit 1
done
