/* The cpu state of a task, for the folders that need its layout and not the translator's contracts. */
#ifndef RUNTIME_CPU_H
#define RUNTIME_CPU_H

#include <string.h>

#include "backends/backend.h"
#include "frontends/guest.h"

/* 64-bit registers of the guest's file by byte offset. */
static inline uint64_t cpu_reg(const struct cpu_state *cpu, unsigned off) { uint64_t v; memcpy(&v, cpu->guest + off, 8); return v; }
static inline void cpu_set_reg(struct cpu_state *cpu, unsigned off, uint64_t v) { memcpy(cpu->guest + off, &v, 8); }

#endif
