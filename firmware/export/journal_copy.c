/* SPDX-License-Identifier: Apache-2.0 */
#include "export/journal_copy.h"

#include "base/scope.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TRIES        5
#define HEADER_BYTES 32

#define NAME     "journal.db"
#define NAME_LOG "journal.db-wal"

struct state { /* what must be the same before and after */
    char header[HEADER_BYTES];
    ssize_t header_bytes;    /* 0: no log */
    struct timespec changed; /* of the database; only compared when there is no log */
};

static int join(char **to, const char *folder, const char *name, struct err *err)
{
    if (asprintf(to, "%s/%s", folder, name) >= 0)
        return 0;
    *to = NULL;
    return err_set(err, ERR_NOMEM, "out of memory");
}

static int failed(struct err *err, const char *path)
{
    int code = errno == ENOENT ? ERR_NOT_FOUND : errno == EACCES ? ERR_PERMISSION : ERR_IO;
    return err_set_errno(err, code, errno, "%s cannot be read", path);
}

static int look(const char *database, const char *log, struct state *state, int64_t bytes[2],
                struct err *err)
{
    struct stat status;
    *state = (struct state){0};
    if (stat(database, &status) < 0)
        return failed(err, database);
    state->changed = status.st_mtim;
    bytes[0] = (int64_t)status.st_size;
    bytes[1] = 0;
    SCOPE_CLOSE int fd = open(log, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : failed(err, log);
    state->header_bytes = read(fd, state->header, HEADER_BYTES);
    if (state->header_bytes < 0 || fstat(fd, &status) < 0)
        return failed(err, log);
    bytes[1] = (int64_t)status.st_size;
    return 0;
}

static bool is_same(const struct state *a, const struct state *b)
{
    if (a->header_bytes != b->header_bytes || memcmp(a->header, b->header, sizeof a->header) != 0)
        return false;
    return a->header_bytes > 0 ||
           (a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec);
}

/* A file that is not there leaves none behind. */
static int copy_file(const char *from, const char *to, struct err *err)
{
    char chunk[65536];
    SCOPE_CLOSE int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        (void)unlink(to);
        return errno == ENOENT ? 0 : failed(err, from);
    }
    SCOPE_CLOSE int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        return err_set_errno(err, ERR_IO, errno, "%s cannot be written", to);
    for (;;) {
        ssize_t got = read(in, chunk, sizeof chunk);
        if (got < 0)
            return failed(err, from);
        if (got == 0)
            return 0;
        if (write(out, chunk, (size_t)got) != got)
            return err_set_errno(err, ERR_IO, errno, "%s cannot be written", to);
    }
}

static int make_folder(struct journal_copy *copy, struct err *err)
{
    const char *base = getenv("TMPDIR");
    if (asprintf(&copy->folder, "%s/swapstack-export-XXXXXX", base && base[0] ? base : "/tmp") < 0)
        copy->folder = NULL;
    if (copy->folder == NULL)
        return err_set(err, ERR_NOMEM, "out of memory");
    if (mkdtemp(copy->folder) != NULL)
        return 0;
    int code = err_set_errno(err, ERR_IO, errno, "%s cannot be made", copy->folder);
    free(copy->folder);
    copy->folder = NULL;
    return code;
}

static int copy_both(struct journal_copy *copy, const char *from[2], const char *to[2],
                     int64_t max_bytes, struct err *err)
{
    for (int i = 0; i < TRIES; i++) {
        struct state before, after;
        int64_t bytes[2];
        int code = look(from[0], from[1], &before, bytes, err);
        if (code < 0)
            return code;
        copy->database_bytes = bytes[0];
        copy->log_bytes = bytes[1];
        if (bytes[0] + bytes[1] > max_bytes)
            return err_set(err, ERR_FULL, "%s is too large to be copied", from[0]);
        code = copy_file(from[0], to[0], err);
        if (code == 0)
            code = copy_file(from[1], to[1], err);
        if (code == 0)
            code = look(from[0], from[1], &after, bytes, err);
        if (code < 0 || is_same(&before, &after))
            return code;
    }
    return err_set(err, ERR_BUSY, "%s changed while it was copied, %d times", from[0], TRIES);
}

static int damaged(sqlite3 *db, struct err *err)
{
    return err_set(err, ERR_INVALID, "the journal is damaged: %s", sqlite3_errmsg(db));
}

/* Repairs it from its log, checks it, and makes one file of it. */
static int open_copy(struct journal_copy *copy, const char *path, struct err *err)
{
    sqlite3_stmt *check = NULL;
    if (sqlite3_open_v2(path, &copy->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(copy->db,
                     "PRAGMA journal_mode=DELETE; PRAGMA temp_store=MEMORY;"
                     "PRAGMA secure_delete=ON",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(copy->db, "PRAGMA quick_check(1)", -1, &check, NULL) != SQLITE_OK)
        return damaged(copy->db, err);
    int code = 0;
    if (sqlite3_step(check) != SQLITE_ROW)
        code = damaged(copy->db, err);
    else if (strcmp((const char *)sqlite3_column_text(check, 0), "ok") != 0)
        code = err_set(err, ERR_INVALID, "the journal is damaged: %s",
                       (const char *)sqlite3_column_text(check, 0));
    (void)sqlite3_finalize(check);
    return code;
}

int journal_copy_make(struct journal_copy *copy, const char *folder, int64_t max_bytes,
                      struct err *err)
{
    SCOPE_FREE char *database = NULL, *log = NULL, *to = NULL, *to_log = NULL;
    *copy = (struct journal_copy){0};
    int code = make_folder(copy, err);
    if (code == 0)
        code = join(&database, folder, NAME, err);
    if (code == 0)
        code = join(&log, folder, NAME_LOG, err);
    if (code == 0)
        code = join(&to, copy->folder, NAME, err);
    if (code == 0)
        code = join(&to_log, copy->folder, NAME_LOG, err);
    if (code == 0)
        code = copy_both(copy, (const char *[]){database, log}, (const char *[]){to, to_log},
                         max_bytes, err);
    return code < 0 ? code : open_copy(copy, to, err);
}

void journal_copy_free(struct journal_copy *copy)
{
    static const char *const names[] = {NAME, NAME_LOG, "journal.db-shm", "journal.db-journal"};
    (void)sqlite3_close(copy->db);
    for (size_t i = 0; copy->folder && i < sizeof names / sizeof names[0]; i++) {
        SCOPE_FREE char *path = NULL;
        if (join(&path, copy->folder, names[i], NULL) == 0)
            (void)unlink(path);
    }
    if (copy->folder)
        (void)rmdir(copy->folder);
    free(copy->folder);
    *copy = (struct journal_copy){0};
}
