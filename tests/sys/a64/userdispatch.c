/* prctl(PR_SET_SYSCALL_USER_DISPATCH): arm64's kernel (6.12) has none, as its system calls do not go through the generic entry. */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>

#define SET 59 /* PR_SET_SYSCALL_USER_DISPATCH */

int main(void)
{
    static char selector;
    int on = prctl(SET, 1, 0, 0, &selector) ? errno : 0, off = prctl(SET, 0, 0, 0, NULL) ? errno : 0;
    if (on != EINVAL || off != EINVAL)
        return printf("on %d, off %d\n", on, off), 1;
    puts("all right");
    return 0;
}
