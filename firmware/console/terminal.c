/* SPDX-License-Identifier: Apache-2.0 */
#include "console/terminal.h"

#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONTROL_C 3
#define AHEAD_MAX 1024 /* bytes; more is not typed by a person */

static const struct {
    const char *text;
    speed_t speed;
} SPEEDS[] = {{"9600", B9600},     {"19200", B19200},   {"38400", B38400},   {"57600", B57600},
              {"115200", B115200}, {"230400", B230400}, {"460800", B460800}, {"921600", B921600}};

int terminal_parse(const char *text, char *path, size_t size, speed_t *speed, struct err *err)
{
    size_t length = strcspn(text, "@");
    const char *front = text[0] == '/' ? "" : "/dev/";
    if (length == 0 || strlen(front) + length >= size)
        return err_set(err, ERR_USAGE,
                       "%.80s: a line is named as DEVICE or DEVICE@SPEED, for "
                       "example /dev/ttyS1@115200",
                       text);
    (void)snprintf(path, size, "%s%.*s", front, (int)length, text);
    const char *wanted = text[length] == '@' ? text + length + 1 : "115200";
    for (size_t i = 0; i < sizeof SPEEDS / sizeof *SPEEDS; i++)
        if (strcmp(SPEEDS[i].text, wanted) == 0) {
            *speed = SPEEDS[i].speed;
            return 0;
        }
    return err_set(err, ERR_USAGE,
                   "%.80s: the speed is one of 9600, 19200, 38400, 57600, 115200, 230400, 460800, "
                   "921600",
                   text);
}

/* The mode in which verbs run: bytes as they come, no echo, lines end with CR LF. */
static struct termios run_mode(const struct termios *from)
{
    struct termios mode = *from;
    /* Noise on a cable that is plugged in must not stop the output (IXON) or end us (BRKINT). */
    mode.c_iflag &= ~(tcflag_t)(BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | IXON | IXOFF | IXANY);
    mode.c_iflag |= IGNBRK | ICRNL | IGNPAR;
    mode.c_oflag |= OPOST | ONLCR;
    mode.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    return mode;
}

static int set_line(struct terminal *terminal, const char *path, speed_t speed, struct err *err)
{
    struct winsize size = {0};
    if (tcgetattr(terminal->fd, &terminal->saved) < 0)
        return err_set_errno(err, ERR_USAGE, errno, "%s is no terminal", path);
    terminal->run = run_mode(&terminal->saved);
    terminal->run.c_cflag &= ~(tcflag_t)(CSIZE | CSTOPB | PARENB | CRTSCTS);
    terminal->run.c_cflag |= CS8 | CREAD | CLOCAL;
    (void)cfsetispeed(&terminal->run, speed);
    (void)cfsetospeed(&terminal->run, speed);
    if (tcsetattr(terminal->fd, TCSANOW, &terminal->run) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s cannot be set to 8N1", path);
    if (ioctl(terminal->fd, TIOCGWINSZ, &size) == 0 && size.ws_col == 0) {
        size.ws_col = 80;
        size.ws_row = 24;
        (void)ioctl(terminal->fd, TIOCSWINSZ, &size);
    }
    return 0;
}

int terminal_open(struct terminal *terminal, const char *device, struct err *err)
{
    char path[256];
    speed_t speed;
    *terminal = (struct terminal){.fd = -1};
    int code = terminal_parse(device, path, sizeof path, &speed, err);
    if (code)
        return code;
    /* Not blocking on a modem's carrier; and nobody's controlling terminal. */
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, errno == EACCES ? ERR_PERMISSION : ERR_NOT_FOUND, errno,
                             "%s cannot be opened", path);
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    terminal->fd = fd;
    code = set_line(terminal, path, speed, err);
    if (!code) {
        terminal->in = fdopen(fd, "r");
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        terminal->out = copy >= 0 ? fdopen(copy, "w") : NULL;
        if (!terminal->in || !terminal->out)
            code = err_set_errno(err, ERR_SYSTEM, errno, "%s cannot be used", path);
    }
    terminal->is_terminal = terminal->opened = true;
    return code;
}

void terminal_attach(struct terminal *terminal, bool quiet)
{
    *terminal = (struct terminal){.fd = STDIN_FILENO, .in = stdin, .out = stdout};
    if (quiet || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
        tcgetattr(STDIN_FILENO, &terminal->saved) < 0)
        return;
    terminal->is_terminal = true;
    terminal->run = run_mode(&terminal->saved);
}

void terminal_close(struct terminal *terminal)
{
    if (terminal->out)
        (void)fflush(terminal->out);
    if (terminal->is_terminal && terminal->fd >= 0)
        (void)tcsetattr(terminal->fd, TCSANOW, &terminal->saved);
    if (terminal->opened) {
        if (terminal->out)
            (void)fclose(terminal->out);
        if (terminal->in)
            (void)fclose(terminal->in);
        else
            (void)close(terminal->fd);
    }
    strbuf_free(&terminal->ahead);
}

void terminal_begin_run(struct terminal *terminal)
{
    terminal->interrupted = false;
    if (terminal->is_terminal)
        (void)tcsetattr(terminal->fd, TCSADRAIN, &terminal->run);
}

/* Takes what is typed now. False: Ctrl-C was in it (what was typed before it is forgotten), or the
 * line is gone. */
static bool take_typed(struct terminal *terminal)
{
    char bytes[128];
    ssize_t got = read(terminal->fd, bytes, sizeof bytes);
    if (got <= 0) {
        terminal->gone = got == 0 || (errno != EINTR && errno != EAGAIN);
        return !terminal->gone;
    }
    const char *stop = memrchr(bytes, CONTROL_C, (size_t)got);
    size_t from = stop ? (size_t)(stop - bytes) + 1 : 0;
    if (stop) {
        strbuf_clear(&terminal->ahead);
        terminal->ahead_taken = 0;
        terminal->interrupted = true;
    }
    if (terminal->ahead.length + (size_t)got <= AHEAD_MAX)
        strbuf_append(&terminal->ahead, bytes + from, (size_t)got - from);
    return stop == NULL;
}

enum terminal_event terminal_wait(struct terminal *terminal, int fd, int timeout_ms)
{
    int64_t until_us = clock_mono_us() + timeout_ms * CLOCK_US_PER_MS;
    (void)fflush(terminal->out);
    for (;;) {
        int left_ms = -1;
        if (timeout_ms >= 0) {
            int64_t left_us = until_us - clock_mono_us();
            left_ms = left_us > 0 ? (int)((left_us + 999) / 1000) : 0;
        }
        struct pollfd fds[2] = {{fd, POLLIN, 0},
                                {terminal->is_terminal ? terminal->fd : -1, POLLIN, 0}};
        int ready = poll(fds, 2, left_ms);
        if (ready < 0 && errno != EINTR)
            return TERMINAL_INTERRUPT;
        if (ready > 0 && fds[1].revents && !take_typed(terminal))
            return TERMINAL_INTERRUPT;
        if (ready > 0 && fds[0].revents)
            return TERMINAL_READY;
        if (ready == 0)
            return TERMINAL_TIME;
    }
}

int terminal_next(struct terminal *terminal)
{
    unsigned char byte;
    ssize_t got;
    if (terminal->ahead_taken < terminal->ahead.length)
        return (unsigned char)terminal->ahead.text[terminal->ahead_taken++];
    strbuf_clear(&terminal->ahead);
    terminal->ahead_taken = 0;
    do {
        got = read(terminal->fd, &byte, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1 ? byte : -1;
}
