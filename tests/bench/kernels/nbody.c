#include <math.h>
#include <stdio.h>
static struct body { double x, y, z, vx, vy, vz, m; } b[5];
int main(void)
{
	for (int i = 0; i < 5; i++)
		b[i] = (struct body){ i * 1.3, 2 - i * 0.7, i * 0.11, 0.1 * i, 0.3 - 0.1 * i, 0, 5.0 / (i + 1) };
	for (int s = 0; s < 1200000; s++) {
		for (int i = 0; i < 5; i++)
			for (int j = i + 1; j < 5; j++) {
				double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
				double d = dx * dx + dy * dy + dz * dz + 0.01, f = 0.001 / (d * sqrt(d));
				b[i].vx -= dx * b[j].m * f; b[i].vy -= dy * b[j].m * f; b[i].vz -= dz * b[j].m * f;
				b[j].vx += dx * b[i].m * f; b[j].vy += dy * b[i].m * f; b[j].vz += dz * b[i].m * f;
			}
		for (int i = 0; i < 5; i++) {
			b[i].x += 0.001 * b[i].vx; b[i].y += 0.001 * b[i].vy; b[i].z += 0.001 * b[i].vz;
		}
	}
	printf("%g %g\n", b[0].x, b[4].z);
}
