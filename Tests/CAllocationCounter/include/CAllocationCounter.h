// Counts what this thread asks of the heap, by standing in front of malloc in the executable it is linked into.
#ifndef CALLOCATION_COUNTER_H
#define CALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

// False under a sanitizer, which stands there itself.
bool allocation_counter_works(void);

// Blocks this thread has been given so far: malloc, calloc, realloc and the aligned ones.
uint64_t allocation_count(void);

// Bytes of the heap that are in use by the whole process.
uint64_t heap_bytes_in_use(void);

#endif
