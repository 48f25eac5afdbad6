/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/log_line.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static log_sink *sink_now;
static void *sink_self;
static atomic_int level_now = LOG_LEVEL_INFO;

static const char *const level_names[] = {"DEBUG", "INFO", "WARNING", "ERROR"};
static const int syslog_priority[] = {7, 6, 4, 3};

void log_set_level(enum log_level level)
{
    atomic_store(&level_now, (int)level);
}

enum log_level log_get_level(void)
{
    return (enum log_level)atomic_load(&level_now);
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

int log_level_parse(const char *text, enum log_level *level, struct err *err)
{
    for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++) {
        if (strcasecmp(text, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID,
                   "%s is no log level: the levels are debug, info, warning, error", text);
}

/* Runs in a signal handler: only lock-free atomics. */
static void change_level(int signal_number)
{
    int level = atomic_load(&level_now);
    if (signal_number == SIGUSR1 && level > LOG_LEVEL_DEBUG)
        atomic_store(&level_now, level - 1);
    else if (signal_number == SIGUSR2 && level < LOG_LEVEL_ERROR)
        atomic_store(&level_now, level + 1);
}

void log_install_signals(void)
{
    struct sigaction action = {.sa_handler = change_level, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGUSR1, &action, NULL);
    (void)sigaction(SIGUSR2, &action, NULL);
}

void log_set_sink(log_sink *sink, void *self)
{
    (void)pthread_mutex_lock(&sink_lock);
    sink_now = sink;
    sink_self = self;
    (void)pthread_mutex_unlock(&sink_lock);
}

void log_hold(void)
{
    (void)pthread_mutex_lock(&sink_lock);
}

void log_go_on(bool without_sink)
{
    if (without_sink)
        sink_now = NULL;
    (void)pthread_mutex_unlock(&sink_lock);
}

static int64_t wall_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* One write(2): a pipe takes it in one piece, whatever other threads write. */
static void write_stderr(char line[LOG_LINE_MAX], size_t length)
{
    line[length++] = '\n';
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line, length);
    } while (written < 0 && errno == EINTR);
    /* stderr gone or full: there is nobody left to tell. */
}

/* "<6>monitor: …": the journal knows the time. */
static void write_journal(enum log_level level, const char *module, const char *text)
{
    char line[LOG_LINE_MAX];
    int front = snprintf(line, 256, "<%d>%s: ", syslog_priority[level], module);
    size_t used = front < 0 ? 0 : front < 256 ? (size_t)front : 255;
    used += log_line_escape(line + used, sizeof line - 1 - used, text);
    write_stderr(line, used);
}

void log_write(enum log_level level, const char *module, const char *format, ...)
{
    if ((int)level < atomic_load(&level_now))
        return;
    int saved_errno = errno; /* a log line must not change what the caller asks about next */

    char text[LOG_LINE_TEXT_MAX], line[LOG_LINE_MAX];
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (wanted < 0)
        (void)snprintf(text, sizeof text, "(log line could not be formatted: %s)", format);
    if (wanted >= (int)sizeof text)
        memcpy(text + sizeof text - 5, " ...", 5);

    /* Time and sink under one lock: a file's lines stand in the order of their times. */
    (void)pthread_mutex_lock(&sink_lock);
    size_t length = log_line_format(line, wall_us(), level, module, text);
    if (sink_now)
        sink_now(sink_self, level, line, length);
    (void)pthread_mutex_unlock(&sink_lock);
    if (getenv("JOURNAL_STREAM"))
        write_journal(level, module, text);
    else
        write_stderr(line, length);
    errno = saved_errno;
}
