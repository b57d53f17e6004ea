#: scripts
seq 1 1000 > f
sed -n '5,7p;$p' f; sed '/5/d' f | wc -l; sed -E 's/([0-9])([0-9])/\2\1/g' f | md5sum; sed -n '/^9/{s/9/N/;p;q}' f; sed '1!G;h;$!d' f | head -2
sed ':a;N;$!ba;s/\n/,/g' f | md5sum; sed y/0123456789/abcdefghij/ f | tail -1; sed -i.bak 's/^/x/' f; head -1 f f.bak; sed -n 'l' <<< $'t\té'
sed '2~3d' f | wc -l; sed 's/x\(.*\)/\U&-\L\1/;3q' f; sed -s -n '$=' f f.bak; sed --posix 'a\
app' <<< l; sed 's/a/b/w out' <<< aa; cat out; sed -E 's/(^|[^a])b/\1c/3' <<< 'b b b b'; sed 'Q5' f; echo $?; sed 'bad' f 2>&1; echo $?
