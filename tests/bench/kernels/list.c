/* Linked list, state machine and integer matrix: the mix of a core benchmark. */
#include <stdio.h>
#define N 600
struct node { struct node *next; int key, val; };
static struct node pool[N];
static short a[24][24], b[24][24];
static unsigned crc(unsigned c, unsigned v)
{
	for (int i = 0; i < 16; i++, v >>= 1)
		c = (c ^ v) & 1 ? c >> 1 ^ 0xa001 : c >> 1;
	return c;
}
static struct node *reverse(struct node *l)
{
	struct node *r = 0;
	while (l) {
		struct node *n = l->next;
		l->next = r;
		r = l;
		l = n;
	}
	return r;
}
static int state(const char *s)
{
	int st = 0, hist[5] = { 0 };
	for (; *s; s++) {
		switch (st) {
		case 0: st = *s >= '0' && *s <= '9' ? 1 : *s == '-' ? 2 : *s == ' ' ? 0 : 4; break;
		case 1: st = *s == '.' ? 3 : *s == ' ' ? 0 : *s >= '0' && *s <= '9' ? 1 : 4; break;
		case 2: st = *s >= '0' && *s <= '9' ? 1 : 4; break;
		case 3: st = *s == ' ' ? 0 : *s >= '0' && *s <= '9' ? 3 : 4; break;
		case 4: st = *s == ' ' ? 0 : 4; break;
		}
		hist[st]++;
	}
	return hist[0] + hist[1] * 3 + hist[3] * 5 + hist[4] * 7;
}
int main(void)
{
	unsigned c = 0;
	struct node *l = 0;
	for (int i = 0; i < N; i++) {
		pool[i] = (struct node){ l, i * 37 % N, i };
		l = &pool[i];
	}
	for (int it = 0; it < 80000; it++) {
		l = reverse(l);
		int key = it % N;
		struct node *p = l;
		while (p && p->key != key)
			p = p->next;
		c = crc(c, p ? p->val : 0);
		c = crc(c, state("12 -7 3.14 abc 99.9 -x 1.2.3 500 hello 0 -12.5 7"));
		for (int i = 0; i < 24; i++)
			for (int j = 0; j < 24; j++)
				a[i][j] += b[j][i] + it;
		int s = 0;
		for (int i = 0; i < 24; i++)
			for (int k = 0; k < 24; k++)
				s += a[i][k] * a[k][i];
		b[it % 24][(it >> 3) % 24] = s;
		c = crc(c, s & 0xffff);
	}
	printf("%u\n", c);
}
