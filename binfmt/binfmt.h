/* binfmt_misc: making the kernel start guest programs through dragoman. */
#ifndef BINFMT_BINFMT_H
#define BINFMT_BINFMT_H

/* `dragoman binfmt ...` with argv from the word after it. Returns the exit status. Uses libc; prints. */
int binfmt_main(int argc, char **argv);

#endif
