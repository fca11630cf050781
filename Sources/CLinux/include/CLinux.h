// What Linux offers and the module Glibc does not show. Feature macros stay in CLinux.c: here they would
// change what other C modules of the program see.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

/// Waits for events, at most `nanoseconds` (negative: for ever), never less unless an event or a signal comes.
/// Returns their number, or -1 with errno.
int clinux_epoll_wait(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds);

/// A timer on the monotonic clock as a descriptor, readable once it has rung. Returns -1 with errno.
int clinux_alarm_create(void);

/// Has the alarm ring at `nanoseconds` of the monotonic clock (above 0), and not at the moment set before.
void clinux_alarm_set(int alarm, int64_t nanoseconds);

/// Accepts one connection, non-blocking and closed on exec; fills in the peer's address. Returns -1 with errno.
int clinux_accept(int listener, struct sockaddr_storage *peer);

/// Names the calling thread; the kernel keeps 15 bytes.
void clinux_name_thread(const char *name);

/// Fills in the numbers of the processors the calling thread may run on, ascending. Returns how many, 0 when unknown.
int clinux_processors(int32_t *processors, int capacity);

/// Keeps the calling thread on one processor. Returns 0, or -1 with errno.
int clinux_pin_thread(int processor);

/// Has the C library reserve this thread's part of the heap now instead of at its first allocation.
void clinux_map_heap(void);

/// Bytes handed out by malloc and not freed.
size_t clinux_heap_bytes(void);

#endif
