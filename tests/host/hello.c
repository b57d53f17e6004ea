/* Integers, floats and strings through the C library: what a host's CPU features choose code for. */
#include <math.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    volatile double x = argc;
    unsigned h = 5381;
    for (int i = 1; i < argc; i++)
        for (const char *p = argv[i]; *p; p++)
            h = h * 33 ^ (unsigned char)*p;
    char text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    printf("%u %zu %.17g %.17g %.9g\n", h, strlen(text), sin(x), fma(x, x, 0.1), (double)(float)(x / 3));
    for (int i = 0; i < 40; i++)
        printf("%llu ", (unsigned long long)(0x123456789abcdefull >> i) * (unsigned)(i + 1) % 1000);
    printf("\n");
    return 0;
}
