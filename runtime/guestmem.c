#include "runtime/guestmem.h"

#include <errno.h>

#include "runtime/space.h"

/*
 * Leaf functions without a stack frame. A fault on any of their instructions resumes at the one fixup, which
 * returns -EFAULT: rt_guestmem_fixup() tells the host signal handler so.
 */
long guestmem_copy(void *dst, const void *src, size_t n);
long guestmem_string(char *dst, const char *src, size_t n);
extern const char guestmem_start[], guestmem_end[], guestmem_fault[];

__asm__(
    ".pushsection .text\n"
    ".globl guestmem_start, guestmem_end, guestmem_fault, guestmem_copy, guestmem_string\n"
    ".p2align 4\n"
    "guestmem_start:\n"
    ".type guestmem_copy, @function\n"
    "guestmem_copy:\n"
    "   mov %rdx, %rcx\n"
    "   cmp $16, %rdx\n"
    "   ja 7f\n"
    "   cmp $8, %rdx\n"
    "   jb 1f\n"
    /* 8 to 16 bytes, 4 to 7, fewer: both ends, which may overlap. */
    "   mov (%rsi), %rax\n"
    "   mov -8(%rsi,%rdx), %rcx\n"
    "   mov %rax, (%rdi)\n"
    "   mov %rcx, -8(%rdi,%rdx)\n"
    "   xor %eax, %eax\n"
    "   ret\n"
    "1: cmp $4, %rdx\n"
    "   jb 2f\n"
    "   mov (%rsi), %eax\n"
    "   mov -4(%rsi,%rdx), %ecx\n"
    "   mov %eax, (%rdi)\n"
    "   mov %ecx, -4(%rdi,%rdx)\n"
    "   xor %eax, %eax\n"
    "   ret\n"
    /* 17 to 32 */
    "7: cmp $32, %rdx\n"
    "   ja 3f\n"
    "   movups (%rsi), %xmm0\n"
    "   movups -16(%rsi,%rdx), %xmm1\n"
    "   movups %xmm0, (%rdi)\n"
    "   movups %xmm1, -16(%rdi,%rdx)\n"
    "   xor %eax, %eax\n"
    "   ret\n"
    "2: test %rdx, %rdx\n"
    "   je 4f\n"
    "   jmp 9f\n"
    /* Up to 256 by sixteens, the last of them from the end. */
    "3: cmp $256, %rdx\n"
    "   ja 9f\n"
    "   xor %ecx, %ecx\n"
    "8: movups (%rsi,%rcx), %xmm0\n"
    "   movups %xmm0, (%rdi,%rcx)\n"
    "   add $16, %rcx\n"
    "   lea 16(%rcx), %rax\n"
    "   cmp %rdx, %rax\n"
    "   jb 8b\n"
    "   movups -16(%rsi,%rdx), %xmm0\n"
    "   movups %xmm0, -16(%rdi,%rdx)\n"
    "   xor %eax, %eax\n"
    "   ret\n"
    "9: rep movsb\n"
    "4: xor %eax, %eax\n"
    "   ret\n"
    ".size guestmem_copy, . - guestmem_copy\n"
    /* Returns the length before the NUL, or n if there is none within n bytes. */
    ".type guestmem_string, @function\n"
    "guestmem_string:\n"
    "   xor %eax, %eax\n"
    "5: cmp %rdx, %rax\n"
    "   je 6f\n"
    "   movzbl (%rsi,%rax), %ecx\n"
    "   movb %cl, (%rdi,%rax)\n"
    "   test %ecx, %ecx\n"
    "   je 6f\n"
    "   inc %rax\n"
    "   jmp 5b\n"
    "6: ret\n"
    ".size guestmem_string, . - guestmem_string\n"
    "guestmem_end:\n"
    "guestmem_fault:\n"
    "   mov $-14, %rax\n"
    "   ret\n"
    ".popsection\n");

uint64_t rt_guestmem_fixup(uint64_t ip)
{
    return ip >= (uint64_t)guestmem_start && ip < (uint64_t)guestmem_end ? (uint64_t)guestmem_fault : 0;
}

uint64_t guestmem_mask = ~(uint64_t)0;

/* Neither our own memory nor beyond the guest's addresses. */
static bool outside(uint64_t addr, size_t n)
{
    return addr >= SPACE_TOP || n > SPACE_TOP - addr || (addr < SPACE_OWN_HI && addr + n > SPACE_OWN_LO);
}

int copy_to_guest(uint64_t dst, const void *src, size_t n)
{
    dst &= guestmem_mask;
    return outside(dst, n) ? -EFAULT : (int)guestmem_copy((void *)dst, src, n);
}

int copy_from_guest(void *dst, uint64_t src, size_t n)
{
    src &= guestmem_mask;
    return outside(src, n) ? -EFAULT : (int)guestmem_copy(dst, (const void *)src, n);
}

int64_t copy_string_from_guest(char *dst, uint64_t src, size_t size)
{
    src &= guestmem_mask;
    if (src >= SPACE_TOP || (src >= SPACE_OWN_LO && src < SPACE_OWN_HI)) return -EFAULT;
    size_t room = src < SPACE_OWN_LO ? SPACE_OWN_LO - src : SPACE_TOP - src;
    int64_t n = guestmem_string(dst, (const char *)src, size < room ? size : room);
    return n >= 0 && (size_t)n == size ? -ENAMETOOLONG : n;
}
