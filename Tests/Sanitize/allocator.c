// What a sanitizer's allocator has given out, where the C library's is asked.
//
// A sanitizer brings an allocator of its own, so that `mallinfo2` would always count nothing: no session would
// ever leave memory.

#include <malloc.h>
#include <sanitizer/allocator_interface.h>

struct mallinfo2 mallinfo2(void) {
    return (struct mallinfo2){.uordblks = __sanitizer_get_current_allocated_bytes()};
}
