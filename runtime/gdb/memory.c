/* Guest memory, read and written whatever its protection says, and searched. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/gdb/stub.h"
#include "runtime/space.h"
#include "runtime/space_map.h"

static uint64_t address(uint64_t addr)
{
    uint64_t mask = stub.at->guest->address_mask;
    return mask && (addr & mask) < SPACE_TOP ? addr & mask : addr;
}

/* To the end of the page at most. */
static size_t in_page(uint64_t addr, size_t n)
{
    size_t room = SPACE_PAGE - (addr & (SPACE_PAGE - 1));
    return n < room ? n : room;
}

/* All tasks stand still, so a page may be opened for a moment. */
static int with_page_open(uint64_t addr, int wanted, int (*access)(uint64_t, void *, size_t), void *buf, size_t n)
{
    struct mm *mm = stub.at->mm;
    mm_refresh(mm);
    int prot = mm_prot(mm, addr);
    uint64_t page = addr & -(uint64_t)SPACE_PAGE;
    if (prot < 0 || host_syscall(__NR_mprotect, page, SPACE_PAGE, space_host_prot(prot) | wanted) < 0)
        return -EFAULT;
    int err = access(addr, buf, n);
    host_syscall(__NR_mprotect, page, SPACE_PAGE, space_host_prot(prot));
    return err;
}

static int get(uint64_t addr, void *buf, size_t n) { return copy_from_guest(buf, addr, n); }
static int put(uint64_t addr, void *buf, size_t n) { return copy_to_guest(addr, buf, n); }

size_t stub_read_memory(uint64_t addr, void *buf, size_t n)
{
    size_t done = 0;
    addr = address(addr);
    while (done < n) {
        size_t k = in_page(addr + done, n - done);
        if (get(addr + done, (char *)buf + done, k) && with_page_open(addr + done, PROT_READ, get, (char *)buf + done, k))
            break;
        done += k;
    }
    return done;
}

int stub_write_memory(uint64_t addr, const void *buf, size_t n)
{
    addr = address(addr);
    for (size_t done = 0, k; done < n; done += k) {
        void *from = (char *)buf + done;
        k = in_page(addr + done, n - done);
        if (put(addr + done, from, k) && with_page_open(addr + done, PROT_READ | PROT_WRITE, put, from, k))
            return -EFAULT;
    }
    if (n)
        mm_code_written(stub.at->mm, addr, addr + n);
    return 0;
}

/* ---- packets ---- */

/* addr,length */
static uint64_t take_range(const char **p, uint64_t *n)
{
    uint64_t addr = gdb_take_hex(p);
    if (**p == ',')
        ++*p;
    *n = gdb_take_hex(p);
    return addr;
}

void gdb_packet_read_memory(const char *p, bool binary)
{
    uint8_t buf[CHUNK];
    uint64_t n, addr = take_range(&p, &n), done = 0;
    if (binary)
        gdb_out_char('b');
    while (done < n && gdb_out_room() >= CHUNK) {
        size_t k = n - done < sizeof buf ? n - done : sizeof buf, got = stub_read_memory(addr + done, buf, k);
        if (binary)
            gdb_out_binary(buf, got);
        else
            gdb_out_bytes(buf, got);
        done += got;
        if (got < k)
            break;
    }
    if (n && !done) {
        gdb_out_begin();
        gdb_out_error(EFAULT);
    }
}

void gdb_packet_write_memory(const char *p)
{
    uint8_t buf[CHUNK];
    uint64_t n, addr = take_range(&p, &n);
    if (*p == ':')
        p++;
    for (size_t k; (k = gdb_take_bytes(&p, buf, sizeof buf)); addr += k)
        if (stub_write_memory(addr, buf, k)) {
            gdb_out_error(EFAULT);
            return;
        }
    gdb_out_ok();
}

void gdb_packet_write_binary(char *p, size_t n)
{
    const char *q = p, *end = p + n;
    uint64_t size, addr = take_range(&q, &size);
    if (*q == ':')
        q++;
    size_t k = gdb_unescape((char *)q, (size_t)(end - q));
    if (k != size || stub_write_memory(addr, q, k))
        gdb_out_error(k != size ? EINVAL : EFAULT);
    else
        gdb_out_ok();
}

/* addr;length;pattern: "1,addr" of the first match, "0" for none. */
void gdb_packet_search(const char *p, size_t n)
{
    uint8_t buf[CHUNK + PACKET_MAX];
    const char *end = stub_in + n;
    uint64_t addr = gdb_take_hex(&p);
    if (*p == ';')
        p++;
    uint64_t left = gdb_take_hex(&p);
    if (*p == ';')
        p++;
    size_t size = gdb_unescape((char *)p, (size_t)(end - p)), have = 0;
    if (!size) {
        gdb_out_error(EINVAL);
        return;
    }
    while (have + left >= size) {
        size_t want = left < CHUNK + size - have ? left : CHUNK + size - have;
        size_t got = stub_read_memory(addr + have, buf + have, want);
        have += got;
        left -= got;
        const uint8_t *hit = have >= size ? memmem(buf, have, p, size) : NULL;
        if (hit) {
            gdb_out_text("1,");
            gdb_out_hex(addr + (uint64_t)(hit - buf));
            return;
        }
        if (got < want) {
            gdb_out_error(EFAULT);
            return;
        }
        if (have < size)
            break;
        addr += have - (size - 1);
        memmove(buf, buf + have - (size - 1), size - 1);
        have = size - 1;
        if (!left)
            break;
    }
    gdb_out_char('0');
}

/* CRC-32 with polynomial 0x04c11db7, bits from the top, starting with all ones (gdb's "compare-sections"). */
void gdb_packet_crc(const char *p)
{
    uint8_t buf[CHUNK];
    uint64_t n, addr = take_range(&p, &n);
    uint32_t crc = 0xffffffff;
    while (n) {
        size_t k = n < sizeof buf ? n : sizeof buf;
        if (stub_read_memory(addr, buf, k) < k) {
            gdb_out_error(EFAULT);
            return;
        }
        for (size_t i = 0; i < k; i++) {
            crc ^= (uint32_t)buf[i] << 24;
            for (int bit = 0; bit < 8; bit++)
                crc = crc & 1u << 31 ? crc << 1 ^ 0x04c11db7 : crc << 1;
        }
        addr += k;
        n -= k;
    }
    gdb_out_char('C');
    gdb_out_hex(crc);
}
