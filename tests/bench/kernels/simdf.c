/* Float loops that compilers vectorise (-O3): a dot product by eight sums, a scaled sum, clamping, a blur. */
#include <stdio.h>
#define N 4096
static float a[N], b[N], c[N + 2];
static double d[N], e[N];
int main(void)
{
	float total = 0;
	for (int i = 0; i < N; i++) {
		a[i] = i % 17 * 0.25f - 2;
		b[i] = i % 23 * 0.125f - 1;
		d[i] = i % 31 * 0.5;
	}
	for (int r = 0; r < 30000; r++) {
		float s[8] = { 0 }, k = r % 7 * 0.1f;
		for (int i = 0; i < N; i += 8)
			for (int j = 0; j < 8; j++)
				s[j] += a[i + j] * b[i + j];
		for (int i = 0; i < N; i++)
			c[i] = a[i] * k + b[i];
		for (int i = 0; i < N; i++)
			c[i] = c[i] > 1 ? 1 : c[i] < -1 ? -1 : c[i];
		for (int i = 0; i < N; i++)
			a[i] = (c[i] + c[i + 1] + c[i + 2]) * 0.3333f;
		for (int i = 0; i < N; i++)
			e[i] = (d[i] - e[i]) * 0.5 + a[i];
		total += s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7];
	}
	printf("%.3g %.3g\n", total, e[77]);
}
