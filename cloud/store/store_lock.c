/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writer per database: an flock(2) on FILE.lock, which the kernel drops with the process, so
 * that no stale lock can survive a kill. The file's text names the holder for the sentence that a
 * second writer's user reads; it is information, never the lock itself.
 */
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

/* The lock's name: the database's real name, so that a symbolic link cannot make two locks. */
static int lock_name(const char *path, char name[PATH_MAX], struct err *err)
{
    char real[PATH_MAX];
    const char *base = realpath(path, real) ? real : path;
    int length = snprintf(name, PATH_MAX, "%s.lock", base);
    if (length < 0 || length >= PATH_MAX)
        return err_set(err, ERR_IO, "database name %.80s…: too long, at most %d bytes", path,
                       PATH_MAX - 6);
    return 0;
}

static int refuse(int fd, const char *path, struct err *err)
{
    char holder[128];
    ssize_t length = pread(fd, holder, sizeof holder - 1, 0);
    if (length < 0)
        length = 0;
    holder[length] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    long pid = 0;
    char program[64] = "";
    if (sscanf(holder, "%ld %63s", &pid, program) == 2)
        return err_set(err, ERR_BUSY,
                       "database %s: %s (process %ld) is writing it; stop that first", path,
                       program, pid);
    return err_set(err, ERR_BUSY, "database %s: another process is writing it; stop that first",
                   path);
}

int store_lock_take(const char *path, struct err *err)
{
    char name[PATH_MAX];
    int status = lock_name(path, name, err);
    if (status < 0)
        return status;
    SCOPE_CLOSE int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "lock file %s: cannot be opened", name);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            return refuse(fd, path, err);
        return err_set_errno(err, ERR_IO, errno, "lock file %s: cannot be locked", name);
    }
    char text[128];
    int length =
        snprintf(text, sizeof text, "%ld %.60s\n", (long)getpid(), program_invocation_short_name);
    /* A full disk must not keep the writer out: the name is only a courtesy. */
    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, text, (size_t)length, 0);
    int taken = fd;
    fd = -1;
    return taken;
}
