#include "runtime/title.h"

#include <linux/prctl.h>
#include <stdint.h>
#include <string.h>

#include "runtime/host.h"

extern const char __executable_start[], etext[], edata[], end[];

/* End of the strings from `at` on that stand one behind the other, as the kernel puts them; NULL if they do not. */
static const char *strings_end(const char *at, const char *const *v)
{
    for (; *v; v++) {
        if (*v != at)
            return NULL;
        at += strlen(at) + 1;
    }
    return at;
}

void title_set(const char *const *argv, char *const *envp)
{
    const char *arg_end = argv[0] ? strings_end(argv[0], argv) : NULL;
    if (!arg_end)
        return;
    const char *env_end = strings_end(arg_end, (const char *const *)envp);
    uint64_t brk = (uint64_t)host_syscall(__NR_brk, 0);
    /* The kernel wants all of it at once (mm_struct's fields); what does not concern us stays as good as it was. */
    struct prctl_mm_map map = {
        .start_code = (uint64_t)__executable_start, .end_code = (uint64_t)etext,
        .start_data = (uint64_t)etext, .end_data = (uint64_t)edata,
        .start_brk = brk, .brk = brk, .start_stack = (uint64_t)argv,
        .arg_start = (uint64_t)argv[0], .arg_end = (uint64_t)arg_end,
        .env_start = (uint64_t)arg_end, .env_end = (uint64_t)(env_end ? env_end : arg_end),
        .exe_fd = (uint32_t)-1,
    };
    host_syscall(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);
}
