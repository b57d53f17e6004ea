#: consistent timeout=300 needs=mounts
# What the processor can do is said in several places: auxiliary vector, /proc/cpuinfo, ID registers or riscv_hwprobe, and what
# programs make of these. They have to agree. The names come from the kernel's headers; the fields of the
# ID registers from Linux, Documentation/arch/arm64/elf_hwcaps.rst.
has() { case " $(sed -nE 's/^(Features|isa)\s*: *//p' /proc/cpuinfo | head -n 1 | tr _ ' ') " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
cat > a.c <<'E'
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
static char words[4096];
static int listed(const char *name) { char key[64]; snprintf(key, sizeof key, " %s ", name); return strstr(words, key) != NULL; }
static void check(const char *name, const char *where, int said) { if (said != listed(name)) printf("%s: cpuinfo %d, %s %d\n", name, listed(name), where, said); }
#if defined(__aarch64__)
#define ID(crm, op2) ({ uint64_t v_; __asm__("mrs %0, S3_0_C0_C" #crm "_" #op2 : "=r"(v_)); v_; })
static void field(uint64_t reg, int shift, int is_signed, const char *names)
{
	char name[32]; int value = reg >> shift & 15, at = is_signed ? 0 : 1; if (is_signed && value > 7) value -= 16;
	for (int n; sscanf(names, " %31s%n", name, &n) == 1; names += n, at++) if (strcmp(name, "-")) check(name, "ID register", value >= at);
}
static void other(void)
{
	char line[4096]; unsigned long implementer = 0, part = 0; FILE *f = fopen("/proc/cpuinfo", "r");
	while (fgets(line, sizeof line, f)) sscanf(line, "CPU implementer : %lx", &implementer), sscanf(line, "CPU part : %lx", &part);
	if ((ID(0, 0) >> 24 & 255) != implementer || (ID(0, 0) >> 4 & 0xfff) != part) puts("MIDR is another processor's");
	field(ID(6, 0), 4, 0, "aes pmull"), field(ID(6, 0), 8, 0, "sha1"), field(ID(6, 0), 12, 0, "sha2 sha512"), field(ID(6, 0), 16, 0, "crc32"), field(ID(6, 0), 20, 0, "- atomics lse128");
	field(ID(6, 0), 28, 0, "asimdrdm"), field(ID(6, 0), 32, 0, "sha3"), field(ID(6, 0), 36, 0, "sm3"), field(ID(6, 0), 40, 0, "sm4"), field(ID(6, 0), 44, 0, "asimddp");
	field(ID(6, 0), 48, 0, "asimdfhm"), field(ID(6, 0), 52, 0, "flagm flagm2"), field(ID(6, 0), 60, 0, "rng");
	field(ID(6, 1), 0, 0, "dcpop dcpodp"), field(ID(6, 1), 4, 0, "paca"), field(ID(6, 1), 12, 0, "jscvt"), field(ID(6, 1), 16, 0, "fcma"), field(ID(6, 1), 20, 0, "lrcpc ilrcpc lrcpc3"), field(ID(6, 1), 24, 0, "pacg");
	field(ID(6, 1), 32, 0, "frint"), field(ID(6, 1), 36, 0, "sb"), field(ID(6, 1), 44, 0, "bf16 ebf16"), field(ID(6, 1), 48, 0, "dgh"), field(ID(6, 1), 52, 0, "i8mm");
	field(ID(6, 2), 0, 0, "- wfxt"), field(ID(6, 2), 16, 0, "mops"), field(ID(6, 2), 20, 0, "hbc"), field(ID(6, 2), 48, 0, "rprfm"), field(ID(6, 2), 52, 0, "cssc");
	field(ID(4, 0), 16, 1, "fp fphp"), field(ID(4, 0), 20, 1, "asimd asimdhp"), field(ID(4, 0), 32, 0, "sve"), field(ID(4, 0), 48, 0, "dit");
	field(ID(4, 1), 0, 0, "bti"), field(ID(4, 1), 4, 0, "- ssbs"), field(ID(4, 1), 8, 0, "- mte mte3"), field(ID(4, 1), 24, 0, "sme"), field(ID(7, 0), 60, 0, "ecv"), field(ID(7, 1), 44, 0, "afp"), field(ID(7, 2), 32, 0, "uscat");
#define CAP(word, name) check(#name, "AT_HWCAP", (getauxval(word == 1 ? AT_HWCAP : AT_HWCAP2) & VALUE) != 0);
#include "caps.h"
}
#elif defined(__riscv)
#include <asm/hwprobe.h>
#include <sys/syscall.h>
static void other(void)
{
	struct riscv_hwprobe p[] = {{RISCV_HWPROBE_KEY_IMA_EXT_0, 0}, {RISCV_HWPROBE_KEY_BASE_BEHAVIOR, 0}};
	if (syscall(__NR_riscv_hwprobe, p, 2, 0, NULL, 0) || p[1].value != RISCV_HWPROBE_BASE_BEHAVIOR_IMA) puts("hwprobe fails");
	char base[64]; sscanf(words, " %63s", base);
	for (int c = 'a'; c <= 'z'; c++) if (!(getauxval(AT_HWCAP) >> (c - 'a') & 1) != !strchr(base + 4, c)) printf("%c: cpuinfo says %s\n", c, base);
	if (!(p[0].value & RISCV_HWPROBE_IMA_FD) != !strstr(base, "fd") || !(p[0].value & RISCV_HWPROBE_IMA_C) != !strchr(base, 'c') || !(p[0].value & RISCV_HWPROBE_IMA_V) != !strchr(base + 4, 'v')) puts("hwprobe: other letters");
#define CAP(word, name) check(#name, "hwprobe", (p[0].value & VALUE) != 0);
#include "caps.h"
}
#else
static void other(void) { }
#endif
int main(void)
{
	char line[4096]; FILE *f = fopen("/proc/cpuinfo", "r");
	while (fgets(line, sizeof line, f)) if (!strncmp(line, "Features", 8) || !strncmp(line, "isa\t", 4)) snprintf(words, sizeof words, " %s ", strtok(strchr(line, ':') + 2, "\n"));
	for (char *p = words; *p; p++) if (*p == '_') *p = ' ';
	other(); puts("compared"); return 0;
}
E
for i in /usr/include/$(uname -m)-linux-gnu/asm/{hwcap,hwprobe}.h; do [ ! -e $i ] || sed -nE 's/^#define\s+((HWCAP|HWCAP2|RISCV_HWPROBE_EXT)_([A-Z0-9_]+))\s+\(1.*/\1 \2 \3/p' $i; done |
	while read macro set name; do printf '#include <asm/%s.h>\n#define VALUE %s\nCAP(%d, %s)\n#undef VALUE\n' $([ $set = RISCV_HWPROBE_EXT ] && echo hwprobe || echo hwcap) $macro $([ $set = HWCAP2 ] && echo 2 || echo 1) $(echo $name | tr A-Z a-z); done > caps.h
sed -n '/^#include/p' caps.h | sort -u > h.h; sed -i '/^#include/d' caps.h; case $(uname -m) in x86_64) : > h.h ;; esac
gcc -O1 -w -include ./h.h a.c -o a && ./a
case $(uname -m) in
aarch64)
	[ $(grep -c CAP caps.h) -gt 40 ] || echo "too few names"
	gcc -mcpu=native -dM -E -xc /dev/null > m
	while read macro name; do has $name && a=1 || a=0; [ $(grep -c "__ARM_FEATURE_$macro " m) = $a ] || echo "gcc -mcpu=native: $macro, announced $a"; done <<-'L'
		AES aes
		SHA2 sha2
		SHA3 sha3
		SHA512 sha512
		SM3 sm3
		SM4 sm4
		CRC32 crc32
		ATOMICS atomics
		QRDMX asimdrdm
		DOTPROD asimddp
		FP16_SCALAR_ARITHMETIC fphp
		FP16_VECTOR_ARITHMETIC asimdhp
		FP16_FML asimdfhm
		MATMUL_INT8 i8mm
		BF16_VECTOR_ARITHMETIC bf16
		RNG rng
		SVE sve
	L
	cap=0; for w in asimd:1 aes:4 sha1:8 sha2:16 pmull:32 sha512:64 cpuid:128 rng:256 sm3:512 sm4:1024 sha3:2048; do has ${w%:*} && cap=$((cap | ${w#*:})); done
	[ "$(openssl info -cpusettings)" = "$(printf OPENSSL_armcap=0x%x $cap)" ] || echo "openssl: $(openssl info -cpusettings), announced $cap" ;;
riscv64)
	[ $(grep -c CAP caps.h) -gt 40 ] || echo "too few names"
	for e in $(openssl info -cpusettings | sed 's/.*RV64GC_//' | tr A-Z_ 'a-z '); do has $e || echo "openssl: $e"; done
	for e in zba zbb zbc zbs zbkb zbkc zbkx zknd zkne zknh zksed zksh zkt; do case $(openssl info -cpusettings | tr A-Z a-z)_ in *_${e}_*) has $e ;; *) ! has $e ;; esac || echo "openssl: $e"; done ;;
esac
n=$(grep -c ^processor /proc/cpuinfo); [ $n = $(python3 -c 'import os; print(os.cpu_count())') ] && [ $n = $(nproc --all) ] || echo "$n processors?"
echo done
