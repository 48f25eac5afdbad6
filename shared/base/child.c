/* SPDX-License-Identifier: Apache-2.0 */
#include "base/child.h"

#include "base/clock.h"
#include "base/scope.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 16384

static void close_end(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* Descriptors are close-on-exec everywhere; dup2 in the child lifts that from these. */
static int spawn(struct child *child, const char *const *argv, int in_fd, int out_fd, int err_fd)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    (void)sigemptyset(&none);
    (void)sigfillset(&defaults);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&attributes);
    if (in_fd >= 0)
        (void)posix_spawn_file_actions_adddup2(&files, in_fd, STDIN_FILENO);
    else
        (void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&files, out_fd, STDOUT_FILENO);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawn_file_actions_adddup2(&files, err_fd, STDERR_FILENO);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &defaults);
    (void)posix_spawnattr_setflags(&attributes,
                                   (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                           (in_fd < 0 ? POSIX_SPAWN_SETPGROUP : 0)));
    /* The array is not written to: execve's type is older than const. */
    union {
        const char *const *from;
        char *const *to;
    } words = {.from = argv};
    int errnum = posix_spawnp(&child->pid, argv[0], &files, &attributes, words.to, environ);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attributes);
    return errnum;
}

int child_start(struct child *child, const char *const *argv, int in_fd, int out_fd,
                struct err *err)
{
    int out[2] = {-1, -1}, errors[2] = {-1, -1};
    *child = CHILD_NONE;
    int errnum = (out_fd < 0 && pipe2(out, O_CLOEXEC) < 0) || pipe2(errors, O_CLOEXEC) < 0
                     ? errno
                     : spawn(child, argv, in_fd, out_fd < 0 ? out[1] : out_fd, errors[1]);
    close_end(&out[1]);
    close_end(&errors[1]);
    if (errnum != 0) {
        close_end(&out[0]);
        close_end(&errors[0]);
        *child = CHILD_NONE;
        return err_set_errno(err, errnum == ENOENT ? ERR_UNAVAILABLE : ERR_SYSTEM, errnum,
                             "%s cannot be run", argv[0]);
    }
    if (out[0] >= 0)
        (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(errors[0], F_SETFL, O_NONBLOCK);
    child->out_fd = out[0];
    child->err_fd = errors[0];
    return 0;
}

/* One read; closes at the end. */
static void take(int *fd, struct strbuf *to, size_t max_bytes, bool *cut)
{
    char chunk[CHUNK];
    ssize_t got = read(*fd, chunk, sizeof chunk);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        close_end(fd);
        return;
    }
    if (to == NULL)
        return;
    size_t room = to->length < max_bytes ? max_bytes - to->length : 0;
    size_t used = (size_t)got < room ? (size_t)got : room;
    strbuf_append(to, chunk, used);
    if (used < (size_t)got && cut)
        *cut = true;
}

int child_collect(struct child *child, int timeout_ms, size_t max_bytes, struct strbuf *out,
                  struct strbuf *errors, bool *cut, struct err *err)
{
    int64_t until_us = clock_mono_us() + timeout_ms * CLOCK_US_PER_MS;
    while (child->out_fd >= 0 || child->err_fd >= 0) {
        int64_t left_us = until_us - clock_mono_us();
        struct pollfd fds[] = {{.fd = child->out_fd, .events = POLLIN},
                               {.fd = child->err_fd, .events = POLLIN}};
        if (left_us <= 0)
            return err_set(err, ERR_TIMEOUT, "not done in %d s", timeout_ms / 1000);
        if (poll(fds, 2, (int)(left_us / CLOCK_US_PER_MS) + 1) < 0 && errno != EINTR)
            return err_set_errno(err, ERR_SYSTEM, errno, "poll");
        if (child->out_fd >= 0 && fds[0].revents)
            take(&child->out_fd, out, max_bytes, cut);
        if (child->err_fd >= 0 && fds[1].revents)
            take(&child->err_fd, errors, max_bytes, NULL);
    }
    return 0;
}

static int reap(struct child *child)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    child->pid = 0;
    close_end(&child->out_fd);
    close_end(&child->err_fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_end(struct child *child)
{
    if (child->pid <= 0)
        return -1;
    (void)kill(child->pid, SIGKILL);
    return reap(child);
}

int child_wait(struct child *child, int timeout_ms)
{
    if (child->pid <= 0)
        return -1;
    SCOPE_CLOSE int exit_fd = pidfd_open(child->pid, 0);
    int64_t until_us = clock_mono_us() + timeout_ms * CLOCK_US_PER_MS;
    for (;;) {
        int64_t left_us = until_us - clock_mono_us();
        struct pollfd ended = {.fd = exit_fd, .events = POLLIN};
        int ready = left_us <= 0 ? 0 : poll(&ended, 1, (int)(left_us / CLOCK_US_PER_MS) + 1);
        if (ready > 0)
            return reap(child);
        if (left_us <= 0 || (ready < 0 && errno != EINTR))
            return child_end(child);
    }
}
