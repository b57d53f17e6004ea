#: digests timeout=60
seq 1 200000 > f; for h in md5 sha1 sha256 sha512 sha3-256 blake2b512 sm3 ripemd160; do openssl dgst -$h f; done; openssl dgst -sha256 -hmac key f; openssl list -digest-commands | wc -w; echo hi | openssl base64
#: ciphers timeout=90
seq 1 100000 > f; for c in aes-128-cbc aes-256-ctr aes-256-cbc aes-192-ofb chacha20 camellia-128-cbc des-ede3-cbc aria-256-cbc sm4-cbc; do openssl enc -$c -K 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -iv 000102030405060708090a0b0c0d0e0f -in f -out e 2>/dev/null; sha256sum < e; openssl enc -d -$c -K 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -iv 000102030405060708090a0b0c0d0e0f -in e 2>/dev/null | cmp - f && echo $c; done
openssl enc -aes-256-cbc -pbkdf2 -iter 2000 -S 0102030405060708 -pass pass:x -in f | md5sum
#: keys timeout=120
openssl genrsa -out r.pem 2048 2>/dev/null; openssl rsa -in r.pem -check -noout; echo data > d; openssl dgst -sha256 -sign r.pem -out s d; openssl rsa -in r.pem -pubout -out p.pem 2>/dev/null; openssl dgst -sha256 -verify p.pem -signature s d
for c in prime256v1 secp384r1; do openssl ecparam -name $c -genkey -noout -out e.pem; openssl dgst -sha256 -sign e.pem -out s d; openssl ec -in e.pem -pubout -out p.pem 2>/dev/null; openssl dgst -sha256 -verify p.pem -signature s d; done; for a in ED25519 X25519 ED448; do openssl genpkey -algorithm $a | openssl pkey -noout -text | head -1; done
openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=localhost 2>/dev/null; openssl x509 -in c.pem -noout -subject; openssl verify -CAfile c.pem c.pem; openssl prime -generate -bits 64 | wc -l; openssl prime 1000003; openssl rand 10 | wc -c
#: tls timeout=60
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=localhost 2>/dev/null
port=$((20000 + RANDOM % 20000)); openssl s_server -accept 127.0.0.1:$port -cert c.pem -key k.pem -www -quiet 2>/dev/null & for i in {1..50}; do sleep 0.1; (: < /dev/tcp/127.0.0.1/$port) 2>/dev/null && break; done
for v in -tls1_3 -tls1_2; do { printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1; } | timeout 20 openssl s_client -connect 127.0.0.1:$port -CAfile c.pem $v -quiet -verify_return_error 2>/dev/null | head -1; done; kill %1; wait 2>/dev/null; echo end
#: speed timeout=60
for a in sha256 aes-256-ctr; do openssl speed -seconds 1 -bytes 1024 -mr -evp $a 2>/dev/null | grep -c '^+F'; done
