/*
 * `dragoman binfmt register|unregister|status [--qemu-names] [--print] [guest...]`. Magic and mask are derived from the guest
 * list: the ELF identification, type EXEC or DYN, and the machine. Flags POCF: argv[0] kept, the
 * program handed over as a descriptor, credentials of the program, the interpreter opened now
 * (so that it works inside chroots and containers). Source: Documentation/admin-guide/binfmt-misc.rst.
 */
#include "binfmt/binfmt.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "frontends/guest.h"

#define DIRECTORY "/proc/sys/fs/binfmt_misc"

enum { HEADER = 20 };   /* bytes compared: e_ident, e_type, e_machine */

static void make_magic(const struct fe_guest *g, uint8_t magic[HEADER], uint8_t mask[HEADER])
{
    memset(magic, 0, HEADER);
    memset(mask, 0xff, HEADER);
    memcpy(magic, ELFMAG, SELFMAG);
    magic[EI_CLASS] = g->elf_class;
    magic[EI_DATA] = g->elf_data;
    magic[EI_VERSION] = EV_CURRENT;
    memset(mask + EI_OSABI, 0, EI_NIDENT - EI_OSABI);
    bool little = g->elf_data == ELFDATA2LSB;
    magic[little ? 16 : 17] = ET_EXEC;
    mask[little ? 16 : 17] = 0xfe;      /* ET_EXEC or ET_DYN */
    magic[little ? 18 : 19] = (uint8_t)g->elf_machine;
    magic[little ? 19 : 18] = (uint8_t)(g->elf_machine >> 8);
}

static void entry_name(const struct fe_guest *g, bool qemu_names, char *out, size_t size)
{
    snprintf(out, size, "%s-%s", qemu_names ? "qemu" : "dragoman", g->name);
}

static void registration(const struct fe_guest *g, const char *name, const char *interpreter, char *out, size_t size)
{
    uint8_t magic[HEADER], mask[HEADER];
    make_magic(g, magic, mask);
    size_t n = (size_t)snprintf(out, size, ":%s:M::", name);
    for (int i = 0; i < HEADER; i++)
        n += (size_t)snprintf(out + n, size - n, "\\x%02x", magic[i]);
    n += (size_t)snprintf(out + n, size - n, ":");
    for (int i = 0; i < HEADER; i++)
        n += (size_t)snprintf(out + n, size - n, "\\x%02x", mask[i]);
    snprintf(out + n, size - n, ":%s:POCF", interpreter);
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    close(fd);
    return err;
}

static int make_available(void)
{
    if (!access(DIRECTORY "/register", F_OK))
        return 0;
    if (mount("binfmt_misc", DIRECTORY, "binfmt_misc", 0, NULL))
        return -errno;
    return 0;
}

static int do_register(const struct fe_guest *g, bool qemu_names)
{
    char name[64], self[4096], line[8192], path[128];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return -errno;
    self[n] = 0;
    entry_name(g, qemu_names, name, sizeof name);
    snprintf(path, sizeof path, DIRECTORY "/%s", name);
    write_file(path, "-1");
    registration(g, name, self, line, sizeof line);
    return write_file(DIRECTORY "/register", line);
}

static int do_unregister(const struct fe_guest *g, bool qemu_names)
{
    char name[64], path[128];
    entry_name(g, qemu_names, name, sizeof name);
    snprintf(path, sizeof path, DIRECTORY "/%s", name);
    int err = write_file(path, "-1");
    return err == -ENOENT ? 0 : err;
}

static int do_status(const struct fe_guest *g, bool qemu_names)
{
    char name[64], path[128], text[1024];
    entry_name(g, qemu_names, name, sizeof name);
    snprintf(path, sizeof path, DIRECTORY "/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n < 0) {
        printf("%s: not registered\n", name);
        return 0;
    }
    text[n] = 0;
    char *interpreter = strstr(text, "interpreter "), *flags = strstr(text, "flags: ");
    printf("%s: %.*s, %.*s, %.*s\n", name, (int)strcspn(text, "\n"), text, interpreter ? (int)strcspn(interpreter, "\n") : 0,
           interpreter ? interpreter : "", flags ? (int)strcspn(flags, "\n") : 0, flags ? flags : "");
    return 0;
}

static bool chosen(const struct fe_guest *g, int argc, char **argv)
{
    bool any = false;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        any = true;
        if (!strcmp(argv[i], g->name))
            return true;
    }
    return !any;
}

int binfmt_main(int argc, char **argv)
{
    int (*action)(const struct fe_guest *, bool) = NULL;
    const char *verb = argc ? argv[0] : "";
    if (!strcmp(verb, "register"))
        action = do_register;
    else if (!strcmp(verb, "unregister"))
        action = do_unregister;
    else if (!strcmp(verb, "status"))
        action = do_status;
    bool qemu_names = false;
    for (int i = 1; i < argc; i++)
        qemu_names |= !strcmp(argv[i], "--qemu-names");
    if (!action) {
        fprintf(stderr, "usage: dragoman binfmt register|unregister|status [--qemu-names] [guest...]\n");
        return 125;
    }
    for (int i = 1; i < argc; i++) {
        bool known = argv[i][0] == '-';
        for (const struct fe_guest *const *g = fe_guests; *g; g++)
            known |= !strcmp((*g)->name, argv[i]);
        if (!known) {
            fprintf(stderr, "dragoman: unknown guest %s\n", argv[i]);
            return 125;
        }
    }
    int err = make_available();
    if (err) {
        fprintf(stderr, "dragoman: binfmt_misc is not available: %s\n", strerror(-err));
        return 125;
    }
    int status = 0;
    for (const struct fe_guest *const *g = fe_guests; *g; g++) {
        if (!chosen(*g, argc, argv))
            continue;
        err = action(*g, qemu_names);
        if (err) {
            fprintf(stderr, "dragoman: binfmt %s %s: %s\n", verb, (*g)->name, strerror(-err));
            status = 125;
        }
    }
    return status;
}
