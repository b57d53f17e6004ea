#: redis needs=mounts timeout=300
redis-server --unixsocket $PWD/s --port 0 --save "" --appendonly yes --dir $PWD --daemonize yes --logfile $PWD/log >/dev/null
until redis-cli -s s ping 2>/dev/null; do sleep .1; done
c() { redis-cli -s s "$@"; }
c set a 1; c incr a; c lpush l 1 2 3; c lrange l 0 -1; c eval 'return {redis.call("get", KEYS[1]), ARGV[1] * 2}' 1 a 21; c hset h f v g w; c hgetall h; c zadd z 1 one 2 two; c zrange z 0 -1 withscores; c setbit b 7 1; c bitcount b
redis-benchmark -s s -n 3000 -q -t set,get,lpush,incr,mset | tr '\r' '\n' | grep -c 'requests per second'
redis-benchmark -s s -n 3000 -q -P 16 --threads 2 -t set,get | tr '\r' '\n' | grep -c 'requests per second'
c bgsave; while c info persistence | grep -q 'bgsave_in_progress:1'; do sleep .1; done; c info persistence | grep bgsave_status | tr -d '\r'; c bgrewriteaof; while c info persistence | grep -q 'aof_rewrite_in_progress:1\|aof_rewrite_scheduled:1'; do sleep .1; done
c info persistence | grep aof_last_bgrewrite_status | tr -d '\r'; c shutdown; wait; redis-check-rdb dump.rdb | tail -1 | grep -o 'CRC64.*OK'
redis-server --unixsocket $PWD/s --port 0 --appendonly yes --dir $PWD --daemonize yes --logfile $PWD/log >/dev/null; until redis-cli -s s ping 2>/dev/null | grep -q PONG; do sleep .1; done; c get a; c lrange l 0 -1; c shutdown nosave

#: nginx needs=mounts timeout=240
mkdir www; seq 20000 > www/a; echo hello > www/index.html
cat > c <<N
daemon on; pid $PWD/pid; error_log $PWD/err; user root; worker_processes 2;
events { worker_connections 64; }
http { access_log off; client_body_temp_path $PWD/t1; proxy_temp_path $PWD/t2; fastcgi_temp_path $PWD/t3; uwsgi_temp_path $PWD/t4; scgi_temp_path $PWD/t5;
  sendfile on; aio threads; gzip on; gzip_types text/plain; default_type text/plain;
  server { listen unix:$PWD/s; root $PWD/www; location /p/ { proxy_pass http://unix:$PWD/s:/; } } }
N
nginx -t -q -c $PWD/c 2>&1 | grep -v 'could not open error log'; nginx -c $PWD/c 2>/dev/null; until test -e pid -a -S s; do sleep .1; done
for i in 1 2 3; do curl -s --unix-socket s http://x/; done; curl -s --unix-socket s http://x/a | sha256sum; curl -s --compressed --unix-socket s http://x/p/a | sha256sum; curl -s -r 10-30 --unix-socket s http://x/a; curl -s -o /dev/null -w '%{http_code}\n' --unix-socket s http://x/none
for i in {1..12}; do curl -s --unix-socket s http://x/a | sha256sum & done | sort | uniq -c; wait
nginx -c $PWD/c -s reload 2>/dev/null; sleep 1; curl -s --unix-socket s http://x/; nginx -c $PWD/c -s quit 2>/dev/null; while test -e pid; do sleep .1; done; grep -c alert err || cat err | grep alert

#: postgresql needs=mounts timeout=400
PG=$(echo /usr/lib/postgresql/*/bin); chmod 777 .; cat > k <<P
set -e; cd $PWD; $PG/initdb -D d -U pg -A trust >init.log 2>&1; tail -n 1 init.log | wc -c
$PG/pg_ctl -D d -o "-c listen_addresses= -k $PWD -c max_connections=20" -l log -w start >/dev/null; p="-h $PWD -U pg"
$PG/createdb \$p b; $PG/pgbench \$p -i -q b 2>&1 | tail -n 1 | cut -c1-4; $PG/pgbench \$p -c 4 -j 2 -t 50 b 2>/dev/null | grep -E 'processed|failed'
$PG/pgbench \$p -c 2 -t 50 -S -M prepared b 2>/dev/null | grep -E 'processed|failed'
$PG/psql \$p -At b -c "select count(*), sum(abalance) = (select sum(tbalance) from pgbench_tellers) from pgbench_accounts; create table t as select i, md5(i::text) m, sin(i) s from generate_series(1, 20000) i; create index on t(m); analyze t; set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; select count(*), max(m), sum(s)::numeric(20, 10) from t; select i from t where m = md5('77'); do \\$\\$ begin for i in 1..1000 loop update t set s = 0 where t.i = loop.i; exit; end loop; exception when others then raise notice 'x'; end \\$\\$" 2>/dev/null
$PG/pg_dump \$p -t t b | sed '/^--/d;/^\\\\\\\\/d;/^SET/d' | grep -c .; $PG/pg_ctl -D d -m fast stop >/dev/null; $PG/pg_ctl -D d -l log -o "-c listen_addresses= -k $PWD" -w start >/dev/null; kill -9 \$(head -n 1 d/postmaster.pid); sleep 1; $PG/pg_ctl -D d -l log -o "-c listen_addresses= -k $PWD" -w start >/dev/null; $PG/psql \$p -At b -c 'select count(*) from t'; $PG/pg_ctl -D d -m immediate stop >/dev/null
P
setpriv --reuid 65534 --regid 65534 --clear-groups bash k; grep -E 'PANIC|signal [0-9]|crash' log | grep -v 'automatic recovery'; true
