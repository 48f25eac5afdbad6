/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/scope.h"
#include <errno.h>
#include <fcntl.h>

int file_read(const char *path, size_t max_bytes, struct strbuf *to, struct err *err)
{
    SCOPE_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                             "%s cannot be opened", path);
    size_t before = to->length;
    for (;;) {
        char chunk[4096];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, ERR_IO, errno, "%s cannot be read", path);
        if (got == 0)
            break;
        strbuf_append(to, chunk, (size_t)got);
        if (to->length - before > max_bytes)
            return err_set(err, ERR_INVALID, "%s is longer than %zu bytes", path, max_bytes);
    }
    return strbuf_failed(to) ? err_set(err, ERR_NOMEM, "%s: no memory to read it", path) : 0;
}
