#include <stdio.h>
#include <stdlib.h>
struct tree { struct tree *l, *r; };
static struct tree *make(int depth)
{
	struct tree *t = malloc(sizeof *t);
	t->l = depth ? make(depth - 1) : 0;
	t->r = depth ? make(depth - 1) : 0;
	return t;
}
static long count(struct tree *t)
{
	return t ? 1 + count(t->l) + count(t->r) : 0;
}
static void drop(struct tree *t)
{
	if (!t)
		return;
	drop(t->l);
	drop(t->r);
	free(t);
}
int main(void)
{
	long n = 0;
	for (int i = 0; i < 330; i++) {
		struct tree *t = make(14);
		n += count(t);
		drop(t);
	}
	printf("%ld\n", n);
}
