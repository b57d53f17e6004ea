/* Pointer chasing: through memory in an order that nothing predicts, in the cache and beyond it. */
#include <stdio.h>
#include <stdlib.h>
struct cell { struct cell *next; long value; };
static long walk(unsigned n, long steps)
{
	struct cell *cells = malloc(n * sizeof *cells), *p = cells;
	unsigned *order = malloc(n * sizeof *order), x = 1;
	long sum = 0;
	for (unsigned i = 0; i < n; i++)
		order[i] = i;
	for (unsigned i = n - 1; i; i--) {
		unsigned j = (x = x * 1103515245 + 12345) >> 4, k;
		j %= i;
		k = order[i];
		order[i] = order[j];
		order[j] = k;
	}
	for (unsigned i = 0; i < n; i++)
		cells[order[i]] = (struct cell){ &cells[order[(i + 1) % n]], i };
	while (steps--) {
		sum += p->value & 1 ? p->value : -1;
		p = p->next;
	}
	free(cells);
	free(order);
	return sum;
}
int main(void)
{
	long sum = 0;
	for (int i = 0; i < 40; i++)
		sum += walk(1000, 2000000);
	printf("%ld %ld\n", sum, walk(1 << 20, 4000000));
}
