/* A byte-code loop: one indirect jump per operation. */
#include <stdio.h>
enum { LOAD, ADD, MUL, XOR, SHR, DEC, JNZ, STOP };
static const unsigned char code[] = { LOAD, 3, ADD, 1, MUL, 2, XOR, 1, SHR, 4, ADD, 3, DEC, 0, JNZ, 2, STOP, 0 };
int main(void)
{
	unsigned long r[5] = { 0, 7, 31, 12345, 3 }, acc = 0, n = 7000000;
	for (const unsigned char *p = code;; p += 2) {
		switch (p[0]) {
		case LOAD: acc = r[p[1]]; break;
		case ADD: acc += r[p[1]]; break;
		case MUL: acc *= r[p[1]]; break;
		case XOR: acc ^= r[p[1]] << 3; break;
		case SHR: acc ^= acc >> r[p[1]]; break;
		case DEC: n--; break;
		case JNZ: if (n) p = code + p[1] - 2; break;
		case STOP: printf("%lu\n", acc); return 0;
		}
	}
}
