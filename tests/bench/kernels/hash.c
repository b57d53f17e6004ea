/* Hashing: FNV-1a of short strings into an open-addressing table, and a 64-bit mixer of the multiply-and-shift kind. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define SIZE (1u << 16)
static struct { uint64_t hash; uint32_t count; char key[20]; } table[SIZE];
static uint64_t fnv(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;
	while (*s)
		h = (h ^ (unsigned char)*s++) * 0x100000001b3u;
	return h;
}
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}
int main(void)
{
	uint64_t x = 1, sum = 0;
	for (int i = 0; i < 4000000; i++) {
		char key[20];
		unsigned v = (x = mix(x + i)) % 40000, n = 0;
		for (unsigned w = v; w || !n; w /= 10)
			key[n++] = '0' + w % 10;
		key[n++] = 'a' + v % 26;
		key[n] = 0;
		uint64_t h = fnv(key);
		unsigned at = h & (SIZE - 1);
		while (table[at].count && (table[at].hash != h || strcmp(table[at].key, key)))
			at = (at + 1) & (SIZE - 1);
		table[at].hash = h;
		if (!table[at].count++)
			strcpy(table[at].key, key);
		sum += table[at].count ^ h;
	}
	printf("%lu\n", (unsigned long)sum);
}
