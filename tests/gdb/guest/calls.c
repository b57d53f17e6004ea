/* Functions, variables and types to look at. */
#include <stdio.h>

struct point { int x, y; double d; };
int counter, quiet;
struct point origin = {3, 4, 0.5};
char text[64] = "the text";

__attribute__((noinline)) int add(int a, int b)
{
    int r = a + b;
    counter += r;
    return r;
}

__attribute__((noinline)) double scale(struct point *p, double by)
{
    p->d *= by;
    return p->d + p->x;
}

__attribute__((noinline)) int deep(int n)
{
    if (n == 0)
        return add(1, 2);
    return deep(n - 1) + 1;
}

__attribute__((noinline)) long spin(long n)
{
    volatile long sum = 0;
    for (long i = 0; i < n; i++)
        sum += i;
    quiet = 7;
    return sum;
}

int main(void)
{
    int s = 0;
    for (int i = 0; i < 4; i++)
        s = add(s, i);
    double d = scale(&origin, 3.0);
    int e = deep(5);
    long n = spin(1000000);
    printf("%d %g %d %ld %d %s\n", s, d, e, n, counter, text);
    return s;
}
