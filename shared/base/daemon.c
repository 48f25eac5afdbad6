/* SPDX-License-Identifier: Apache-2.0 */
#include "base/daemon.h"

#include "base/log.h"
#include "base/log_keep.h"
#include "base/scope.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>

int daemon_configure(const struct config *config, struct clock *clock, struct err *err)
{
    enum log_level level;
    int result = log_level_parse(config_text(config, "log", "level"), &level, err);
    if (result != 0)
        return result;
    struct clock wanted = {
        .origin_wall_us = config_integer(config, "clock", "origin_wall"),
        .origin_plant_us = config_integer(config, "clock", "origin_plant"),
        .speed = config_real(config, "clock", "speed"),
    };
    /* A factor counted from 1970 would put the plant centuries away. */
    if (wanted.speed != 1.0 && wanted.origin_wall_us == 0)
        return err_set(err, ERR_CONFIG,
                       "[clock] speed = %g needs [clock] origin_wall and origin_plant, the moment "
                       "from which the plant clock runs at that speed",
                       wanted.speed);
    log_set_level(level);
    *clock = wanted;
    return 0;
}

/* LOGS_DIRECTORY of systemd.exec(5) may name several folders, separated by colons: the first. */
static char *log_folder(const struct config *config)
{
    const char *folder = config_text(config, "log", "folder");
    const char *given = getenv("LOGS_DIRECTORY");
    if (folder[0] == '\0' && given)
        return strndup(given, strcspn(given, ":"));
    return strdup(strcmp(folder, "none") == 0 ? "" : folder);
}

int daemon_keep_log(const struct config *config, const char *program, struct err *err)
{
    SCOPE_FREE char *folder = log_folder(config);
    if (folder == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the log");
    if (folder[0] == '\0')
        return 0;
    const struct log_keep_options options = {
        .folder = folder,
        .program = program,
        .max_bytes = config_integer(config, "log", "max_bytes"),
        .sync_us = (int64_t)(config_real(config, "log", "sync_s") * 1e6),
    };
    return log_keep_begin(&options, err);
}

int daemon_signals(struct err *err)
{
    sigset_t handled;
    (void)sigemptyset(&handled);
    (void)sigaddset(&handled, SIGTERM);
    (void)sigaddset(&handled, SIGINT);
    (void)sigaddset(&handled, SIGHUP);
    int errnum = pthread_sigmask(SIG_BLOCK, &handled, NULL);
    if (errnum != 0)
        return err_set_errno(err, ERR_SYSTEM, errnum, "signals cannot be blocked");
    /* A peer that goes away is an error of write(2), not the end of the process. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
    log_install_signals();
    int fd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "no file descriptor for signals");
    return fd;
}

int daemon_next_signal(int fd)
{
    struct signalfd_siginfo info;
    ssize_t got;
    do {
        got = read(fd, &info, sizeof info);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

void daemon_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') ||
        strlen(path) >= sizeof address.sun_path)
        return;
    size_t length = strlen(path);
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') /* abstract socket: its name begins with a NUL */
        address.sun_path[0] = '\0';
    SCOPE_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, size) < 0)
        log_warning("daemon", "the service manager does not take the notice: %s state=%s",
                    strerror(errno), state);
}
