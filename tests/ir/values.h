/* Random values: the same sequence for the same seed on every machine. */
#ifndef TESTS_IR_VALUES_H
#define TESTS_IR_VALUES_H

#include <stdint.h>

extern uint64_t random_state;

static inline void random_seed(uint64_t seed) { random_state = seed * 2 + 1; }
static inline uint64_t random64(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static inline unsigned below(unsigned n) { return (unsigned)(random64() >> 33) % n; }

/* Often at a boundary of its width. */
static inline uint64_t random_int(void)
{
    static const uint64_t edges[] = {0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
        0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ull};
    uint64_t v = edges[below(sizeof edges / sizeof edges[0])];
    switch (below(5)) {
    case 0: return v;
    case 1: return 0 - v;
    case 2: return 1ull << below(64);
    case 3: return random64() >> below(64);
    default: return random64();
    }
}

/* Often at a boundary of its class. */
static inline uint64_t random_float(unsigned bits)
{
    unsigned frac = bits == 16 ? 10 : bits == 32 ? 23 : 52;
    uint64_t sign = (random64() & 1) << (bits - 1), one = 1ull << frac, top = (1ull << (bits - 1)) - one;
    uint64_t bias = top / one / 2;
    switch (below(12)) {
    case 0: return sign;
    case 1: return sign | top;
    case 2: return sign | top | one / 2 | (random64() & (one / 2 - 1));
    case 3: return sign | top | (1 + random64() % (one / 2 - 1));
    case 4: return sign | (random64() & (one - 1)) >> below(frac);
    case 5: return sign | (top - 1 - (random64() & 3));
    case 6: return sign | (one + (random64() & 3));
    case 7: return sign | bias << frac;
    case 8: return sign | ((bias - 2 + below(6)) << frac) | (random64() & (one - 1));
    case 9: return sign | ((bias + below(frac + 3)) << frac) | (random64() & (one - 1) & ~0ull << below(frac));
    case 10: return sign | ((bias + frac - 4 + below(10)) << frac) | (random64() & (one - 1));
    default: return random64() & (bits == 64 ? ~0ull : (1ull << bits) - 1);
    }
}

#endif
