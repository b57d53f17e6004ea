#: find
for i in {1..20}; do mkdir -p d$i/s; for j in 1 2 3 4 5; do head -c $((i * j * 37)) /dev/zero > d$i/s/f$j; done; done; ln -s d1 link
find . | LC_ALL=C sort | md5sum; find . -type f -size +3k | wc -l; find . -name 'f[12]' -path '*d1*' | sort; find . -type l -printf '%p %l\n'; find . -maxdepth 1 -newer d1 -o -empty | wc -l
find . -type f -printf '%s %P\n' | sort -n | tail -3; find . -name f5 -delete; find . -type f | wc -l; find . -regex '.*d[0-9]/s/f1' | sort | head -3; find d1 -exec sh -c 'echo "$1" | wc -c' _ {} \;
find d2 -type f -exec echo {} + | tr ' ' '\n' | sort; find . -perm 644 -type f | wc -l; find nosuch 2>&1; echo $?
#: xargs timeout=60
seq 1 5000 | xargs echo | md5sum; seq 1 100 | xargs -n 7 echo | tail -1; printf 'a b\0c\0' | xargs -0 -n1 echo; seq 1 40 | xargs -P 4 -I{} sh -c 'echo $(({} * {}))' | sort -n | md5sum
echo 1 2 3 | xargs -n1 sh -c 'exit $0'; echo $?; echo x | xargs false; echo $?; xargs -r echo no < /dev/null; find / -maxdepth 1 -name etc -print0 | xargs -0 ls -d
