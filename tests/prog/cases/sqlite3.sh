#: queries timeout=90
cat > t.sql <<'E'
create table t(id integer primary key, a int, b text, c real); create index i on t(a);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) insert into t select i, i * 7919 % 1009, 'text' || (i % 77), i * 0.25 from n;
select count(*), sum(a), max(b), avg(c), total(c) from t; select b, count(*), min(a) from t group by b order by 2 desc, 1 limit 5; explain query plan select * from t where a = 5;
select count(*) from t x join t y on x.a = y.id where x.b like 'text1%'; begin; update t set c = c + a where id % 3 = 0; delete from t where a < 100; rollback; update t set b = upper(b) where a between 5 and 9; commit;
select a, row_number() over (partition by b order by id), lag(c) over (order by id) from t limit 5; select json_extract('{"a":[1,{"b":2}]}', '$.a[1].b'), json_group_array(id) from t where id < 5; select date(0, 'unixepoch'), strftime('%j', '2024-12-31'), printf('%.5f', 1.0/3), hex('abc'), typeof(1.0), instr('hello', 'l'), round(2.5), abs(-3), 9223372036854775807 + 1;
create virtual table f using fts5(x); insert into f values ('the quick brown fox'), ('lazy dog'); select * from f where f match 'qui*'; create trigger g after insert on t begin update t set c = -1 where id = new.id; end; insert into t(a) values (1); select c from t where id = last_insert_rowid(); vacuum; pragma integrity_check; select nosuch;
E
sqlite3 db < t.sql 2>&1; echo $?; sqlite3 db .dump | md5sum; sqlite3 -csv -header db 'select * from t limit 3'; sqlite3 -json db 'select id, c from t limit 2'; sqlite3 db 'pragma journal_mode=wal; insert into t(a) values (5);'; (sqlite3 -cmd '.timeout 9000' db 'insert into t(a) values (6)' & sqlite3 -cmd '.timeout 9000' db 'insert into t(a) values (7)'; wait); sqlite3 db 'select count(*) from t'; sqlite3 db 'select sha3(1)' 2>&1 | head -c 30
