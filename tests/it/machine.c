/* A library that is preloaded into the program. It simulates a machine with these variables:
   THERAPY_TEST_CLOCKS: a file with two numbers, which are added to BOOTTIME and REALTIME in seconds.
   MONOTONIC does not change, and neither do waits, as in a real suspend.
   THERAPY_TEST_DISK: the number of seconds that each sync takes.
   THERAPY_TEST_SYNCS: a file that gets one byte for each sync of the journal's log.
   THERAPY_TEST_THREADS: the number of threads that can be started. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long moved(clockid_t clock)
{
    char text[64] = {0};
    const char *name = getenv("THERAPY_TEST_CLOCKS");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    char *rest = text;
    long boottime = count > 0 ? strtol(text, &rest, 10) : 0;
    return clock == CLOCK_BOOTTIME ? boottime : strtol(rest, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int result = syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_BOOTTIME || clock == CLOCK_REALTIME))
        time->tv_sec += moved(clock);
    return result;
}

static void count(int file)
{
    char link[64], path[4096] = {0};
    const char *name = getenv("THERAPY_TEST_SYNCS");
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (!name || readlink(link, path, sizeof path - 1) < 0 || !strstr(path, "journal.db-wal"))
        return;
    int counter = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (write(counter, "x", 1) == 1)
        close(counter);
}

int fdatasync(int file)
{
    const char *seconds = getenv("THERAPY_TEST_DISK");
    count(file);
    if (seconds)
        sleep(atoi(seconds));
    return syscall(SYS_fdatasync, file);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    static int started;
    const char *most = getenv("THERAPY_TEST_THREADS");
    if (most && __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST) >= atoi(most))
        return EAGAIN;
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, attributes, run, argument);
}
