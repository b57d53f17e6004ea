// Many test programs in one: main_N is what was the main of test N (table.h, made by the build). The first
// argument names the test; the others are its own. Without arguments, the names are printed.
#include <stdio.h>
#include <string.h>

#define TEST(number, name) int main_##number(int, char **);
#include "table.h"
#undef TEST

static const struct {
	const char *name;
	int (*main)(int, char **);
} tests[] = {
#define TEST(number, name) {name, main_##number},
#include "table.h"
#undef TEST
};

int main(int argc, char **argv)
{
	for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++)
		if (argc < 2)
			puts(tests[i].name);
		else if (!strcmp(tests[i].name, argv[1]))
			return tests[i].main(argc - 1, argv + 1);
	return argc < 2 ? 0 : 125;
}
