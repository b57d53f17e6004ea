/* Names for addresses of any ELF file mapped here, ours or the guest's. No allocation but from memory of its own. */
#ifndef RUNTIME_SYMBOLS_H
#define RUNTIME_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* Writes "function+0x12 (file+0x3456)", or as much of it as is known; empty if nothing is mapped there. Slow; for the crash report. */
void symbols_describe(uint64_t addr, char *buf, size_t size);

/*
 * Writes "function [file]", "file+0x3456" or "guest-7f1234"; *delta: bytes from the function's beginning to addr. Remembers symbol tables and
 * mappings: symbols_forget() says that others may be in [start, end) from now on. Both under the cache lock.
 */
void symbols_name(uint64_t addr, char *buf, size_t size, uint64_t *delta);
void symbols_forget(uint64_t start, uint64_t end);

#endif
