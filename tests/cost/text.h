/* What the region former asks of the runtime, where one piece of guest code is all there is. */
#ifndef TESTS_COST_TEXT_H
#define TESTS_COST_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Only this can be fetched. */
extern struct text { const uint8_t *bytes; uint64_t pc; size_t len; } text;

#endif
