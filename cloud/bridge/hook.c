/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/hook.h"

#include "base/clock.h"
#include "base/scope.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define STDERR_KEPT 200

extern char **environ;

/* A program that runs, and our ends of its pipes (-1: closed). */
struct run {
    pid_t pid;
    int exit_fd, in_fd, err_fd;
    const char *payload;
    size_t sent, length;
    char said[STDERR_KEPT + 1]; /* end of what it wrote to standard error */
    size_t said_length;
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static int spawn(struct run *run, const char *program, const struct delivery_row *row, int child_in,
                 int child_err, struct err *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    char *const arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)row->event, NULL};
    SCOPE_FREE char **environment = hook_environment(row->payload, environ);
    if (!environment)
        return err_set(err, ERR_NOMEM, "out of memory");
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawn_file_actions_adddup2(&files, child_in, STDIN_FILENO);
    (void)posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&files, child_err, STDERR_FILENO);
    /* A group of its own, to be killed with its children; no signal blocked or ignored. */
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
    int code = posix_spawn(&run->pid, program, &files, &attributes, arguments, environment);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attributes);
    return code == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, code, "%s cannot be run", program);
}

static int start(struct run *run, const char *program, const struct delivery_row *row,
                 struct err *err)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, status = 0;
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        status = err_set_errno(err, ERR_SYSTEM, errno, "no pipe");
    if (status == 0)
        status = spawn(run, program, row, in[0], out[1], err);
    close_end(&in[0]);
    close_end(&out[1]);
    run->in_fd = in[1];
    run->err_fd = out[0];
    if (status < 0)
        return status;
    (void)fcntl(run->in_fd, F_SETFL, O_NONBLOCK);
    (void)fcntl(run->err_fd, F_SETFL, O_NONBLOCK);
    run->exit_fd = pidfd_open(run->pid, 0);
    return 0;
}

static void feed(struct run *run)
{
    ssize_t n = write(run->in_fd, run->payload + run->sent, run->length - run->sent);
    if (n > 0)
        run->sent += (size_t)n;
    /* Done, or it does not want to read: that is its business. */
    if (run->sent == run->length || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_end(&run->in_fd);
}

static void hear(struct run *run)
{
    char chunk[STDERR_KEPT];
    ssize_t n = read(run->err_fd, chunk, sizeof chunk);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        close_end(&run->err_fd);
        return;
    }
    size_t length = (size_t)n, room = STDERR_KEPT - run->said_length;
    if (length > room) {
        size_t drop = length - room;
        memmove(run->said, run->said + drop, run->said_length - drop);
        run->said_length -= drop;
    }
    memcpy(run->said + run->said_length, chunk, length);
    run->said_length += length;
}

/* Until it has ended. False: it took too long, or it is to be given up. */
static bool attend(struct run *run, int timeout_ms, int stop_fd)
{
    int64_t until_us = clock_mono_us() + timeout_ms * CLOCK_US_PER_MS;
    for (;;) {
        int64_t left_us = until_us - clock_mono_us();
        struct pollfd fds[4] = {{.fd = run->exit_fd, .events = POLLIN},
                                {.fd = run->in_fd, .events = POLLOUT},
                                {.fd = run->err_fd, .events = POLLIN},
                                {.fd = stop_fd, .events = POLLIN}};
        if (left_us <= 0)
            return false;
        if (poll(fds, 4, (int)(left_us / CLOCK_US_PER_MS) + 1) < 0 && errno != EINTR)
            return false;
        if (fds[1].revents)
            feed(run);
        if (fds[2].revents)
            hear(run);
        if (fds[3].revents)
            return false;
        if (fds[0].revents) {
            for (int i = 0; run->err_fd >= 0 && i < 64; i++) { /* what is left in the pipe */
                size_t before = run->said_length;
                struct pollfd rest = {.fd = run->err_fd, .events = POLLIN};
                if (poll(&rest, 1, 0) <= 0)
                    break;
                hear(run);
                (void)before;
            }
            return true;
        }
    }
}

/* The last line of what it said, printable. */
static const char *last_line(struct run *run)
{
    while (run->said_length > 0 && (unsigned char)run->said[run->said_length - 1] <= ' ')
        run->said_length--;
    run->said[run->said_length] = '\0';
    char *line = strrchr(run->said, '\n');
    line = line ? line + 1 : run->said;
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    return line;
}

static enum delivery_outcome judge(struct run *run, bool ended, int timeout_ms, struct err *err)
{
    int status = 0;
    if (!ended)
        (void)kill(-run->pid, SIGKILL);
    while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return DELIVERY_DONE;
    const char *said = last_line(run);
    if (!ended)
        err_set(err, ERR_TIMEOUT, "not done in %d s", timeout_ms / 1000);
    else if (WIFSIGNALED(status))
        err_set(err, ERR_SYSTEM, "ended by signal %d%s%s", WTERMSIG(status), said[0] ? ": " : "",
                said);
    else
        err_set(err, ERR_REFUSED, "exit status %d%s%s", WEXITSTATUS(status), said[0] ? ": " : "",
                said);
    return DELIVERY_DOWN;
}

enum delivery_outcome hook_deliver(const char *program, const struct delivery_row *row,
                                   int timeout_ms, int stop_fd, struct err *err)
{
    struct run run = {.exit_fd = -1,
                      .in_fd = -1,
                      .err_fd = -1,
                      .payload = row->payload,
                      .length = strlen(row->payload)};
    enum delivery_outcome outcome = DELIVERY_DOWN;
    if (start(&run, program, row, err) == 0)
        outcome =
            judge(&run, run.exit_fd >= 0 && attend(&run, timeout_ms, stop_fd), timeout_ms, err);
    close_end(&run.exit_fd);
    close_end(&run.in_fd);
    close_end(&run.err_fd);
    return outcome;
}
