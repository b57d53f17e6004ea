#include <stdio.h>
#include <string.h>
static unsigned k[64], h[8];
static unsigned ror(unsigned x, int n) { return x >> n | x << (32 - n); }
static void block(const unsigned char *p)
{
	unsigned w[64], s[8];
	for (int i = 0; i < 16; i++)
		w[i] = p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(s, h, sizeof s);
	for (int i = 0; i < 64; i++) {
		unsigned t = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) + (s[6] ^ (s[4] & (s[5] ^ s[6]))) + k[i] + w[i];
		unsigned u = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) + ((s[0] & s[1]) | (s[2] & (s[0] | s[1])));
		memmove(s + 1, s, 7 * sizeof *s);
		s[4] += t;
		s[0] = t + u;
	}
	for (int i = 0; i < 8; i++)
		h[i] += s[i];
}
int main(void)
{
	unsigned char data[64];
	unsigned x = 1;
	for (int i = 0; i < 64; i++)
		k[i] = x = x * 1664525 + 1013904223;
	for (int i = 0; i < 240000; i++) {
		memset(data, i, sizeof data);
		block(data);
	}
	printf("%08x\n", h[0]);
}
