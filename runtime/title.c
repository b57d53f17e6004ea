#include "runtime/title.h"

#include <linux/prctl.h>

#include "loader/auxv.h"
#include "runtime/host.h"

bool title_set(void)
{
    const struct ld_vectors *v = &ld_vectors;
    struct prctl_mm_map map = {
        .start_code = v->start_code, .end_code = v->end_code, .start_data = v->start_data, .end_data = v->end_data,
        /* Our own libc's heap ends here: the kernel finds the rest of the address space in the way of every later brk. */
        .start_brk = v->start_brk, .brk = v->start_brk,
        .start_stack = v->stack_start, .arg_start = v->arg_start, .arg_end = v->arg_end,
        .env_start = v->env_start, .env_end = v->env_end,
        .auxv = (void *)v->auxv, .auxv_size = (uint32_t)v->auxv_size, .exe_fd = (uint32_t)-1,
    };
    return host_syscall(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) == 0;
}
