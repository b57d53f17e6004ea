#include <stdint.h>
#include <string.h>

#include "syscall/bpf.h"

enum { DATA_SIZE = 64 /* sizeof(struct seccomp_data) */ };

/* Is the instruction at i of n one of those allowed, with operands in range? */
static bool known(const struct sock_filter *f, unsigned i, unsigned n)
{
    switch (f->code) {
    case BPF_LD | BPF_W | BPF_ABS: return f->k < DATA_SIZE && !(f->k & 3);
    case BPF_LD | BPF_W | BPF_LEN: case BPF_LDX | BPF_W | BPF_LEN:
    case BPF_LD | BPF_IMM: case BPF_LDX | BPF_IMM:
    case BPF_MISC | BPF_TAX: case BPF_MISC | BPF_TXA:
    case BPF_RET | BPF_K: case BPF_RET | BPF_A:
    case BPF_ALU | BPF_ADD | BPF_K: case BPF_ALU | BPF_ADD | BPF_X:
    case BPF_ALU | BPF_SUB | BPF_K: case BPF_ALU | BPF_SUB | BPF_X:
    case BPF_ALU | BPF_MUL | BPF_K: case BPF_ALU | BPF_MUL | BPF_X:
    case BPF_ALU | BPF_AND | BPF_K: case BPF_ALU | BPF_AND | BPF_X:
    case BPF_ALU | BPF_OR | BPF_K: case BPF_ALU | BPF_OR | BPF_X:
    case BPF_ALU | BPF_XOR | BPF_K: case BPF_ALU | BPF_XOR | BPF_X:
    case BPF_ALU | BPF_DIV | BPF_X: case BPF_ALU | BPF_LSH | BPF_X: case BPF_ALU | BPF_RSH | BPF_X:
    case BPF_ALU | BPF_NEG:
        return true;
    case BPF_ALU | BPF_DIV | BPF_K: return f->k != 0;
    case BPF_ALU | BPF_LSH | BPF_K: case BPF_ALU | BPF_RSH | BPF_K: return f->k < 32;
    case BPF_LD | BPF_MEM: case BPF_LDX | BPF_MEM: case BPF_ST: case BPF_STX: return f->k < BPF_MEMWORDS;
    case BPF_JMP | BPF_JA: return f->k < n - i - 1;
    case BPF_JMP | BPF_JEQ | BPF_K: case BPF_JMP | BPF_JEQ | BPF_X:
    case BPF_JMP | BPF_JGE | BPF_K: case BPF_JMP | BPF_JGE | BPF_X:
    case BPF_JMP | BPF_JGT | BPF_K: case BPF_JMP | BPF_JGT | BPF_X:
    case BPF_JMP | BPF_JSET | BPF_K: case BPF_JMP | BPF_JSET | BPF_X:
        return i + f->jt + 1 < n && i + f->jf + 1 < n;
    default: return false;
    }
}

/* Is every memory word stored on every path before it is loaded? Jumps go forward only, so one pass tells. */
static bool memory_set(const struct sock_filter *p, unsigned n)
{
    uint16_t at[BPF_MAXINSNS], set = 0;
    memset(at, 0xff, sizeof at);
    for (unsigned i = 0; i < n; i++) {
        set &= at[i];
        switch (p[i].code) {
        case BPF_ST: case BPF_STX: set |= 1 << p[i].k; break;
        case BPF_LD | BPF_MEM: case BPF_LDX | BPF_MEM:
            if (!(set >> p[i].k & 1)) return false;
            break;
        case BPF_JMP | BPF_JA:
            at[i + 1 + p[i].k] &= set;
            set = 0xffff;
            break;
        default:
            if (BPF_CLASS(p[i].code) != BPF_JMP) break;
            at[i + 1 + p[i].jt] &= set;
            at[i + 1 + p[i].jf] &= set;
            set = 0xffff;
        }
    }
    return true;
}

bool bpf_check(const struct sock_filter *p, unsigned n)
{
    if (!n || n > BPF_MAXINSNS || BPF_CLASS(p[n - 1].code) != BPF_RET) return false;
    for (unsigned i = 0; i < n; i++)
        if (!known(&p[i], i, n)) return false;
    return memory_set(p, n);
}

static uint32_t compute(unsigned op, uint32_t a, uint32_t b)
{
    switch (op) {
    case BPF_ADD: return a + b;
    case BPF_SUB: return a - b;
    case BPF_MUL: return a * b;
    case BPF_DIV: return a / b;
    case BPF_AND: return a & b;
    case BPF_OR: return a | b;
    case BPF_XOR: return a ^ b;
    case BPF_LSH: return a << (b & 31);
    case BPF_RSH: return a >> (b & 31);
    default: return -a;
    }
}

static bool holds(unsigned op, uint32_t a, uint32_t b)
{
    return op == BPF_JEQ ? a == b : op == BPF_JGE ? a >= b : op == BPF_JGT ? a > b : (a & b) != 0;
}

uint32_t bpf_run(const struct sock_filter *p, const uint32_t *data, unsigned words)
{
    uint32_t a = 0, x = 0, mem[BPF_MEMWORDS];
    for (;; p++) {
        uint32_t b = BPF_SRC(p->code) == BPF_X ? x : p->k;
        switch (BPF_CLASS(p->code)) {
        case BPF_RET: return BPF_RVAL(p->code) == BPF_A ? a : p->k;
        case BPF_LD: case BPF_LDX: {
            unsigned mode = BPF_MODE(p->code);
            uint32_t v = mode == BPF_ABS ? data[p->k / 4] : mode == BPF_MEM ? mem[p->k] : mode == BPF_LEN ? words * 4 : p->k;
            if (BPF_CLASS(p->code) == BPF_LD) a = v; else x = v;
            break;
        }
        case BPF_ST: mem[p->k] = a; break;
        case BPF_STX: mem[p->k] = x; break;
        case BPF_ALU:
            if (BPF_OP(p->code) == BPF_DIV && !b) return 0;     /* as the kernel: the verdict is 0 */
            a = compute(BPF_OP(p->code), a, b);
            break;
        case BPF_JMP:
            if (BPF_OP(p->code) == BPF_JA) p += p->k;
            else p += holds(BPF_OP(p->code), a, b) ? p->jt : p->jf;
            break;
        case BPF_MISC:
            if (BPF_MISCOP(p->code) == BPF_TAX) x = a; else a = x;
            break;
        }
    }
}
