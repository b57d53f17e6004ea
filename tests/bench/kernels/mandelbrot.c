#include <stdio.h>
int main(void)
{
	long in = 0;
	for (int y = 0; y < 320; y++)
		for (int x = 0; x < 320; x++) {
			double cr = x / 160.0 - 1.5, ci = y / 160.0 - 1, zr = 0, zi = 0;
			int i = 0;
			for (; i < 1500 && zr * zr + zi * zi < 4; i++) {
				double t = zr * zr - zi * zi + cr;
				zi = 2 * zr * zi + ci;
				zr = t;
			}
			in += i == 1500;
		}
	printf("%ld\n", in);
}
