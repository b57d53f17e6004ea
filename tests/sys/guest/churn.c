/* Many threads that all need new code and indirect jumps all the time: for runs with a small or often emptied cache. */
#include "t.h"

#define F(n) static __attribute__((noinline)) long g##n(long x) { return x % (n + 2) ? x * n + 1 : (x >> 1) ^ n; }
#define F8(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7)
F8(1) F8(2) F8(3) F8(4) F8(5) F8(6) F8(7) F8(8)
#define P8(n) g##n##0, g##n##1, g##n##2, g##n##3, g##n##4, g##n##5, g##n##6, g##n##7
static long (*const volatile table[64])(long) = {P8(1), P8(2), P8(3), P8(4), P8(5), P8(6), P8(7), P8(8)};

static void *churn(void *arg)
{
    long x = (long)arg;
    for (int i = 0; i < 3000; i++) {
        x = table[(unsigned long)(x + i) % 64](x) & 0xfffffffffl;
        if (i % 100 == 0) { char buf[100]; snprintf(buf, sizeof buf, "%ld %s %f", x, "text", (double)x); x += buf[0]; }
    }
    return (void *)x;
}

int main(void)
{
    long sum = 0;
    for (int round = 0; round < 5; round++) {
        pthread_t t[6];
        for (long i = 0; i < 6; i++) must(pthread_create(&t[i], NULL, churn, (void *)i) == 0);
        for (int i = 0; i < 6; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }
    }
    show("sum", sum);
    return 0;
}
