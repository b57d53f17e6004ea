/* Thousands of threads that end at the same moment, on one another's heels. */
#include "t.h"
#include <linux/futex.h>

enum { THREADS = 4000 };
static int go;

static void *wait_and_leave(void *unused)
{
    while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE)) syscall(SYS_futex, &go, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return NULL;
}

int main(void)
{
    static pthread_t t[THREADS];
    int made = 0, joined = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 131072);
    for (; made < THREADS && pthread_create(&t[made], &small, wait_and_leave, NULL) == 0; made++)
        ;
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &go, FUTEX_WAKE_PRIVATE, THREADS, NULL, NULL, 0);
    for (int i = 0; i < made; i++) joined += pthread_join(t[i], NULL) == 0;
    printf("%d made, %d joined\n", made, joined);
    return 0;
}
