/*
 * Runs every floating-point instruction of the guest in every mode on chosen operands, and prints a line for
 * each instruction and mode: a hash of results and flags. Two machines that agree print the same.
 *
 *   main flags|plain SEED AMOUNT [INSTRUCTION [MODE]]    with the last two: every case of them, in full
 *
 * Half of the cases pair special values, going through all pairs as modes and instructions go by; the others are
 * random, weighted towards the edges of exponents and fractions and towards operands that are close relatives.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "float.h"

static uint64_t state;
static uint64_t random64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}
static unsigned below(unsigned n) { return (unsigned)(random64() >> 32) % n; }

/* ---- values ---- */

struct format { unsigned bits, frac; };
static struct format format_of(char c)
{
    return c == 'h' ? (struct format){16, 10} : c == 'b' ? (struct format){16, 7} : c == 's' ? (struct format){32, 23} : c == 'd' ? (struct format){64, 52}
         : (struct format){c == 'w' ? 32 : 64, 0};
}
static uint64_t ones(unsigned n) { return n >= 64 ? ~0ull : (1ull << n) - 1; }

/* Exponent (unbiased) and top fraction bits of a float. */
static uint64_t make(struct format f, bool sign, int exp, uint64_t frac)
{
    int bias = (1 << (f.bits - 2 - f.frac)) - 1, field = exp + bias;
    if (field < 0)
        field = 0;
    if (field > 2 * bias + 1)
        field = 2 * bias + 1;
    return (uint64_t)sign << (f.bits - 1) | (uint64_t)field << f.frac | (frac & ones(f.frac));
}

enum { SPECIALS = 26 };
static uint64_t special_float(struct format f, unsigned i)
{
    int top = (1 << (f.bits - 2 - f.frac)), least = 2 - top;    /* of infinity; of the smallest normal number */
    uint64_t all = ones(f.frac), high = 1ull << (f.frac - 1);
    bool sign = i >= SPECIALS / 2;
    switch (i % (SPECIALS / 2)) {
    case 0: return make(f, sign, least - 1, 0);
    case 1: return make(f, sign, least - 1, 1);
    case 2: return make(f, sign, least - 1, all);
    case 3: return make(f, sign, least, 0);
    case 4: return make(f, sign, least, all);
    case 5: return make(f, sign, -1, all);
    case 6: return make(f, sign, 0, 0);
    case 7: return make(f, sign, 0, 1);
    case 8: return make(f, sign, 1, sign ? high : 0);
    case 9: return make(f, sign, top - 1, all);
    case 10: return make(f, sign, top, 0);
    case 11: return make(f, sign, top, sign ? high | 5 : high);
    default: return make(f, sign, top, sign ? high - 1 : 3);
    }
}

static uint64_t random_fraction(unsigned bits)
{
    switch (below(8)) {
    case 0: return 0;
    case 1: return ones(bits);
    case 2: return 1ull << below(bits);
    case 3: return ones(bits) ^ 1ull << below(bits);
    case 4: return ones(bits) & ~ones(below(bits));
    case 5: return ones(below(bits));
    default: return random64() & ones(bits);
    }
}

static uint64_t random_float(struct format f)
{
    int top = (1 << (f.bits - 2 - f.frac)), least = 2 - top, exp;
    switch (below(12)) {
    case 0: exp = least - 1; break;
    case 1: exp = least + (int)below(3); break;
    case 2: exp = top - (int)below(3); break;
    case 3: exp = (int)below(2 * f.frac) - (int)f.frac; break;
    case 4: exp = 29 + (int)below(6); break;
    case 5: exp = 61 + (int)below(6); break;
    case 6: exp = 14 + (int)below(4); break;
    /* The edges of the narrower formats. */
    case 7: exp = -150 + (int)below(30); break;
    case 8: exp = -26 + (int)below(14); break;
    case 9: exp = 125 + (int)below(6); break;
    default: exp = least + (int)below((unsigned)(top - least)); break;
    }
    if (exp < least - 1 || exp > top)
        exp = (int)below(9) - 4;
    uint64_t frac = random_fraction(f.frac);
    if (!below(3) && f.frac > 23)           /* around what a narrower format can hold */
        frac = (frac & ~ones(below(2) ? 29 : 42)) + (uint64_t)(below(5) - 2ull) + (below(2) ? 1ull << (below(2) ? 28 : 41) : 0);
    else if (!below(4) && f.frac > 10)
        frac = (frac & ~ones(f.frac - 10)) + (uint64_t)(below(5) - 2ull) + (below(2) ? 1ull << (f.frac - 11) : 0);
    return make(f, below(2), exp, frac);
}

static uint64_t random_int(unsigned bits)
{
    uint64_t v = below(3) ? random64() >> below(64) : random_fraction(bits) + below(3) - 1;
    if (!below(3))
        v <<= below(bits);
    return (below(2) ? v : 0 - v) & ones(bits);
}
static uint64_t special_int(unsigned bits, unsigned i)
{
    static const uint64_t values[SPECIALS / 2] = {0, 1, 2, 0xff, 0x7ff, 0x801, 0xffff, 0xffffff, 0x1000001, 0x7fffffff, 0x80000000,
                                                  0x1fffffffffffff, 0x7fffffffffffffff};
    uint64_t v = values[i % (SPECIALS / 2)];
    return (i < SPECIALS / 2 ? v : ~v) & ones(bits);
}

/* A factor or divisor with which a gives a little less, or more, than a power of two around the smallest normal number. */
static uint64_t almost_least(struct format f, uint64_t a)
{
    uint64_t mask = ones(f.bits - 1 - f.frac), exp = a >> f.frac & mask, bias = mask / 2, frac = a & ones(f.frac);
    bool divide = below(2);
    if (divide) {
        frac = (frac + below(3)) & ones(f.frac);
        exp = exp + bias - below(3);
    } else {
        unsigned __int128 two = (unsigned __int128)1 << (2 * f.frac + 1);
        frac = ((uint64_t)(two / (frac | 1ull << f.frac)) + below(3) - 1) & ones(f.frac);
        exp = bias + below(3) - exp;
    }
    return (uint64_t)below(2) << (f.bits - 1) | (exp & mask) << f.frac | frac;
}

/* Something close to a: the same, its negative, a neighbour, or what makes product or quotient small or large. */
static uint64_t relative(struct format f, uint64_t a)
{
    uint64_t sign = 1ull << (f.bits - 1), field = ones(f.bits - 1 - f.frac);
    uint64_t exp = a >> f.frac & field, bias = field / 2;
    switch (below(8)) {
    case 0: return a ^ sign;
    case 1: return (a + below(3) - 1) ^ (below(2) ? sign : 0);
    case 2: return (a & ~(field << f.frac)) | ((exp - below(f.frac + 3)) & field) << f.frac;
    case 3: return (random_float(f) & ~(field << f.frac)) | ((bias - exp + below(4)) & field) << f.frac;
    case 4: return (random_float(f) & ~(field << f.frac)) | ((bias + exp + below(4)) & field) << f.frac;
    case 5: case 6: return almost_least(f, a);
    default: return random_float(f);
    }
}

static struct value repeat(unsigned bits, uint64_t (*lane)(struct format, uint64_t), struct format f, uint64_t first, const struct value *other)
{
    struct value v = {first, 0};
    for (unsigned at = bits; at < 128; at += bits) {
        uint64_t o = other ? (at < 64 ? other->lo >> at : other->hi >> (at - 64)) & ones(bits) : 0, x = lane(f, o);
        if (at < 64)
            v.lo |= x << at;
        else
            v.hi |= x << (at - 64);
    }
    return v;
}

static uint64_t any_float(struct format f, uint64_t other) { (void)other; return below(4) ? random_float(f) : special_float(f, below(SPECIALS)); }
static uint64_t near_float(struct format f, uint64_t other) { return below(2) ? relative(f, other) : any_float(f, other); }
static uint64_t any_int(struct format f, uint64_t other) { (void)other; return random_int(f.bits); }

static struct value operand(char c, bool special, unsigned which, const struct value *before)
{
    struct format f = format_of(c);
    if (!f.frac)
        return repeat(f.bits, any_int, f, special ? special_int(f.bits, which) : random_int(f.bits), NULL);
    uint64_t (*lane)(struct format, uint64_t) = before ? near_float : any_float;
    uint64_t first = special ? special_float(f, which) : lane(f, before ? before->lo & ones(f.bits) : 0);
    return repeat(f.bits, lane, f, first, before);
}

/* ---- cases ---- */

static void make_case(const struct op *op, uint64_t number, struct io *io)
{
    memset(io, 0, sizeof *io);
    bool special = number & 1;
    uint64_t pick = (number >> 1) * 7919;       /* prime: goes through all combinations, neighbours far apart */
    for (unsigned i = 0; op->formats[i]; i++) {
        char c = op->formats[i];
        bool same = i && c == op->formats[i - 1];
        struct value v = operand(c, special, pick % SPECIALS, same ? &io->in[i - 1] : NULL);
        io->in[i] = v;
        pick /= SPECIALS;
    }
    for (unsigned i = 0; op->formats[i]; i++)
        io->in[i] = boxed(op->formats[i], io->in[i], below(256));
    if (op->formats[0] && !op->formats[1])
        io->in[2] = (struct value){random64(), random64()};
    io->conditions = (uint64_t)below(16) << 28;
    io->raised = below(4) ? 0 : random64() & status_bits;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9fb21c651e98df25;
    return h ^ h >> 29;
}

static void print_case(unsigned i, const struct io *before, const struct io *io)
{
    printf("%u:", i);
    for (unsigned k = 0; k < 3; k++)
        printf(" %016llx.%016llx", (unsigned long long)before->in[k].hi, (unsigned long long)before->in[k].lo);
    printf(" status %llx nzcv %x gives %016llx.%016llx integer %llx status %llx nzcv %x\n", (unsigned long long)before->raised, (unsigned)(before->conditions >> 28), (unsigned long long)io->out.hi,
           (unsigned long long)io->out.lo, (unsigned long long)io->integer, (unsigned long long)io->raised, (unsigned)(io->conditions >> 28));
}

static void run(const struct op *op, unsigned index, unsigned mode, bool flags, uint64_t seed, unsigned amount, bool show)
{
    uint64_t h = 0;
    state = seed * 0x100000001b3 + index * 1000003ull + mode;
    mode_enter(mode);       /* nothing in this loop but `code` computes with floats */
    for (unsigned i = 0; i < amount; i++) {
        struct io io, before;
        make_case(op, seed + (uint64_t)mode * amount + i, &io);
        before = io;
        if (flags)
            execute(op->code, &io);
        else
            execute_plain(op->code, &io);
        if (show)
            print_case(i, &before, &io);
        h = mix(mix(mix(mix(mix(h, io.out.lo), io.out.hi), io.integer), io.raised), io.conditions);
    }
    mode_leave();
    if (!show)
        printf("%s | %s | %u %016llx\n", op->name, mode_name(mode), amount, (unsigned long long)h);
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 6)
        return 2;
    bool flags = !strcmp(argv[1], "flags");
    uint64_t seed = strtoull(argv[2], NULL, 0);
    unsigned amount = (unsigned)strtoul(argv[3], NULL, 0);
    for (unsigned i = 0; ops[i].code; i++) {
        if ((argc > 4 && strcmp(ops[i].name, argv[4])) || (!flags && strstr(ops[i].name, "fpsr")))
            continue;
        for (unsigned mode = 0; mode < nmodes; mode++) {
            if (!mode_uses(mode, &ops[i]) || (argc == 6 && strcmp(mode_name(mode), argv[5])))
                continue;
            run(&ops[i], i, mode, flags, seed, amount, argc == 6);
        }
    }
    return 0;
}
