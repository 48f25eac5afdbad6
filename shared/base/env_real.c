/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"

#include "base/file.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

/* Far more than any state of ours. */
#define STATE_MAX_BYTES (256u * 1024u * 1024u)

static int64_t real_wall_us(void *self)
{
    (void)self;
    return clock_wall_us();
}

static int64_t real_mono_us(void *self)
{
    (void)self;
    return clock_mono_us();
}

static int64_t real_plant_us(void *self)
{
    const struct env_real *real = self;
    return clock_plant_us(&real->clock);
}

static void real_random_bytes(void *self, void *to, size_t length)
{
    (void)self;
    unsigned char *at = to;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            abort(); /* a kernel without randomness: ids would repeat, nothing is safe */
        at += got;
        length -= (size_t)got;
    }
}

static int save_code(int errnum)
{
    return errnum == ENOSPC || errnum == EDQUOT ? ERR_FULL : ERR_STORAGE;
}

static bool is_plain_name(const char *name)
{
    return *name != '\0' && strchr(name, '/') == NULL && name[0] != '.';
}

static int write_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t put = write(fd, at, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        at += put;
        length -= (size_t)put;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

/* The new bytes under a temporary name, on disk. Returns 0 or an errno value. */
static int write_temporary(int directory, const char *temporary, const void *bytes, size_t length)
{
    SCOPE_CLOSE int fd =
        openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    return fd < 0 ? errno : write_all(fd, bytes, length);
}

static int real_state_save(void *self, const char *name, const void *bytes, size_t length,
                           struct err *err)
{
    const struct env_real *real = self;
    assert(real->directory != NULL);
    if (!is_plain_name(name))
        return err_set(err, ERR_STORAGE, "%s is no plain file name", name);
    SCOPE_CLOSE int directory = open(real->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return err_set_errno(err, ERR_STORAGE, errno, "directory %s cannot be opened",
                             real->directory);

    char temporary[NAME_MAX + 1];
    if ((size_t)snprintf(temporary, sizeof temporary, ".%s.new", name) >= sizeof temporary)
        return err_set(err, ERR_STORAGE, "%s is too long for a file name", name);
    int errnum = write_temporary(directory, temporary, bytes, length);
    if (errnum == 0 && renameat(directory, temporary, directory, name) != 0)
        errnum = errno;
    if (errnum != 0) {
        (void)unlinkat(directory, temporary, 0);
        return err_set_errno(err, save_code(errnum), errnum, "%s/%s cannot be saved",
                             real->directory, name);
    }
    /* Without this the rename itself may not survive; the old or the new state does, whole. */
    if (fsync(directory) != 0)
        return err_set_errno(err, save_code(errno), errno, "directory %s cannot be synchronised",
                             real->directory);
    return 0;
}

static int real_state_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    const struct env_real *real = self;
    assert(real->directory != NULL);
    if (!is_plain_name(name))
        return err_set(err, ERR_IO, "%s is no plain file name", name);
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", real->directory, name) >= sizeof path)
        return err_set(err, ERR_IO, "%s/%s is too long for a path", real->directory, name);
    return file_read(path, STATE_MAX_BYTES, to, err);
}

void env_real_init(struct env *env, struct env_real *self)
{
    *env = (struct env){
        .self = self,
        .wall_us = real_wall_us,
        .mono_us = real_mono_us,
        .plant_us = real_plant_us,
        .random_bytes = real_random_bytes,
        .state_save = real_state_save,
        .state_load = real_state_load,
    };
}
