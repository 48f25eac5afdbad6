/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
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

/* Longest text of one line; a pipe takes 4096 bytes (PIPE_BUF) in one piece. */
enum { TEXT_MAX = 3072, LINE_MAX_BYTES = 4096 };

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

/* C0, DEL, and C1 in its UTF-8 form (0xC2 0x80..0x9F): what moves a terminal's cursor. */
static size_t control_length(const unsigned char *at, size_t left)
{
    if (at[0] < 0x20 || at[0] == 0x7f)
        return 1;
    return left > 1 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f ? 2 : 0;
}

/* Copies `text` with control characters as \xNN; returns the bytes written, at most `size`. */
static size_t copy_printable(char *to, size_t size, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0, length = strlen(text);
    for (size_t i = 0; i < length;) {
        const unsigned char *at = (const unsigned char *)text + i;
        size_t controls = control_length(at, length - i);
        if (used + (controls ? 4 * controls : 1) > size)
            break;
        for (size_t k = 0; k < controls; k++) {
            to[used++] = '\\';
            to[used++] = 'x';
            to[used++] = digits[at[k] >> 4];
            to[used++] = digits[at[k] & 15];
        }
        if (controls == 0)
            to[used++] = text[i];
        i += controls ? controls : 1;
    }
    return used;
}

/* "<6>" under systemd, else the time and the level's name. */
static size_t write_front(char *to, size_t size, enum log_level level, const char *module)
{
    int used;
    if (getenv("JOURNAL_STREAM")) {
        used = snprintf(to, size, "<%d>%s: ", syslog_priority[level], module);
    } else {
        struct timespec now;
        struct tm utc;
        (void)clock_gettime(CLOCK_REALTIME, &now);
        (void)gmtime_r(&now.tv_sec, &utc);
        used =
            snprintf(to, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s: ", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     now.tv_nsec / 1000000, level_names[level], module);
    }
    return used < 0 ? 0 : (size_t)used < size ? (size_t)used : size - 1;
}

void log_write(enum log_level level, const char *module, const char *format, ...)
{
    if ((int)level < atomic_load(&level_now))
        return;
    int saved_errno = errno; /* a log line must not change what the caller asks about next */

    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (wanted < 0)
        (void)snprintf(text, sizeof text, "(log line could not be formatted: %s)", format);

    char line[LINE_MAX_BYTES];
    size_t used = write_front(line, 256, level, module);
    used += copy_printable(line + used, sizeof line - used - 8, text);
    if (wanted >= TEXT_MAX) {
        memcpy(line + used, " ...", 4);
        used += 4;
    }
    line[used++] = '\n';
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line, used);
    } while (written < 0 && errno == EINTR);
    /* stderr gone or full: there is nobody left to tell. */
    errno = saved_errno;
}
