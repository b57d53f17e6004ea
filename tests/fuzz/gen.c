/*
 * Writes a static guest program of random instruction sequences made from the decode tables:
 *     gen GUEST SEED CASES INSNS FILE        (GUEST: aarch64, riscv64)
 * and the instructions of each case, as hex words, to FILE.cases. run.py compares what the
 * program prints under dragoman and under QEMU.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static uint8_t code[64 << 20];
static size_t used;
static uint64_t state;

uint64_t random64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull;    /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

void emit16(uint16_t v) { memcpy(code + used, &v, 2); used += 2; }
void emit32(uint32_t v) { memcpy(code + used, &v, 4); used += 4; }
uint64_t here(void) { return CODE_AT + 0x1000 + used; }

bool accepted(const struct fe_guest *g, uint32_t word)
{
    static struct ir_func fn;
    ir_begin(&fn, CODE_AT, g->slots, g->nslots, g->nan);
    fn.cur_pc = CODE_AT;
    fn.flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
    return g->lift(&fn, (const uint8_t *)&word, 4, 0) && !(fn.flow.kind == IR_FLOW_TRAP && fn.flow.trap == IR_TRAP_UNDEF);
}

/* Values that matter, as integers and as floats of every size, among random ones. */
static uint64_t interesting(void)
{
    static const uint64_t edge[] = {
        0, 1, 2, ~0ull, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, 1ull << 63,
        0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001,
        0xfff8000000001234, 0x0010000000000000, 0x000fffffffffffff, 0x8000000000000001, 0x7fefffffffffffff, 0x4330000000000000,
        0x43e0000000000000, 0xc3e0000000000000, 0x41e0000000000000, 0x3fe0000000000000, 0x4004000000000000,
        0xffffffff3f800000, 0xffffffff7f800000, 0xffffffff7fc00000, 0xffffffff7f800001, 0xffffffff00800000, 0xffffffff4f000000,
        0xffffffffbf000000, 0x3f8000007f800001, 0x7fc00000ff800000, 0x0000000180000000, 0x3c007c007e007c01,
    };
    uint64_t r = random64();
    switch (random_below(8)) {
    case 0: case 1: case 2: return edge[random_below(sizeof edge / sizeof edge[0])];
    case 3: return r & 0xff;
    case 4: return r | 0xffffffff00000000ull;                   /* boxed single, often */
    case 5: return (r & 0x801fffffffffffffull) | (uint64_t)(1000 + random_below(60)) << 52;     /* doubles near 1 */
    case 6: return (r & 0x807fffff807fffffull) | 0x3f8000003f800000ull;                         /* pairs of singles near 1 */
    default: return r;
    }
}

static void write_elf(const char *path, const struct fuzz_guest *g)
{
    static uint8_t data[DATA_SIZE];
    for (size_t i = 0; i < INPUTS * BLOCK; i += 8) {
        uint64_t v = interesting();
        memcpy(data + (IN_AT - DATA_AT) + i, &v, 8);
    }
    Elf64_Ehdr eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_EXEC, .e_machine = g->machine,
                     .e_version = 1, .e_entry = CODE_AT + 0x1000, .e_phoff = sizeof eh, .e_flags = g->elf_flags,
                     .e_ehsize = sizeof eh, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
    size_t text = (0x1000 + used + 0xfff) & ~0xffful;
    Elf64_Phdr ph[2] = {
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 0, .p_vaddr = CODE_AT, .p_paddr = CODE_AT, .p_filesz = text, .p_memsz = text, .p_align = 0x1000},
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = text, .p_vaddr = DATA_AT, .p_paddr = DATA_AT, .p_filesz = DATA_SIZE, .p_memsz = DATA_SIZE, .p_align = 0x1000},
    };
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(&eh, sizeof eh, 1, f) != 1 || fwrite(ph, sizeof ph, 1, f) != 1 || fseek(f, 0x1000, SEEK_SET) ||
        fwrite(code, 1, used, f) != used || fseek(f, (long)text, SEEK_SET) || fwrite(data, 1, DATA_SIZE, f) != DATA_SIZE || fclose(f) || chmod(path, 0755)) {
        perror(path);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: gen GUEST SEED CASES INSNS FILE\n");
        return 2;
    }
    const struct fuzz_guest *g = strcmp(argv[1], fuzz_a64.name) ? &fuzz_rv64 : &fuzz_a64;
    char message[160];
    for (unsigned i = 0; fe_guests[i]; i++)
        if (!fe_select_cpu(fe_guests[i], NULL, message, sizeof message))
            return 2;
    state = strtoull(argv[2], NULL, 0) * 0x1234567ull + 99;
    unsigned cases = (unsigned)atoi(argv[3]), insns = (unsigned)atoi(argv[4]);
    char name[4096];
    snprintf(name, sizeof name, "%s.cases", argv[5]);
    FILE *list = fopen(name, "w");
    if (!list)
        return perror(name), 2;
    g->prologue();
    for (unsigned c = 0; c < cases && used < sizeof code - 65536; c++) {
        g->case_begin();
        uint64_t loop = here();
        g->load();
        size_t begin = used;
        for (unsigned n = 0; n < insns;)
            n += g->random_insn(&g->rows[random_below(*g->nrows)]);
        fprintf(list, "%lx", (unsigned long)(CODE_AT + 0x1000 + begin));
        for (size_t i = begin; i < used; i += 2)
            fprintf(list, " %02x%02x", code[i], code[i + 1]);
        fprintf(list, "\n");
        g->store();
        g->case_end(loop);
    }
    g->finish();
    fclose(list);
    write_elf(argv[5], g);
    return 0;
}
