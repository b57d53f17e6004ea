/* Taking packets apart, and gdb's numbering of signals. */
#include <string.h>

#include "runtime/gdb/stub.h"

int gdb_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool gdb_take(const char **p, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*p, word, n))
        return false;
    *p += n;
    return true;
}

uint64_t gdb_take_hex(const char **p)
{
    uint64_t v = 0;
    for (; gdb_hex_digit(**p) >= 0; ++*p)
        v = v << 4 | (unsigned)gdb_hex_digit(**p);
    return v;
}

size_t gdb_take_bytes(const char **p, void *out, size_t max)
{
    uint8_t *to = out;
    size_t n = 0;
    for (; n < max && gdb_hex_digit((*p)[0]) >= 0 && gdb_hex_digit((*p)[1]) >= 0; n++, *p += 2)
        to[n] = (uint8_t)(gdb_hex_digit((*p)[0]) << 4 | gdb_hex_digit((*p)[1]));
    return n;
}

size_t gdb_unescape(char *s, size_t n)
{
    size_t to = 0;
    for (size_t i = 0; i < n; i++)
        s[to++] = s[i] == '}' && i + 1 < n ? s[++i] ^ 0x20 : s[i];
    return to;
}

/* enum gdb_signal (gdb's include/gdb/signals.def) by Linux's number in the generic numbering. */
static const uint8_t gdb_numbers[32] = {
    0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15, 143 /* SIGSTKFLT: unknown */, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23, 32, 12,
};
enum { GDB_UNKNOWN = 143, GDB_REALTIME_33 = 45, GDB_REALTIME_32 = 77, GDB_REALTIME_64 = 78 };

unsigned gdb_of_signal(int signo)
{
    if (signo >= 0 && signo < 32)
        return gdb_numbers[signo];
    if (signo == 32)
        return GDB_REALTIME_32;
    if (signo == 64)
        return GDB_REALTIME_64;
    return signo > 32 && signo < 64 ? GDB_REALTIME_33 + (unsigned)(signo - 33) : GDB_UNKNOWN;
}

int gdb_to_signal(unsigned n)
{
    for (int signo = 1; signo <= 64; signo++)
        if (gdb_of_signal(signo) == n)
            return signo;
    return 0;
}
