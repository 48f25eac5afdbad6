/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_disk.h"

#include "base/clock.h"
#include "base/scope.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define NUMBER_DIGITS 8
#define SUFFIX        ".log"
#define FILE_MODE     0640
#define FOLDER_MODE   0750

bool log_disk_parse_name(const char *name, char program[LOG_DISK_PROGRAM_SIZE], uint32_t *number)
{
    size_t tail = 1 + NUMBER_DIGITS + strlen(SUFFIX), length = strlen(name);
    if (length <= tail || length - tail >= LOG_DISK_PROGRAM_SIZE)
        return false;
    const char *at = name + length - tail;
    if (*at != '.' || strcmp(at + 1 + NUMBER_DIGITS, SUFFIX) != 0 || memchr(name, '/', length))
        return false;
    uint32_t value = 0;
    for (int i = 1; i <= NUMBER_DIGITS; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        value = 10 * value + (uint32_t)(at[i] - '0');
    }
    memcpy(program, name, length - tail);
    program[length - tail] = '\0';
    *number = value;
    return value > 0;
}

char *log_disk_format_name(char *to, size_t size, const char *program, uint32_t number)
{
    int length = snprintf(to, size, "%s.%0*u%s", program, NUMBER_DIGITS, number, SUFFIX);
    return length > 0 && (size_t)length < size ? to : NULL;
}

static char *segment_path(const struct log_disk_real *disk, uint32_t number, char path[PATH_MAX])
{
    char name[LOG_DISK_PROGRAM_SIZE + 16];
    if (!log_disk_format_name(name, sizeof name, disk->program, number))
        return NULL;
    int length = snprintf(path, PATH_MAX, "%s/%s", disk->folder, name);
    return length > 0 && length < PATH_MAX ? path : NULL;
}

/* The folder, and the right to write these files: 0 or a negative errno. The lock file stays:
 * removing it would let two processes hold locks on two files of one name. */
static int take_folder(struct log_disk_real *disk)
{
    char path[PATH_MAX];
    if (disk->lock >= 0)
        return 0;
    int length = snprintf(path, sizeof path, "%s/%s.lock", disk->folder, disk->program);
    if (length < 0 || length >= PATH_MAX)
        return -ENAMETOOLONG;
    if (mkdir(disk->folder, FOLDER_MODE) < 0 && errno != EEXIST)
        return -errno;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int code = errno == EWOULDBLOCK ? -EBUSY : -errno;
        (void)close(fd);
        return code;
    }
    disk->lock = fd;
    return 0;
}

static int disk_list(void *self, void (*each)(void *to, uint32_t number, int64_t bytes), void *to)
{
    struct log_disk_real *disk = self;
    int code = take_folder(disk);
    if (code < 0)
        return code;
    DIR *folder = opendir(disk->folder);
    if (folder == NULL)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char program[LOG_DISK_PROGRAM_SIZE];
        uint32_t number;
        struct stat status;
        if (log_disk_parse_name(entry->d_name, program, &number) &&
            strcmp(program, disk->program) == 0 &&
            fstatat(dirfd(folder), entry->d_name, &status, 0) == 0)
            each(to, number, (int64_t)status.st_size);
    }
    (void)closedir(folder);
    return 0;
}

/* Size of an open file, and whether it ends within a line. */
static int look_at_end(int fd, int64_t *bytes, bool *torn)
{
    struct stat status;
    char last = '\n';
    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size > 0 && pread(fd, &last, 1, status.st_size - 1) < 0)
        return -errno;
    *bytes = (int64_t)status.st_size;
    *torn = last != '\n';
    return 0;
}

static int disk_open(void *self, uint32_t number, int64_t *bytes, bool *torn)
{
    char path[PATH_MAX];
    if (!segment_path(self, number, path))
        return -ENAMETOOLONG;
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return -errno;
    int code = look_at_end(fd, bytes, torn);
    if (code == 0 && *bytes == 0)
        (void)fchmod(fd, FILE_MODE); /* a service's umask would keep its group out */
    if (code < 0)
        (void)close(fd);
    return code < 0 ? code : fd;
}

static ssize_t disk_append(void *self, int handle, const void *bytes, size_t length)
{
    (void)self;
    ssize_t n = write(handle, bytes, length);
    return n < 0 ? -errno : n;
}

static int disk_share(void *self, int handle)
{
    (void)self;
    int fd = fcntl(handle, F_DUPFD_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

static int disk_sync(void *self, int handle)
{
    (void)self;
    return fdatasync(handle) < 0 ? -errno : 0;
}

static int disk_sync_names(void *self)
{
    const struct log_disk_real *disk = self;
    SCOPE_CLOSE int fd = open(disk->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static void disk_close(void *self, int handle)
{
    (void)self;
    (void)close(handle);
}

static int disk_remove(void *self, uint32_t number)
{
    char path[PATH_MAX];
    if (!segment_path(self, number, path))
        return -ENAMETOOLONG;
    return unlink(path) < 0 ? -errno : 0;
}

static bool disk_is_there(void *self, int handle)
{
    struct stat status;
    (void)self;
    return fstat(handle, &status) < 0 || status.st_nlink > 0;
}

static int64_t disk_mono_us(void *self)
{
    (void)self;
    return clock_mono_us();
}

int log_disk_open(struct log_disk *disk, struct log_disk_real *self, const char *folder,
                  const char *program, struct err *err)
{
    *self =
        (struct log_disk_real){.folder = strdup(folder), .program = strdup(program), .lock = -1};
    *disk = (struct log_disk){
        .self = self,
        .list = disk_list,
        .open = disk_open,
        .append = disk_append,
        .share = disk_share,
        .sync = disk_sync,
        .sync_names = disk_sync_names,
        .close = disk_close,
        .remove = disk_remove,
        .is_there = disk_is_there,
        .mono_us = disk_mono_us,
    };
    if (self->folder && self->program)
        return 0;
    log_disk_close(self);
    return err_set(err, ERR_NOMEM, "no memory for the log");
}

void log_disk_close(struct log_disk_real *self)
{
    if (self->lock >= 0)
        (void)close(self->lock);
    free(self->folder);
    free(self->program);
    *self = (struct log_disk_real){.lock = -1};
}
