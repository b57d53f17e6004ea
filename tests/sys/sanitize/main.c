/* One mistake of each kind that a sanitizer finds, by name. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int shared, counted;

static void *count(void *a)
{
    for (int i = 0; i < 1000; i++) shared++;
    __atomic_store_n(&counted, 1, __ATOMIC_RELAXED);
    return a;
}

/* One after the other, so that the runtime remembers the first one's accesses when it sees the second's; but nothing orders them. */
static void race(void)
{
    pthread_t t;
    pthread_create(&t, NULL, count, NULL);
    while (!__atomic_load_n(&counted, __ATOMIC_RELAXED)) sched_yield();
    count(NULL);
    pthread_join(t, NULL);
}

/* Below the top that is usual here, and above it where that is asked for. */
static int placed(void)
{
    unsigned long usual = sizeof(void *) == 8 && strcmp(GUEST, "riscv64") ? 1ul << 47 : 1ul << 38, high = 0x600000000000;
    char *anywhere = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *there = mmap((void *)high, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *huge = mmap(NULL, 1ul << 42, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *beyond = mmap((void *)(1ul << 47), 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return (unsigned long)anywhere < usual && (unsigned long)&usual < usual && (unsigned long)placed < usual && (unsigned long)there == high &&
        huge != MAP_FAILED && beyond == MAP_FAILED;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    char *p = malloc(16);
    if (!strcmp(what, "overflow")) p[argc + 14] = 1;
    if (!strcmp(what, "after")) free(p), p[argc] = 1;
    if (!strcmp(what, "shift")) printf("%d\n", 1 << (argc + 30 + shared));
    if (!strcmp(what, "race")) race();
    if (!strcmp(what, "placed")) puts(placed() ? "placed well" : "placed badly");
    if (strcmp(what, "after")) free(p);
    puts("end");
    return 0;
}
