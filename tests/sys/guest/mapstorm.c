/* Threads that map, unmap, move and generate code at once, some forking meanwhile: what each wrote stays its own. */
#include "t.h"

enum { THREADS = 6, ROUNDS = 400, SLOTS = 12 };

struct slot { unsigned long *p; size_t pages; unsigned long tag; };

static void check(const struct slot *s)
{
    for (size_t i = 0; i < s->pages; i++)
        if (s->p[i * 512] != s->tag + i) { printf("page %zu of %p: %lx, not %lx\n", i, (void *)s->p, s->p[i * 512], s->tag + i); exit(1); }
}

static void fill(struct slot *s) { for (size_t i = 0; i < s->pages; i++) s->p[i * 512] = s->tag + i; }

static void *worker(void *arg)
{
    unsigned long me = (unsigned long)arg, seed = me * 7919 + 1;
    struct slot slots[SLOTS] = { { 0 } };
    unsigned char *x = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(x != MAP_FAILED);
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 6364136223846793005ul + 1442695040888963407ul;
        struct slot *s = &slots[(seed >> 33) % SLOTS];
        unsigned op = (seed >> 45) % 5;
        if (!s->p) {
            s->pages = 1 + (seed >> 50) % 40;
            s->tag = me << 48 | (unsigned long)i << 16;
            s->p = mmap(NULL, s->pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            must(s->p != MAP_FAILED);
            fill(s);
        } else if (op == 0) {
            check(s);
            must(munmap(s->p, s->pages * 4096) == 0);
            s->p = NULL;
        } else if (op == 1) {
            size_t n = 1 + (seed >> 50) % 60;
            s->p = mremap(s->p, s->pages * 4096, n * 4096, MREMAP_MAYMOVE);
            must(s->p != MAP_FAILED);
            if (n < s->pages) s->pages = n;
            check(s);
            s->pages = n;
            fill(s);
        } else if (op == 2) {
            must(mprotect(s->p, s->pages * 4096, PROT_READ) == 0);
            check(s);
            must(mprotect(s->p, s->pages * 4096, PROT_READ | PROT_WRITE) == 0);
            fill(s);
        } else if (op == 3) {
            size_t n = put_code(x, i & 1023);
            __builtin___clear_cache((char *)x, (char *)x + n);
            must(((int (*)(void))x)() == (i & 1023));
        } else if (i % 8 == 0) {
            pid_t pid = fork();
            must(pid >= 0);
            if (!pid) {
                for (int k = 0; k < SLOTS; k++) if (slots[k].p) check(&slots[k]);
                void *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                _exit(p == MAP_FAILED || munmap(p, 8192));
            }
            int status;
            must(waitpid(pid, &status, 0) == pid);
            if (status) { printf("child: status %x\n", status); exit(1); }
        }
    }
    for (int k = 0; k < SLOTS; k++) if (slots[k].p) check(&slots[k]);
    return NULL;
}

int main(void)
{
    pthread_t t[THREADS];
    for (long i = 0; i < THREADS; i++) must(pthread_create(&t[i], NULL, worker, (void *)(i + 1)) == 0);
    for (int i = 0; i < THREADS; i++) pthread_join(t[i], NULL);
    puts("every page kept what its thread wrote");
    return 0;
}
