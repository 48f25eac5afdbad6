/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/guardian.h"

#include "base/log.h"
#include "base/log_keep.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define END_TRIES    200
#define END_PAUSE_NS 5000000

static bool is_needed(const struct plants *plants)
{
    for (size_t i = 0; i < plants->count; i++) {
        if (plants->list[i].ops->make_safe)
            return true;
    }
    return false;
}

/* The child's life. Signals that end the engine are blocked in it (base/daemon.h), for it has to
 * outlive the engine. */
static _Noreturn void guard(int pipe, const struct plants *plants)
{
    char byte;
    (void)prctl(PR_SET_NAME, "swap-guardian");
    while (read(pipe, &byte, 1) < 0 && errno == EINTR)
        ;
    for (size_t i = 0; i < plants->count; i++) {
        if (plants->list[i].ops->make_safe)
            plants->list[i].ops->make_safe(plants->list[i].self);
    }
    _exit(0);
}

int guardian_start(struct guardian *guardian, const struct plants *plants, struct err *err)
{
    int ends[2];
    *guardian = (struct guardian){.pipe = -1};
    if (!is_needed(plants))
        return 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "no pipe for the guardian of the outputs");
    pid_t pid = log_keep_fork();
    if (pid < 0) {
        int errnum = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        return err_set_errno(err, ERR_SYSTEM, errnum, "no process to guard the outputs");
    }
    if (pid == 0) {
        (void)close(ends[1]);
        guard(ends[0], plants);
    }
    (void)close(ends[0]);
    *guardian = (struct guardian){.pid = pid, .pipe = ends[1]};
    log_info("engine", "outputs are guarded pid=%d", (int)pid);
    return 0;
}

bool guardian_is_well(const struct guardian *guardian)
{
    siginfo_t info = {0};
    if (guardian->pid == 0)
        return true;
    /* WNOWAIT: guardian_end collects it. */
    int code = waitid(P_PID, (id_t)guardian->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return code != 0 ? errno == EINTR : info.si_pid == 0;
}

void guardian_end(struct guardian *guardian)
{
    if (guardian->pid == 0)
        return;
    (void)close(guardian->pipe);
    for (int left = END_TRIES; left > 0; left--) {
        pid_t got = waitpid(guardian->pid, NULL, WNOHANG);
        if (got == guardian->pid || (got < 0 && errno != EINTR))
            break;
        (void)nanosleep(&(struct timespec){0, END_PAUSE_NS}, NULL);
    }
    *guardian = (struct guardian){.pipe = -1};
}
