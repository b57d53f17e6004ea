/* CRC-32 by table, eight bytes at a time, and bit by bit. */
#include <stdint.h>
#include <stdio.h>
static uint32_t t[8][256];
static uint8_t data[1 << 16];
static uint32_t by_bit(uint32_t c, const uint8_t *p, unsigned n)
{
	while (n--) {
		c ^= *p++;
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (0xedb88320 & -(c & 1));
	}
	return c;
}
static uint32_t by_table(uint32_t c, const uint8_t *p, unsigned n)
{
	for (; n >= 8; n -= 8, p += 8) {
		c ^= p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
		c = t[7][c & 255] ^ t[6][c >> 8 & 255] ^ t[5][c >> 16 & 255] ^ t[4][c >> 24] ^ t[3][p[4]] ^ t[2][p[5]] ^ t[1][p[6]] ^ t[0][p[7]];
	}
	return c;
}
int main(void)
{
	uint32_t c = ~0u, x = 1;
	for (unsigned i = 0; i < sizeof data; i++)
		data[i] = (x = x * 1664525 + 1013904223) >> 24;
	for (int i = 0; i < 256; i++) {
		uint8_t b = i;
		t[0][i] = by_bit(0, &b, 1);
	}
	for (int k = 1; k < 8; k++)
		for (int i = 0; i < 256; i++)
			t[k][i] = t[k - 1][i] >> 8 ^ t[0][t[k - 1][i] & 255];
	for (int i = 0; i < 6000; i++)
		c = by_table(c, data, sizeof data);
	for (int i = 0; i < 250; i++)
		c = by_bit(c, data, sizeof data);
	printf("%08x\n", c);
}
