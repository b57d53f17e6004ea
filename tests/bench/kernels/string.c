#include <stdio.h>
#include <string.h>
static char a[4096], b[4096];
int main(void)
{
	unsigned long n = 0;
	for (int i = 0; i < 4095; i++)
		a[i] = 'a' + i * 7 % 23;
	memcpy(a + 4000, "needle", 6);
	for (volatile int i = 0; i < 1000000; i++) {
		int off = i & 63, len = 100 + (i * 37 & 1023);
		n += strlen(a + off);
		memcpy(b, a + off, len);
		b[len] = 0;
		n += memcmp(a + off, b, len) + strcmp(a + off, b);
		n += (unsigned long)strchr(b, '~');
		memset(b, i, len >> 1);
		n += (char *)memchr(a + off, 'n', 4000) - a;
		if ((i & 63) == 0)
			n += strstr(a, "needle") - a;
	}
	printf("%lu\n", n);
}
