/* SPDX-License-Identifier: Apache-2.0 */
/* Segments as a source, and which there are. */
#include "base/log_disk.h"
#include "base/scope.h"
#include "logs/scan.h"
#include "logs/source.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536

struct files {
    char *folder, *program; /* owned */
    uint32_t number;        /* segment that is read; 0: none yet */
    int fd;
    bool ending; /* a newer one was seen: what is read now is the rest */
    struct logs_scan scan;
    struct strbuf module, text; /* of the entry given out last */
    char chunk[CHUNK];
};

/* The lowest number above `above` of the program's segments; 0: none. */
static uint32_t next_number(const struct files *files, uint32_t above)
{
    uint32_t lowest = 0;
    DIR *folder = opendir(files->folder);
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char program[LOG_DISK_PROGRAM_SIZE];
        uint32_t number;
        if (log_disk_parse_name(entry->d_name, program, &number) && number > above &&
            (lowest == 0 || number < lowest) && strcmp(program, files->program) == 0)
            lowest = number;
    }
    (void)closedir(folder);
    return lowest;
}

/* 1: opened; 0: it has just been removed, the next one may be there; negative: error. */
static int open_segment(struct files *files, uint32_t number, struct err *err)
{
    char name[LOG_DISK_PROGRAM_SIZE + 16];
    SCOPE_FREE char *path = NULL;
    if (!log_disk_format_name(name, sizeof name, files->program, number) ||
        asprintf(&path, "%s/%s", files->folder, name) < 0)
        return err_set(err, ERR_NOMEM, "out of memory");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno != ENOENT)
        return err_set_errno(err, errno == EACCES ? ERR_PERMISSION : ERR_IO, errno,
                             "%s cannot be read", path);
    if (files->fd >= 0)
        (void)close(files->fd);
    files->fd = fd;
    files->number = number;
    files->ending = false;
    return fd >= 0;
}

/* 1: more bytes were fed; 0: no more now; negative: error. */
static int read_more(struct files *files, struct err *err)
{
    for (;;) {
        ssize_t got = files->fd < 0 ? 0 : read(files->fd, files->chunk, CHUNK);
        if (got > 0) {
            logs_scan_feed(&files->scan, files->chunk, (size_t)got);
            return strbuf_failed(&files->scan.pending) ? err_set(err, ERR_NOMEM, "out of memory")
                                                       : 1;
        }
        if (got < 0 && errno != EINTR)
            return err_set_errno(err, ERR_IO, errno, "segment %u of %s in %s cannot be read",
                                 files->number, files->program, files->folder);
        uint32_t next = next_number(files, files->number);
        if (next == 0)
            return 0;
        /* The writer left this segment before it began the next: one more look finds its rest. */
        if (files->fd >= 0 && !files->ending) {
            files->ending = true;
            continue;
        }
        logs_scan_end(&files->scan);
        int opened = open_segment(files, next, err);
        if (opened < 0)
            return opened;
    }
}

static int files_next(void *self, struct logs_entry *entry, struct err *err)
{
    struct files *files = self;
    struct log_line line;
    while (!logs_scan_next(&files->scan, &line)) {
        int more = read_more(files, err);
        if (more <= 0)
            return more;
    }
    strbuf_clear(&files->module);
    strbuf_clear(&files->text);
    strbuf_append(&files->module, line.module, line.module_length);
    strbuf_append(&files->text, line.text, line.text_length);
    if (strbuf_failed(&files->module) || strbuf_failed(&files->text))
        return err_set(err, ERR_NOMEM, "out of memory");
    *entry = (struct logs_entry){.time_us = line.time_us,
                                 .level = line.level,
                                 .program = files->program,
                                 .module = strbuf_text(&files->module),
                                 .text = strbuf_text(&files->text)};
    return 1;
}

static void files_note(void *self, FILE *to)
{
    const struct files *files = self;
    int64_t damaged =
        files->scan.damaged + (files->scan.skipping || files->scan.at < files->scan.pending.length);
    if (damaged > 0)
        (void)fprintf(to, "%s in %s: %" PRId64 " damaged or incomplete lines were skipped\n",
                      files->program, files->folder, damaged);
}

static int files_fd(void *self)
{
    (void)self;
    return -1;
}

static void files_free(void *self)
{
    struct files *files = self;
    if (files == NULL)
        return;
    if (files->fd >= 0)
        (void)close(files->fd);
    logs_scan_free(&files->scan);
    strbuf_free(&files->module);
    strbuf_free(&files->text);
    free(files->folder);
    free(files->program);
    free(files);
}

int logs_files_open(struct logs_source *source, const char *folder, const char *program,
                    struct err *err)
{
    struct files *files = calloc(1, sizeof *files);
    if (files != NULL) {
        files->fd = -1;
        files->folder = strdup(folder);
        files->program = strdup(program);
    }
    if (files == NULL || files->folder == NULL || files->program == NULL) {
        files_free(files);
        return err_set(err, ERR_NOMEM, "out of memory");
    }
    *source = (struct logs_source){files, files_next, files_note, files_fd, files_free};
    return 0;
}

/* Listing -------------------------------------------------------------------------------------- */

/* Calls `each` once per program, at the first of its segments that the folder shows. */
static int list_one(const char *path, DIR *folder, logs_each_program *each, void *self,
                    struct err *err)
{
    SCOPE_STRBUF struct strbuf seen = STRBUF_INIT; /* "/swap-engine/swap-monitor/" */
    strbuf_append_char(&seen, '/');
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char program[LOG_DISK_PROGRAM_SIZE], key[LOG_DISK_PROGRAM_SIZE + 2];
        uint32_t number;
        if (!log_disk_parse_name(entry->d_name, program, &number))
            continue;
        (void)snprintf(key, sizeof key, "/%s/", program);
        if (strstr(strbuf_text(&seen), key))
            continue;
        strbuf_append_text(&seen, key + 1);
        int code = each(self, path, program, err);
        if (code != 0)
            return code;
    }
    return 0;
}

static void closedir_scope(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}

/* A folder below that is not ours to read is no reason to say nothing of the others. */
static int list_below(const char *path, const char *name, logs_each_program *each, void *self,
                      FILE *notes, struct err *err)
{
    SCOPE_FREE char *below = NULL;
    if (asprintf(&below, "%s/%s", path, name) < 0)
        return err_set(err, ERR_NOMEM, "out of memory");
    SCOPE(closedir_scope) DIR *folder = opendir(below);
    if (folder)
        return list_one(below, folder, each, self, err);
    if (errno == EACCES && notes)
        (void)fprintf(notes, "log folder %s is left out: %s\n", below, strerror(EACCES));
    return 0;
}

int logs_files_list(const char *path, logs_each_program *each, void *self, FILE *notes,
                    struct err *err)
{
    SCOPE(closedir_scope) DIR *folder = opendir(path);
    if (folder == NULL)
        return err_set_errno(err, errno == EACCES ? ERR_PERMISSION : ERR_NOT_FOUND, errno,
                             "log folder %s cannot be read", path);
    int code = list_one(path, folder, each, self, err);
    rewinddir(folder);
    for (const struct dirent *entry; code == 0 && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
            code = list_below(path, entry->d_name, each, self, notes, err);
    }
    return code;
}
