#: rules timeout=60
printf '%s\n' 'O := $(addsuffix .o,a b c d)' 'all: out sub' 'out: $O; cat $^ > $@' '%.o: %.c; @echo building $@ from $<; sed s/x/y/ $< > $@' 'sub:; +@$(MAKE) --no-print-directory -f sub.mk V=$(words $O)' 'bad:; exit 3' 'define fn' '$(1)-$(shell echo $(2))' 'endef' '$(info $(call fn,p,q) $(sort b a b) $(patsubst %.o,%.c,$O) $(foreach i,1 2,<$i>))' '.PHONY: all sub' > Makefile
echo 'x:; @echo sub $(V) $(MAKELEVEL)' > sub.mk; for i in a b c d; do echo "x $i" > $i.c; done
make; make; touch -d 2001-01-01 b.o; make -n out; make -j4 -B --output-sync | sort; touch -d 2001-01-01 b.c; make bad 2>&1; echo $?; make nosuch 2>&1; echo $?; make -q out; echo $?; make -p -f /dev/null 2>/dev/null | grep -c '^[.a-zA-Z%]'; make -rR -f- <<< 'a b:; @echo $@' a b
