/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_keep.h"

#include "base/clock.h"
#include "base/log_disk.h"
#include "base/log_line.h"
#include "base/log_store.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MODULE "log"

static struct keeper {
    struct log_disk_real real;
    struct log_disk disk;
    struct log_store *store; /* NULL: nothing is kept */
    int64_t sync_us;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;  /* on CLOCK_MONOTONIC */
    bool dirty, urgent, end;
} keeper;

/* Called by log_write with the log's lock held. */
static void keep_line(void *self, enum log_level level, char *line, size_t length)
{
    (void)self;
    log_store_write(keeper.store, line, length);
    (void)pthread_mutex_lock(&keeper.lock);
    bool wake = !keeper.dirty || (level == LOG_LEVEL_ERROR && !keeper.urgent);
    keeper.dirty = true;
    keeper.urgent = keeper.urgent || level == LOG_LEVEL_ERROR;
    if (wake)
        (void)pthread_cond_signal(&keeper.wake);
    (void)pthread_mutex_unlock(&keeper.lock);
}

/* Until there is something to make durable and it is time for it. False: the end. */
static bool wait_for_duty(void)
{
    (void)pthread_mutex_lock(&keeper.lock);
    while (!keeper.dirty && !keeper.end)
        (void)pthread_cond_wait(&keeper.wake, &keeper.lock);
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = (int64_t)until.tv_nsec + keeper.sync_us % CLOCK_US_PER_SECOND * 1000;
    until.tv_sec += (time_t)(keeper.sync_us / CLOCK_US_PER_SECOND + ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    int code = 0;
    while (!keeper.urgent && !keeper.end && code == 0)
        code = pthread_cond_timedwait(&keeper.wake, &keeper.lock, &until);
    keeper.dirty = keeper.urgent = false;
    bool goes_on = !keeper.end;
    (void)pthread_mutex_unlock(&keeper.lock);
    return goes_on;
}

/* Trouble with the files is said where people still look, once per beginning and end. */
static void tell_trouble(int sync_code, bool *was_lost, bool *was_unsynced)
{
    int errnum;
    int64_t lost = log_store_lost(keeper.store, &errnum);
    if (lost > 0 && !*was_lost)
        log_warning(MODULE, "lines are not kept in files folder=%s reason=\"%s\"",
                    keeper.real.folder,
                    errnum == EBUSY ? "another process writes them" : strerror(errnum));
    *was_lost = lost > 0;
    if (sync_code < 0 && !*was_unsynced)
        log_warning(MODULE, "log files may not survive a power loss folder=%s reason=\"%s\"",
                    keeper.real.folder, strerror(-sync_code));
    *was_unsynced = sync_code < 0;
}

static void *keep(void *self)
{
    bool was_lost = false, was_unsynced = false;
    while (wait_for_duty())
        tell_trouble(log_store_sync(keeper.store), &was_lost, &was_unsynced);
    (void)log_store_sync(keeper.store);
    return self;
}

/* The thread takes no signal: they are the loop's. */
static int start_thread(struct err *err)
{
    sigset_t all, before;
    pthread_condattr_t attributes;
    (void)pthread_mutex_init(&keeper.lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&keeper.wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int errnum = pthread_create(&keeper.thread, NULL, keep, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return errnum ? err_set_errno(err, ERR_SYSTEM, errnum, "no thread for the log files") : 0;
}

int log_keep_begin(const struct log_keep_options *options, struct err *err)
{
    static bool registered;
    int code = log_disk_open(&keeper.disk, &keeper.real, options->folder, options->program, err);
    if (code == 0)
        code = log_store_new(&keeper.store, &keeper.disk, options->max_bytes, err);
    keeper.sync_us = options->sync_us;
    keeper.dirty = keeper.urgent = keeper.end = false;
    if (code == 0)
        code = start_thread(err);
    if (code < 0) {
        log_store_free(keeper.store);
        keeper.store = NULL;
        log_disk_close(&keeper.real);
        return code;
    }
    log_set_sink(keep_line, NULL);
    if (!registered)
        (void)atexit(log_keep_end); /* every way out of main */
    registered = true;
    return 0;
}

/* The child has no thread but this one, so nothing is waited for here. */
static void leave_files(void)
{
    log_store_free(keeper.store);
    keeper.store = NULL;
    log_disk_close(&keeper.real); /* the lock is the parent's: it ends with the parent's copy */
}

pid_t log_keep_fork(void)
{
    log_hold(); /* in the order in which log_write takes the locks */
    if (keeper.store)
        log_store_hold(keeper.store);
    pid_t pid = fork();
    int errnum = errno;
    if (keeper.store)
        log_store_go_on(keeper.store);
    if (pid == 0 && keeper.store)
        leave_files();
    log_go_on(pid == 0);
    errno = errnum;
    return pid;
}

void log_keep_end(void)
{
    if (keeper.store == NULL)
        return;
    log_set_sink(NULL, NULL);
    (void)pthread_mutex_lock(&keeper.lock);
    keeper.end = true;
    (void)pthread_cond_signal(&keeper.wake);
    (void)pthread_mutex_unlock(&keeper.lock);
    (void)pthread_join(keeper.thread, NULL);
    log_store_free(keeper.store);
    keeper.store = NULL;
    log_disk_close(&keeper.real);
    (void)pthread_mutex_destroy(&keeper.lock);
    (void)pthread_cond_destroy(&keeper.wake);
}
