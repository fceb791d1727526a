/* Preloaded into the program, moves its clocks: BOOTTIME and REALTIME by the two numbers of seconds in
   the file that THERAPY_TEST_CLOCKS names. MONOTONIC, and with it every wait, stays as it is, as it does
   when a machine sleeps. With THERAPY_TEST_DISK its disk takes so many seconds for what it is told to keep.
   With THERAPY_TEST_DEAF the system does not tell of files that change. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

int fdatasync(int file)
{
    const char *seconds = getenv("THERAPY_TEST_DISK");
    if (seconds)
        sleep(atoi(seconds));
    return syscall(SYS_fdatasync, file);
}

int inotify_init1(int flags)
{
    if (!getenv("THERAPY_TEST_DEAF"))
        return syscall(SYS_inotify_init1, flags);
    errno = EMFILE;
    return -1;
}
