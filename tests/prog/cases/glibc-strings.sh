#: variants timeout=400 needs=mounts
cat > s.c <<'E'
/* Every function against a byte loop, for sizes, alignments, and operands that end or begin at an inaccessible page. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <wchar.h>
enum { PAGE = 4096, ROOM = 8 * PAGE };
static uint8_t *area[2];
static uint64_t hash = 0xcbf29ce484222325, calls, x = 88172645463325252;
static uint64_t rnd(void) { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; }
static void mix(uint64_t v) { hash = (hash ^ v) * 0x100000001b3; calls++; }
static void bad(const char *f, size_t n, unsigned a, unsigned b) { printf("%s wrong: size %zu, alignments %u %u\n", f, n, a, b); }
static int sgn(int v) { return (v > 0) - (v < 0); }
/* An operand of n bytes: up against the inaccessible page after the area, or a bytes behind the one before it. */
static uint8_t *place(int i, size_t n, unsigned a, int end) { return end ? area[i] + ROOM - n : area[i] + a; }
static void fill(uint8_t *p, size_t n) { for (size_t i = 0; i < n; i++) p[i] = rnd() % 255 + 1; }
static void scan(size_t n, unsigned a, int end)
{
	uint8_t *p = place(0, n + 1, a, end);
	fill(p, n), p[n] = 0;
	if (strlen((char *)p) != n || strnlen((char *)p, n + 1) != n || strnlen((char *)p, n) != n || rawmemchr(p, 0) != p + n) bad("strlen", n, a, end);
	int c = p[n ? rnd() % n : 0]; size_t first = 0, last = n;
	while (p[first] != c) first++;
	while (p[last] != c) last--;
	if ((uint8_t *)strchr((char *)p, c) != p + first || (uint8_t *)strchrnul((char *)p, c) != p + first) bad("strchr", n, a, end);
	if ((uint8_t *)strrchr((char *)p, c) != p + last || memrchr(p, c, n + 1) != p + last) bad("strrchr", n, a, end);
	if (memchr(p, c, n + 1) != p + first || memchr(p, c, first) || (first < n && memchr(p, c, ~(size_t)0) != p + first)) bad("memchr", n, a, end);
	if (strcspn((char *)p, (char[]){c, 0}) != first || (n && c && strspn((char *)p, (char[]){p[0], 0}) == 0)) bad("strspn", n, a, end);
	mix(first), mix(last);
}
static void compare(size_t n, unsigned a, unsigned b, int end)
{
	uint8_t *p = place(0, n + 1, a, end), *q = place(1, n + 1, b, end);
	fill(p, n), p[n] = 0;
	for (size_t i = 0; i <= n; i++) q[i] = p[i];
	if (memcmp(p, q, n) || strcmp((char *)p, (char *)q) || strncmp((char *)p, (char *)q, n + 1)) bad("equal", n, a, b);
	for (int k = 0; k < 3 && n; k++) {
		size_t at = k == 0 ? n - 1 : k == 1 ? 0 : rnd() % n; uint8_t old = q[at]; q[at] ^= 1 + rnd() % 255; if (!q[at]) q[at] = old ^ 0x80 ? old ^ 0x80 : 1;
		int want = p[at] == q[at] ? 0 : p[at] < q[at] ? -1 : 1;
		if (sgn(memcmp(p, q, n)) != want || sgn(strcmp((char *)p, (char *)q)) != want || sgn(strncmp((char *)p, (char *)q, n)) != want || strncmp((char *)p, (char *)q, at)) bad("compare", n, a, b);
		mix(want), q[at] = old;
	}
}
static void copy(size_t n, unsigned a, unsigned b, int end)
{
	uint8_t *s = place(0, n + 1, a, end), *d = place(1, n + 1, b, end);
	fill(s, n), s[n] = 0;
	void *(*const f[])(void *, const void *, size_t) = {memcpy, memmove, mempcpy};
	for (int k = 0; k < 3; k++) {
		for (size_t i = 0; i <= n; i++) d[i] = 0xa5;
		if (d > area[1]) d[-1] = 0x5a;
		if (f[k](d, s, n) != (k == 2 ? d + n : d) || d[n] != 0xa5 || (d > area[1] && d[-1] != 0x5a)) bad("copy", n, a, b);
		for (size_t i = 0; i < n; i++) if (d[i] != s[i]) { bad("copy", n, a, b); break; }
	}
	if ((uint8_t *)stpcpy((char *)d, (char *)s) != d + n || d[n]) bad("stpcpy", n, a, b);
	for (size_t i = 0; i < n; i++) d[i] = 1;
	if ((uint8_t *)strcpy((char *)d, (char *)s) != d || d[n]) bad("strcpy", n, a, b);
	for (size_t i = 0; i < n; i++) if (d[i] != s[i]) { bad("strcpy", n, a, b); break; }
	strncpy((char *)d, (char *)s, n + 1);
	uint8_t c = rnd(); memset(d, c, n);
	for (size_t i = 0; i < n; i++) if (d[i] != c) { bad("memset", n, a, b); break; }
	if (d[n]) bad("memset", n, a, b);
	memset(d, 0, n + 1);
	for (size_t i = 0; i <= n; i++) if (d[i]) { bad("memset 0", n, a, b); break; }
	mix(c);
}
static void overlap(size_t n, unsigned a, int by)
{
	static uint8_t want[ROOM];
	uint8_t *s = area[0] + 600 + a, *d = s + by;
	fill(area[0], n + 1300); memcpy(want, area[0], n + 1300);
	for (size_t i = 0; i < n; i++) want[d - area[0] + i] = area[0][s - area[0] + i];
	memmove(d, s, n);
	if (memcmp(want, area[0], n + 1300)) bad("memmove", n, a, by);
	for (size_t i = 0; i < n; i += 61) mix(d[i]);
}
int main(void)
{
	for (int i = 0; i < 2; i++) {
		uint8_t *p = mmap(NULL, ROOM + 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(p, PAGE, PROT_NONE), mprotect(p + PAGE + ROOM, PAGE, PROT_NONE);
		area[i] = p + PAGE;
	}
	static const uint16_t big[] = {511, 512, 513, 767, 1024, 1500, 2047, 4095, 4096, 4097, 6000, 8192, 12345, 16384, 20000};
	for (size_t k = 0; k < 300 + sizeof big / sizeof *big; k++) {
		size_t n = k < 300 ? k : big[k - 300];
		for (unsigned a = 0; a < 33; a += n > 64 ? 5 : 1) scan(n, a, 0);
		scan(n, 0, 1);
		for (unsigned a = 0; a < 20; a += n > 32 ? 3 : 1) { compare(n, a, rnd() % 20, 0), copy(n, a, rnd() % 20, 0); }
		compare(n, 0, 0, 1), copy(n, 0, 0, 1);
		for (int j = 0; j < 12; j++) { unsigned a = rnd() % 32; overlap(n, a, (int)(rnd() % 1200) - 600); }
	}
	printf("%llu %016llx\n", (unsigned long long)calls, (unsigned long long)hash); return 0;
}
E
o="-O1 -fno-builtin -fno-tree-loop-distribute-patterns"
gcc $o s.c -o s && ./s
# By itself, libc takes the one variant that fits what the processor announces; the others are in the archive. Those
# of the oracle's processor it need not have, and SVE is not announced.
[ $(uname -m) = x86_64 ] || nm /usr/lib/*-linux-gnu/libc.a 2>/dev/null | sed -nE '/sve|a64fx/d; s/.* T (__(mem(chr|cpy|move|set)|strlen)_[a-z0-9]+)$/\1/p' | grep -v _chk | sort -u > v
[ -e v ] || echo __memcpy_generic > v
[ -s v ] && while read v; do f=${v#__}; gcc -static $o -D${f%_*}=$(test $(uname -m) = x86_64 && echo memcpy || echo $v) s.c -o t && [ "$(./t)" = "$(./s)" ] || echo $v is wrong; done < v; echo all
