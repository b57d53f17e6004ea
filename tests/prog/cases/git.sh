#: repository timeout=120
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000' GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b GIT_PAGER=cat
git init -q -b main r; cd r; for i in {1..15}; do seq $i $((i * 40)) > f$i; git add .; git commit -qm "commit $i"; done
git log --oneline | head -5; git log --stat -2 --format='%H %an %ad %s'; git diff HEAD~3 --stat; git diff HEAD~1 | head -8; git checkout -qb side HEAD~5; echo side > f3; git commit -qam side; git checkout -q main; git merge -q --no-edit side; git log --graph --oneline | head -4
git status --short; echo x >> f1; git status --short; git stash -q; git stash list | cut -c1-20; git stash pop -q; git blame f3 | cut -c1-8 | uniq; git grep -c 77 | head -3; git gc -q; git count-objects -v | grep -v size; git fsck; git rev-parse HEAD; git show HEAD:f3; git tag -m tag v1; git describe; git clone -q . ../c; cd ../c; git log --oneline | wc -l
echo c > c; git add c; git commit -qm c; git push -q origin HEAD:pushed; git -C ../r branch --list | cat; git bundle create -q b main; git bundle verify -q b; echo $?; git rebase -q HEAD~1; git cherry-pick -n HEAD~1 2>&1 | head -1; git archive HEAD~2 | sha256sum; git merge-base HEAD HEAD~3 | wc -c; git bisect start HEAD HEAD~6 | head -1; git bisect run test ! -e f14 | tail -1 | cut -c1-40

#: daemon needs=mounts timeout=240
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
git init -q -b main r; cd r; for i in {1..8}; do seq $i $((i * 300)) > f$i; git add .; git commit -qm "c $i"; done; cd ..; git clone -q --bare r r.git; touch r.git/git-daemon-export-ok
git daemon --reuseaddr --listen=127.0.0.1 --port=$((20000 + $$ % 20000)) --base-path=$PWD --enable=receive-pack --pid-file=$PWD/pid --detach
u=git://127.0.0.1:$((20000 + $$ % 20000))/r.git; until git ls-remote $u >/dev/null 2>&1; do sleep .1; done
for i in 1 2 3; do git clone -q $u c$i && git -C c$i log --format=%H -1; done; git clone -q --depth 1 $u d; git -C d log --oneline | wc -l; git ls-remote $u | cut -f2
cd c1; echo x > x; git add x; git commit -qm x; git push -q origin main; cd ../c2; git pull -q; git rev-parse HEAD; git fsck; cd ..; kill $(cat pid)
git clone -q "file://$PWD/r.git" e; git -C e rev-parse HEAD
