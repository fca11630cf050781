/* What the client programs have in common: PROGRAM TASK PORT COUNT SIZE
 *
 * publish0, publish1   COUNT messages of SIZE bytes as fast as can be, at most WINDOW of QoS 1 unacknowledged; ends with one more of
 *                      QoS 1, when that is acknowledged
 * receive0, receive1   subscribes to TOPIC, writes "ready", takes COUNT messages
 * memory               COUNT clients, connected and subscribed to a topic each
 *
 * The last line says what it took: messages, CPU seconds of the process and seconds since it was connected; or clients and bytes.
 */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TOPIC "plant/line/temperature"
#define WINDOW 100
/* QoS 0 messages handed to a library that has not written them yet; a library without such a bound would hold them all. */
#define BACKLOG 1000

static const char *task;
static int port, size;
static long count;

static inline void demand(int holds, const char *what, int code) {
    if (holds) return;
    fprintf(stderr, "%s: %d\n", what, code);
    exit(1);
}

static inline void read_task(int argc, char **argv) {
    demand(argc == 5, "expected TASK PORT COUNT SIZE; arguments", argc - 1);
    task = argv[1];
    port = atoi(argv[2]);
    count = atol(argv[3]);
    size = atoi(argv[4]);
}

static inline int is_task(const char *name) { return strcmp(task, name) == 0; }

static inline double seconds(struct timeval t) { return t.tv_sec + t.tv_usec / 1e6; }

static double cpu_since, wall_since;

static inline double cpu_now(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

static inline double wall_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static inline void begin(void) {
    cpu_since = cpu_now();
    wall_since = wall_now();
}

static inline void report_rate(void) {
    printf("{\"messages\": %ld, \"cpu\": %f, \"seconds\": %f}\n", count, cpu_now() - cpu_since, wall_now() - wall_since);
    fflush(stdout);
}

static inline void ready(void) {
    begin();
    puts("ready");
    fflush(stdout);
}

/* Bytes of memory that is the process's own, RssAnon. */
static inline long own_memory(void) {
    char line[256];
    long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    demand(status != NULL, "/proc/self/status", 0);
    while (fgets(line, sizeof line, status)) sscanf(line, "RssAnon: %ld", &kilobytes);
    fclose(status);
    return kilobytes * 1024;
}

static inline void report_memory(long before) {
    printf("{\"clients\": %ld, \"bytes\": %ld}\n", count, own_memory() - before);
    fflush(stdout);
}

static inline void take(sem_t *semaphore, long times) {
    while (times > 0)
        if (sem_wait(semaphore) == 0) times--;
}
