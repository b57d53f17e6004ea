#include <stdio.h>
#include <stdlib.h>
#define N 400000
static unsigned v[N];
static int by_value(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return (x > y) - (x < y);
}
int main(void)
{
	unsigned x = 1, sum = 0;
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < N; i++)
			v[i] = x = x * 1103515245 + 12345;
		qsort(v, N, sizeof *v, by_value);
		sum ^= v[N / 2];
	}
	printf("%u\n", sum);
}
