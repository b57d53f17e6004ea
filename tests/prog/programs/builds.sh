#: lua timeout=600
tar xf $PROG_SOURCES/lua5.4_*.orig.tar.* && cd lua-5.4*; make -s -j4 linux >/dev/null 2>log || tail log; src/lua -e 'local t = setmetatable({}, {__index = function(_, k) return k * 2 end}); print(_VERSION, t[21], #string.rep("x", 1000), math.pi, 7 // 2, 7.5 % 2, string.format("%a", 0.1)); local co = coroutine.wrap(function(a) while true do a = coroutine.yield(a .. "!") end end); print(co "a", co "b"); print(select(2, pcall(error, {code = 1})).code); print(select("#", table.unpack({}, 1, 100)))'
src/lua -e 'local function q(a, l, h) if l < h then local p, i = a[h], l - 1; for j = l, h - 1 do if a[j] <= p then i = i + 1; a[i], a[j] = a[j], a[i] end end; a[i + 1], a[h] = a[h], a[i + 1]; q(a, l, i); q(a, i + 2, h) end end; local a, s = {}, 42; for i = 1, 20000 do s = (s * 1103515245 + 12345) % 2147483648; a[i] = s end; q(a, 1, #a); for i = 2, #a do assert(a[i - 1] <= a[i]) end; print(a[1], a[#a])'
make -s test >/dev/null && echo tested; src/luac -p src/../test/*.lua 2>/dev/null; src/luac -l -l -o l.out - <<< 'local a = 1; return a + 2' | grep -c ADD

#: zlib timeout=600
tar xf $PROG_SOURCES/zlib_*.orig.tar.* && cd zlib-1*; ./configure >/dev/null && make -s -j4 >/dev/null 2>log || tail log; make -s test 2>/dev/null | grep -i 'test'

#: sqlite timeout=1800
tar xf $PROG_SOURCES/sqlite3_*.orig.tar.* && cd sqlite*; ./configure --enable-fts3 --enable-fts4 --enable-rtree --with-tcl=/usr/lib/tcl8.6 >log 2>&1 || tail log; make -s -j4 sqlite3 testfixture CFLAGS=-O1 >log 2>&1 || tail log
./sqlite3 :memory: 'create table t(a, b); with recursive c(i) as (select 1 union all select i + 1 from c where i < 5000) insert into t select i, hex(i * i) from c; create index x on t(b); select count(*), max(b), sum(a) from t; select sqlite_version(); pragma integrity_check'
# How many cases crash.test has depends on random numbers.
chown -R 65534:65534 . ; for t in select1 join insert update delete index trans btree01 wal wal2 walthread thread001 thread002 thread003 vacuum trigger1 view func date expr cast json101 window1 with1 fts3aa fts4aa rtree1 lock lock2 shared crash mmap1 mmap3 mutex1 malloc3 pager1 atof1 printf boundary1 bigfile; do f=$(find . -name $t.test | head -n 1); test -n "$f" || continue; setpriv --reuid 65534 --regid 65534 --clear-groups ./testfixture $f 2>&1 | grep -E 'errors out of|^!|Segm|Abort' | if [ $t = crash ]; then sed 's/of [0-9]* tests//'; else cat; fi; done
