/* What tests/elf/mutate.c damages: a program with a constructor, initialised and zero data, and thread-local storage. */
#include <stdio.h>

static char zeros[5000];
static const char *volatile text = "hello";
static __thread int counter = 3;

__attribute__((constructor)) static void before(void)
{
    counter++;
}

int main(int argc, char **argv)
{
    printf("%s %d %d %d\n", text, argc, counter, zeros[sizeof zeros - 1]);
    return counter == 4 ? 0 : 1;
}
