/* Integer loops that compilers vectorise (-O3): blending of bytes, sums of differences, widening products, a search for the greatest. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#define N 8192
static uint8_t p[N], q[N], out[N];
static int16_t u[N], v[N];
static int32_t w[N];
int main(void)
{
	uint64_t total = 0;
	for (int i = 0; i < N; i++) {
		p[i] = i * 7;
		q[i] = i * 13 + 5;
		u[i] = i * 31;
		v[i] = i * 17 - 4000;
	}
	for (int r = 0; r < 24000; r++) {
		unsigned sad = 0, alpha = r & 255;
		int32_t dot = 0, best = INT32_MIN;
		for (int i = 0; i < N; i++)
			out[i] = (p[i] * alpha + q[i] * (255 - alpha)) >> 8;
		for (int i = 0; i < N; i++)
			sad += abs(out[i] - q[i]);
		for (int i = 0; i < N; i++)
			dot += u[i] * v[i];
		for (int i = 0; i < N; i++)
			w[i] = (w[i] ^ u[i]) + (v[i] << 3);
		for (int i = 0; i < N; i++)
			best = w[i] > best ? w[i] : best;
		total += sad + dot + best;
	}
	printf("%lu\n", (unsigned long)total);
}
