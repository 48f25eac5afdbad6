/* SPDX-License-Identifier: Apache-2.0 */
#include "export/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK 512

/* All numbers are octal text, as the format wants them. */
struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
    char type, linkname[100], magic[6], version[2], uname[32], gname[32];
    char devmajor[8], devminor[8], prefix[155], padding[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "ustar has blocks of 512 bytes");

struct archive {
    gzFile gz;
};

int archive_new(struct archive **to, int fd, struct err *err)
{
    struct archive *archive = calloc(1, sizeof *archive);
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* gzclose closes it */
    *to = archive;
    if (archive && own >= 0)
        archive->gz = gzdopen(own, "wb6");
    if (archive && archive->gz)
        return 0;
    if (own >= 0)
        (void)close(own);
    free(archive);
    *to = NULL;
    return err_set(err, ERR_NOMEM, "no memory for the archive");
}

static int failed(const struct archive *archive, struct err *err)
{
    int code = 0, errnum = errno;
    const char *text = gzerror(archive->gz, &code);
    if (code == Z_ERRNO)
        return err_set_errno(err, ERR_IO, errnum, "the bundle cannot be written");
    return err_set(err, ERR_IO, "the bundle cannot be written: %s", text);
}

static int put(const struct archive *archive, const void *bytes, size_t length, struct err *err)
{
    if (length > 0 && gzfwrite(bytes, 1, length, archive->gz) != length)
        return failed(archive, err);
    return 0;
}

static int check_name(const char *name, struct err *err)
{
    if (name[0] == '\0' || name[0] == '/' || strlen(name) >= ARCHIVE_NAME_MAX || strstr(name, ".."))
        return err_set(err, ERR_INVALID, "%.120s: no name for a file of a bundle", name);
    return 0;
}

static void fill_header(struct header *header, const char *name, size_t length, int64_t time_s)
{
    memset(header, 0, sizeof *header);
    memcpy(header->name, name, strlen(name)); /* a full field has no NUL */
    (void)snprintf(header->mode, sizeof header->mode, "%07o", 0640u);
    (void)snprintf(header->uid, sizeof header->uid, "%07o", 0u);
    (void)snprintf(header->gid, sizeof header->gid, "%07o", 0u);
    (void)snprintf(header->size, sizeof header->size, "%011o", (unsigned)length);
    (void)snprintf(header->mtime, sizeof header->mtime, "%011llo",
                   (unsigned long long)(time_s > 0 ? time_s & 077777777777 : 0));
    header->type = '0';
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    memset(header->checksum, ' ', sizeof header->checksum);
    unsigned sum = 0;
    for (const unsigned char *at = (const unsigned char *)header;
         at < (unsigned char *)(header + 1); at++)
        sum += *at;
    (void)snprintf(header->checksum, sizeof header->checksum, "%06o", sum);
}

int archive_add(struct archive *archive, const char *name, const void *bytes, size_t length,
                int64_t time_s, struct err *err)
{
    static const char zeros[BLOCK];
    struct header header;
    int code = check_name(name, err);
    if (code == 0 && length > INT_MAX)
        code = err_set(err, ERR_INVALID, "%s: too long for a bundle", name);
    if (code < 0)
        return code;
    fill_header(&header, name, length, time_s);
    code = put(archive, &header, sizeof header, err);
    if (code == 0)
        code = put(archive, bytes, length, err);
    return code < 0 ? code : put(archive, zeros, (BLOCK - length % BLOCK) % BLOCK, err);
}

int archive_end(struct archive *archive, struct err *err)
{
    static const char zeros[2 * BLOCK]; /* two empty blocks end a tar */
    int code = put(archive, zeros, sizeof zeros, err);
    int closed = gzclose(archive->gz);
    if (code == 0 && closed != Z_OK)
        code = closed == Z_ERRNO
                   ? err_set_errno(err, ERR_IO, errno, "the bundle cannot be written")
                   : err_set(err, ERR_IO, "the bundle cannot be written (zlib says %d)", closed);
    free(archive);
    return code;
}
