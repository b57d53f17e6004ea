/* Which guest instructions are translated inline, and which call C code. */
#ifndef RUNTIME_COVERAGE_H
#define RUNTIME_COVERAGE_H

/*
 * Arguments: none, or a guest, or a guest and words of it in hex (4 digits: of 16 bits).
 * Prints a line for each row of each guest's decode tables, found out by lifting and compiling samples of it:
 *
 *     guest TAB extension TAB instruction TAB kind TAB what is called TAB why
 *
 * kind: inline; calls (every sample's main path calls C code); some (only some fields' values do); leaves (goes to
 * the runtime: system calls, breakpoints); reserved (no sample was accepted). The last two columns have entries
 * separated by "; ", in the same order, and are empty for the other kinds. What stands in cold code does not count.
 * With words, the lines are those of the words' rows, or `guest TAB TAB word TAB undefined TAB TAB`.
 * Returns the process's exit status.
 */
int coverage_main(int argc, char **argv);

#endif
