#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

// Kernels before 5.11 lack epoll_pwait2, and some sandboxes forbid it: then whole milliseconds, rounded up.
static atomic_bool only_milliseconds;

int clinux_epoll_wait(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds) {
    if (nanoseconds < 0) return epoll_wait(epoll, events, capacity, -1);
    if (nanoseconds == 0) return epoll_wait(epoll, events, capacity, 0);
    if (!atomic_load_explicit(&only_milliseconds, memory_order_relaxed)) {
        struct timespec timeout = {
            .tv_sec = nanoseconds / 1000000000,
            .tv_nsec = nanoseconds % 1000000000,
        };
        int count = epoll_pwait2(epoll, events, capacity, &timeout, NULL);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
        atomic_store_explicit(&only_milliseconds, true, memory_order_relaxed);
    }
    int64_t milliseconds = nanoseconds / 1000000 + (nanoseconds % 1000000 != 0);
    return epoll_wait(epoll, events, capacity, milliseconds > INT_MAX ? INT_MAX : (int)milliseconds);
}

int clinux_accept(int listener, struct sockaddr_storage *peer) {
    socklen_t length = sizeof *peer;
    memset(peer, 0, sizeof *peer);
    return accept4(listener, (struct sockaddr *)peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void clinux_name_thread(const char *name) {
    char kept[16] = {0};
    strncpy(kept, name, sizeof kept - 1);
    pthread_setname_np(pthread_self(), kept);
}

int clinux_alarm_create(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }

void clinux_alarm_set(int alarm, int64_t nanoseconds) {
    struct itimerspec at = {.it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
    timerfd_settime(alarm, TFD_TIMER_ABSTIME, &at, NULL);
}

// Room for more processors than the C library's own set has, which the kernel refuses on larger machines.
enum { mask_bits = 8192, word_bits = 8 * sizeof(unsigned long) };

int clinux_processors(int32_t *processors, int capacity) {
    unsigned long mask[mask_bits / word_bits] = {0};
    if (sched_getaffinity(0, sizeof mask, (cpu_set_t *)mask) != 0) return 0;
    int count = 0;
    for (int bit = 0; bit < mask_bits && count < capacity; bit++)
        if (mask[bit / word_bits] >> bit % word_bits & 1) processors[count++] = bit;
    return count;
}

int clinux_pin_thread(int processor) {
    unsigned long mask[mask_bits / word_bits] = {0};
    if (processor < 0 || processor >= mask_bits) {
        errno = EINVAL;
        return -1;
    }
    mask[processor / word_bits] |= 1ul << processor % word_bits;
    return sched_setaffinity(0, sizeof mask, (cpu_set_t *)mask);
}

void clinux_map_heap(void) {
    void *volatile first = malloc(64);
    free(first);
}

size_t clinux_heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
