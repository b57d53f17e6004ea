create table t(id integer primary key, a int, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 150000)
  insert into t select i, i * 7919 % 10007, 'text' || (i % 977), i * 0.25 from n;
create index ta on t(a);
select b, count(*), sum(a), max(c) from t group by b order by 3 desc limit 3;
select count(*) from t x join t y on x.a = y.id where y.b like '%7%';
update t set c = c + a where id % 3 = 0;
select count(distinct b), sum(length(b)) from t where a between 100 and 5000;
