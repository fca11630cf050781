#define _GNU_SOURCE
#include "CFileCalls.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static __thread file_call_observer observer;
static __thread void *observer_context;

void observe_file_calls(file_call_observer new_observer, void *context) {
    observer = new_observer;
    observer_context = context;
}

#ifdef SANITIZED

bool file_calls_are_seen(void) { return false; }

#else

bool file_calls_are_seen(void) { return true; }

static uint64_t inode(int file) {
    struct stat status;
    return fstat(file, &status) == 0 ? status.st_ino : 0;
}

static void tell_written(int file, const void *bytes, size_t length, off_t offset) {
    // O_SYNC has the bit of O_DSYNC in it.
    observer(observer_context, file_call_write, inode(file), bytes, length, offset, (fcntl(file, F_GETFL) & O_DSYNC) != 0);
}

static int tell_synced(int file, int result) {
    if (result == 0 && observer != NULL) observer(observer_context, file_call_sync, inode(file), NULL, 0, 0, true);
    return result;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
    ssize_t written = syscall(SYS_pwrite64, file, bytes, length, offset);
    if (written > 0 && observer != NULL) tell_written(file, bytes, (size_t)written, offset);
    return written;
}

ssize_t writev(int file, const struct iovec *pieces, int count) {
    off_t offset = observer != NULL ? lseek(file, 0, SEEK_CUR) : 0;
    ssize_t written = syscall(SYS_writev, file, pieces, count);
    size_t left = observer != NULL && written > 0 ? (size_t)written : 0;
    for (; left > 0; pieces++) {
        size_t length = pieces->iov_len < left ? pieces->iov_len : left;
        tell_written(file, pieces->iov_base, length, offset);
        offset += (off_t)length;
        left -= length;
    }
    return written;
}

int fdatasync(int file) { return tell_synced(file, (int)syscall(SYS_fdatasync, file)); }

int fsync(int file) { return tell_synced(file, (int)syscall(SYS_fsync, file)); }

int rename(const char *from, const char *to) {
    int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (result == 0 && observer != NULL) observer(observer_context, file_call_rename, 0, NULL, 0, 0, false);
    return result;
}

#endif
