/* Names for addresses of any ELF file mapped here, ours or the guest's: for the crash report. Slow, no allocation. */
#ifndef RUNTIME_SYMBOLS_H
#define RUNTIME_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* Writes "function+0x12 (file+0x3456)", or as much of it as is known; empty if nothing is mapped there. */
void symbols_describe(uint64_t addr, char *buf, size_t size);

#endif
