/* Options of a run, from the command line, environment variables, or the parent process. */
#ifndef RUNTIME_OPTIONS_H
#define RUNTIME_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_id {
#define OPTION(id, name, argument, variables, text) OPT_##id,
#include "runtime/options.def"
#undef OPTION
    OPT_COUNT
};

struct rt_options {
    const char *value[OPT_COUNT];   /* argument as given ("1" for those without), NULL if not set */
    uint64_t stack_size;            /* bytes, which RLIMIT_STACK is set to; 0: as it is */
    size_t cache_size;              /* bytes of code memory */
    bool check;
};
extern struct rt_options rt_options;

/* Reads options from the environment, then from argv[1..]; returns the index of the program, or argc. Ends the process
 * with a message and status 125 for bad usage, and with 0 after --help and --version. */
int options_parse(int argc, char **argv, char **envp);
/* Sets one option; a message or NULL. */
const char *options_set(enum option_id id, const char *value);
/* Applies what is set (logs, cache, chaos). Ends the process with status 125 where a value is wrong; handed_down, a log that cannot be written
 * from here (another root, other rights) is lost instead. */
void options_apply(bool handed_down);
/* Prints the CPU models and features of one guest, or of all (NULL); an exit status. */
int options_list_cpus(const char *guest);
/* Makes the guest the CPU that is asked for. Ends the process with status 125 where it names something unknown; a setting
 * handed down (from a parent, or by the environment) may be meant for another guest, and then this one is its default. */
struct fe_guest;
void options_select_cpu(const struct fe_guest *, bool handed_down);
/* Environment of the guest: envp without our own variables, changed as -E and -U say. Allocated once, never freed. */
char **options_guest_env(char **envp);
/* All options set, as one line of text that options_inherit() reads back in a child. Kept in a static buffer; NULL if too long. */
const char *options_text(void);
void options_inherit(const char *text);
/* Name of an option as written on the command line. */
const char *options_name(enum option_id id);

#endif
