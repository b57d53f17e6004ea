#: everything timeout=150 needs=mounts
# Every digest, cipher, MAC and curve that libcrypto has, on each code path it chooses by what the processor announces.
cat > p.c <<'E'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef struct md MD; typedef struct cipher CIPHER; typedef struct ctx CTX; typedef struct bn BN; typedef struct { int nid; const char *comment; } CURVE;
void EVP_MD_do_all_provided(void *, void (*)(MD *, void *), void *), EVP_CIPHER_do_all_provided(void *, void (*)(CIPHER *, void *), void *);
const char *EVP_MD_get0_name(MD *), *EVP_CIPHER_get0_name(CIPHER *), *OBJ_nid2sn(int);
int EVP_Q_digest(void *, const char *, const char *, const void *, size_t, unsigned char *, size_t *);
unsigned char *EVP_Q_mac(void *, const char *, const char *, const char *, const void *, const void *, size_t, const void *, size_t, unsigned char *, size_t, size_t *);
CTX *EVP_CIPHER_CTX_new(void); void EVP_CIPHER_CTX_free(CTX *), EVP_CIPHER_CTX_set_flags(CTX *, int);
CIPHER *EVP_CIPHER_fetch(void *, const char *, const char *);
int EVP_CipherInit_ex(CTX *, CIPHER *, void *, const unsigned char *, const unsigned char *, int), EVP_CIPHER_CTX_ctrl(CTX *, int, int, void *), EVP_CIPHER_CTX_set_padding(CTX *, int);
int EVP_CipherUpdate(CTX *, unsigned char *, int *, const unsigned char *, int), EVP_CipherFinal_ex(CTX *, unsigned char *, int *), EVP_CIPHER_get_mode(CIPHER *);
unsigned long EVP_CIPHER_get_flags(CIPHER *);
BN *BN_new(void); int BN_hex2bn(BN **, const char *), BN_mod_exp(BN *, BN *, BN *, BN *, void *), BN_mod_exp_mont_consttime(BN *, BN *, BN *, BN *, void *, void *), BN_mul(BN *, BN *, BN *, void *); char *BN_bn2hex(BN *); void *BN_CTX_new(void);
size_t EC_get_builtin_curves(CURVE *, size_t); void *EC_GROUP_new_by_curve_name(int), *EC_POINT_new(void *); int EC_POINT_mul(void *, void *, BN *, void *, BN *, void *); char *EC_POINT_point2hex(void *, void *, int, void *);
enum { SIZE = 9000, GCM = 6, CCM = 7, SIV = 0x10005, AEAD = 0x200000, IVLEN = 9, GETTAG = 0x10, SETTAG = 0x11 };
static unsigned char data[SIZE], out[SIZE + 64], back[SIZE + 128];
static const int sizes[] = {16, 48, 64, 128, 240, 256, 512, 1024, 1040, 4096, 8192, 17, 63, 65, 1000, 8191};
static char *names[400]; static int count;
static int byname(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }
static void hash(const char *what, const void *p, size_t n) { unsigned char h[64]; size_t k; EVP_Q_digest(0, "SHA256", 0, p, n, h, &k); printf("%s ", what); for (int i = 0; i < 8; i++) printf("%02x", h[i]); }
static void add_md(MD *m, void *x) { (void)x; names[count++] = strdup(EVP_MD_get0_name(m)); }
static void add_cipher(CIPHER *c, void *x) { (void)x; names[count++] = strdup(EVP_CIPHER_get0_name(c)); }
static int crypt(CIPHER *c, int enc, const unsigned char *in, int n, unsigned char *to, unsigned char *tag)
{
	CTX *x = EVP_CIPHER_CTX_new(); int a = 0, b = 0, ok, aead = (EVP_CIPHER_get_flags(c) & AEAD) != 0, mode = EVP_CIPHER_get_mode(c);
	EVP_CIPHER_CTX_set_flags(x, 1);
	ok = EVP_CipherInit_ex(x, c, 0, 0, 0, enc);
	if (ok && mode == CCM) EVP_CIPHER_CTX_ctrl(x, SETTAG, 16, enc ? 0 : tag);
	ok = ok && EVP_CipherInit_ex(x, 0, 0, data + 100, data + 300, enc);
	if (ok && aead && !enc && mode != CCM) EVP_CIPHER_CTX_ctrl(x, SETTAG, 16, tag);
	EVP_CIPHER_CTX_set_padding(x, 0);
	if (ok && mode == CCM) ok = EVP_CipherUpdate(x, 0, &a, 0, n);
	if (ok && aead) ok = EVP_CipherUpdate(x, 0, &a, data + 500, 45);
	ok = ok && EVP_CipherUpdate(x, to, &a, in, n);
	if (ok && !(mode == CCM && !enc)) ok = EVP_CipherFinal_ex(x, to + a, &b);
	if (ok && aead && enc) EVP_CIPHER_CTX_ctrl(x, GETTAG, 16, tag);
	EVP_CIPHER_CTX_free(x);
	return ok ? a + b : -1;
}
int main(void)
{
	for (int i = 0; i < SIZE; i++) data[i] = (i * 2654435761u) >> 13 ^ i >> 5;
	EVP_MD_do_all_provided(0, add_md, 0); qsort(names, count, sizeof *names, byname);
	for (int i = 0; i < count; i++) {
		unsigned char d[64 * 16] = {0}; size_t n, at = 0;
		for (unsigned k = 0; k < 16; k++, at += n) if (!EVP_Q_digest(0, names[i], 0, data, k ? sizes[k] : 0, d + at, &n)) n = 0;
		hash(names[i], d, at); printf("%s\n", at ? "" : " none");
	}
	for (int m = 0; m < 7; m++) {
		static const char *const mac[][2] = {{"HMAC", "SHA256"}, {"HMAC", "SHA512"}, {"HMAC", "SHA3-256"}, {"CMAC", "AES-256-CBC"}, {"POLY1305", 0}, {"SIPHASH", 0}, {"KMAC-128", 0}};
		unsigned char d[64]; size_t n;
		for (unsigned k = 0; k < 16; k++) if (EVP_Q_mac(0, mac[m][0], 0, mac[m][1], 0, data + 7, m == 5 ? 16 : 32, data, sizes[k], d, 64, &n)) { hash(mac[m][0], d, n); puts(""); }
	}
	for (count = 0, EVP_CIPHER_do_all_provided(0, add_cipher, 0), qsort(names, count, sizeof *names, byname); count; count--) {
		char *name = names[count - 1]; CIPHER *c = EVP_CIPHER_fetch(0, name, 0); int total = 0, wrong = 0; static unsigned char all[80000];
		if (strstr(name, "CBC-HMAC") || strcmp(name, "DES3-WRAP") == 0 || strcmp(name, "NULL") == 0) continue;	/* amd64's own; random; no cipher */
		for (unsigned k = 0; k < 16; k++) {
			unsigned char tag[16] = {0}; int n = crypt(c, 1, data + k, sizes[k], out, tag);
			if (n < 0) continue;
			if (crypt(c, 0, out, n, back, tag) != sizes[k] || memcmp(back, data + k, sizes[k])) wrong++;
			memcpy(all + total, out, n), memcpy(all + total + n, tag, 16), total += n + 16;
		}
		hash(name, all, total); printf(" %d%s\n", total, wrong ? " not restored" : "");
	}
	void *bc = BN_CTX_new(); char hex[2049];
	for (int bits = 256; bits <= 4096; bits *= 2) {
		BN *v[4] = {0};
		for (int j = 0; j < 3; j++) { for (int i = 0; i < bits / 4; i++) hex[i] = "0123456789abcdef"[data[i + j * 1100] & 15]; hex[0] = j == 2 ? 'f' : '7', hex[bits / 4 - 1] = '7', hex[bits / 4] = 0, BN_hex2bn(&v[j], hex); }
		v[3] = BN_new(); if (bits > 1024) BN_hex2bn(&v[1], "10001"); BN_mod_exp(v[3], v[0], v[1], v[2], bc); char *a = BN_bn2hex(v[3]); hash("power", a, strlen(a));
		BN_mod_exp_mont_consttime(v[3], v[0], v[1], v[2], bc, 0); a = BN_bn2hex(v[3]); hash("", a, strlen(a)); BN_mul(v[3], v[0], v[2], bc); a = BN_bn2hex(v[3]); hash("", a, strlen(a)); puts("");
	}
	CURVE curves[100]; size_t nc = EC_get_builtin_curves(curves, 100); BN *s[2] = {0}; BN_hex2bn(&s[0], "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a1"), BN_hex2bn(&s[1], "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce");
	for (size_t i = 0; i < nc; i++) {
		void *g = EC_GROUP_new_by_curve_name(curves[i].nid), *p = EC_POINT_new(g), *q = EC_POINT_new(g);
		if (!EC_POINT_mul(g, p, s[0], 0, 0, bc) || !EC_POINT_mul(g, q, s[1], p, s[0], bc)) { printf("%s fails\n", OBJ_nid2sn(curves[i].nid)); continue; }
		char *a = EC_POINT_point2hex(g, q, 4, bc); hash(OBJ_nid2sn(curves[i].nid), a, strlen(a)); puts("");
	}
	return 0;
}
E
gcc -O1 -w p.c /usr/lib/*-linux-gnu/libcrypto.so.3 -o p && ./p > all; wc -l < all; cat all
# AArch64: nothing; NEON and AES; + PMULL, SHA-1, SHA-256; + SHA-512, SHA-3; + EOR3. RISC-V: by names. Others ignore both.
for cap in 0:rv64gc 5:rv64gc_zbb 0x3d:rv64gc_zbb_zbc_zkne_zknd 0x87d:rv64gc_zbkb_zbkc_zknh 0x187d:rv64gc_zba_zbb_zbc_zbs_zknd_zkne_zknh; do OPENSSL_armcap=${cap%:*} OPENSSL_riscvcap=${cap#*:} ./p | diff -q all - && echo $cap; done
