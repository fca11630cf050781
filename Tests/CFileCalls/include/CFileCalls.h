// Shows what this thread writes to files, when it syncs and when it renames them, by standing in front of the C library in the executable it is
// linked into.
#ifndef CFILE_CALLS_H
#define CFILE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum file_call { file_call_write, file_call_sync, file_call_rename };

// file: the number of its inode, which may be a directory's; of a file that was renamed 0. bytes: what was written at the offset. is_durable: it was
// on the disk when the call returned.
typedef void (*file_call_observer)(
    void *context, enum file_call call, uint64_t file, const void *bytes, size_t length, int64_t offset, bool is_durable);

// False under the thread sanitizer, which stands there itself.
bool file_calls_are_seen(void);

// From now on the observer is told of this thread's calls that have succeeded; NULL: no longer.
void observe_file_calls(file_call_observer observer, void *context);

#endif
