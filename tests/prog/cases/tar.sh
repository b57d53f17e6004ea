#: archives timeout=60
mkdir -p t/{a,b}; for i in {1..30}; do seq $i $((i * 50)) > t/a/$i; done; ln -s a/1 t/l; ln t/a/2 t/b/h; truncate -s 1M t/sparse; find t -exec touch -h -d @1600000000 {} +
tar --sort=name --owner=0 --group=0 --numeric-owner -cf x.tar t; sha256sum x.tar; tar -tvf x.tar | tail -5; tar -czf x.tgz t; tar -cJf x.txz t; tar -cjf x.tbz t; tar --zstd -cf x.tzst t; for f in x.t?*; do tar -tf $f | sort | md5sum; done
mkdir o; tar -C o -xzf x.tgz; diff -r t o/t && echo same; tar -C o --strip-components=1 -xJf x.txz t/a/3; cmp o/a/3 t/a/3; tar -Scf s.tar t/sparse; [ $(stat -c %s s.tar) -lt 20000 ] && echo sparse; tar -xOf x.tar t/a/1 | md5sum
tar -rf x.tar t/a/1 --transform s,t,u,; tar -tf x.tar | tail -1; tar --delete -f x.tar t/b/h; tar -df x.tar 2>&1 | head -3; tar -cf - t | (cd o; tar -xf -); tar --format=ustar -cf u.tar t; tar -xf nosuch.tar 2>&1; echo $?
