/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit_file.h"

#include "base/scope.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int failed(const struct audit_file *file, int errnum, struct err *err)
{
    int code = errnum == ENOSPC || errnum == EDQUOT ? ERR_FULL : ERR_STORAGE;
    return err_set_errno(err, code, errnum, "%s/" AUDIT_FILE_NAME, file->directory);
}

/* A full file makes room. 0 or an errno value. */
static int rotate(int directory)
{
    struct stat status;
    if (fstatat(directory, AUDIT_FILE_NAME, &status, 0) < 0)
        return errno == ENOENT ? 0 : errno;
    if (status.st_size < AUDIT_FILE_MAX)
        return 0;
    return renameat(directory, AUDIT_FILE_NAME, directory, AUDIT_FILE_NAME ".1") == 0 ? 0 : errno;
}

/* A line in one write, so that a power cut leaves at most one half of one, at the end. */
static int append(int directory, const char *line, size_t length)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC;
    SCOPE_CLOSE int fd = openat(directory, AUDIT_FILE_NAME, flags, 0640);
    if (fd < 0)
        return errno;
    ssize_t written = write(fd, line, length);
    if (written != (ssize_t)length)
        return written < 0 ? errno : ENOSPC;
    return fdatasync(fd) == 0 ? 0 : errno;
}

static int record(void *self, const char *line, struct err *err)
{
    const struct audit_file *file = self;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    SCOPE_CLOSE int directory = open(file->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return failed(file, errno, err);
    strbuf_printf(&text, "%s\n", line);
    if (strbuf_failed(&text))
        return err_set(err, ERR_NOMEM, "out of memory");
    int errnum = rotate(directory);
    if (!errnum)
        errnum = append(directory, strbuf_text(&text), text.length);
    if (!errnum && fsync(directory) < 0) /* a new file's name */
        errnum = errno;
    return errnum ? failed(file, errnum, err) : 0;
}

void audit_file_init(struct audit_file *self, const char *directory, struct engine_audit *audit)
{
    self->directory = directory;
    *audit = (struct engine_audit){self, record};
}
