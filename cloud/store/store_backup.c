/* SPDX-License-Identifier: Apache-2.0 */
/* Online backup, and restoring from one. Both build the new file beside its place, make it durable
 * and rename it, so that a crash leaves either the old state or the new one. */
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define PAGES_A_STEP 256

int store_sync_path(const char *path, struct err *err)
{
    SCOPE_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s: cannot be made durable", path);
    return 0;
}

int store_sync_directory(const char *path, struct err *err)
{
    char copy[PATH_MAX];
    (void)snprintf(copy, sizeof copy, "%s", path);
    return store_sync_path(dirname(copy), err);
}

static int name_beside(char to[PATH_MAX], const char *path, const char *suffix, struct err *err)
{
    int length = snprintf(to, PATH_MAX, "%s%s", path, suffix);
    if (length < 0 || length >= PATH_MAX)
        return err_set(err, ERR_IO, "file name %.80s…: too long", path);
    return 0;
}

static void remove_beside(const char *path, const char *suffix)
{
    char name[PATH_MAX];
    if (name_beside(name, path, suffix, NULL) == 0)
        (void)unlink(name);
}

/* All pages, in one snapshot: the caller holds a read transaction on `from`, without which a busy
 * writer would make the copy begin anew at each of its commits, for ever. */
static int copy_pages(sqlite3 *from, const char *partial,
                      void (*progress)(void *self, int done_pages, int all_pages), void *self,
                      struct err *err)
{
    SCOPE(store_db_close_scope) sqlite3 *to = NULL;
    if (sqlite3_open(partial, &to) != SQLITE_OK)
        return err_set(err, ERR_IO, "%s: cannot be created: %s", partial, sqlite3_errmsg(to));
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup)
        return err_set(err, ERR_STORAGE, "%s: %s", partial, sqlite3_errmsg(to));
    int code;
    do {
        code = sqlite3_backup_step(backup, PAGES_A_STEP);
        if (progress) {
            int all = sqlite3_backup_pagecount(backup);
            progress(self, all - sqlite3_backup_remaining(backup), all);
        }
    } while (code == SQLITE_OK);
    int finish = sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE)
        code = finish;
    if (code != SQLITE_OK)
        return err_set(err, store_code(code), "%s: %s", partial, sqlite3_errstr(code));
    return 0;
}

/* A copy of `from` at `partial`, on the disk. */
static int copy_database(sqlite3 *from, const char *partial,
                         void (*progress)(void *self, int done_pages, int all_pages), void *self,
                         struct err *err)
{
    (void)unlink(partial);
    bool own =
        sqlite3_get_autocommit(from) != 0; /* else the caller's transaction is the snapshot */
    if (own && sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) !=
                   SQLITE_OK)
        return err_set(err, ERR_STORAGE, "backup: %s", sqlite3_errmsg(from));
    int status = copy_pages(from, partial, progress, self, err);
    if (own)
        (void)sqlite3_exec(from, "COMMIT", NULL, NULL, NULL);
    if (status == 0)
        status = store_sync_path(partial, err);
    remove_beside(partial, "-journal");
    if (status < 0)
        (void)unlink(partial);
    return status;
}

static int rename_durably(const char *from, const char *to, struct err *err)
{
    if (rename(from, to) < 0) {
        int status = err_set_errno(err, ERR_IO, errno, "%s: cannot be renamed to %s", from, to);
        (void)unlink(from);
        return status;
    }
    return store_sync_directory(to, err);
}

int store_backup(struct store *store, const char *to_path,
                 void (*progress)(void *self, int done_pages, int all_pages), void *self,
                 struct err *err)
{
    char partial[PATH_MAX];
    int status = name_beside(partial, to_path, ".partial", err);
    if (status < 0)
        return status;
    if (access(to_path, F_OK) == 0)
        return err_set(err, ERR_EXISTS, "backup %s: exists already; give a new name", to_path);
    status = copy_database(store->db, partial, progress, self, err);
    return status < 0 ? status : rename_durably(partial, to_path, err);
}

static int open_backup(sqlite3 **db, const char *path, struct err *err)
{
    bool exists;
    int version, status = store_check_header(path, &exists, err);
    if (status < 0)
        return status;
    if (!exists)
        return err_set(err, ERR_NOT_FOUND, "backup %s: does not exist or is empty", path);
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return err_set(err, ERR_IO, "backup %s: %s", path, sqlite3_errmsg(*db));
    status = store_check_database(*db, path, true, &version, err);
    /* A version-0 file holds no tables yet: nothing that anybody would want back. */
    if (status == 0 && version == 0)
        status = err_set(err, ERR_STORAGE, "backup %s: holds no data", path);
    return status;
}

/* Folds the old database's WAL into it, so that removing the WAL below loses nothing should the
 * machine stop before the rename. A damaged one cannot be folded; it is being replaced anyway. */
static void settle_old(const char *db_path)
{
    SCOPE(store_db_close_scope) sqlite3 *old = NULL;
    if (access(db_path, F_OK) == 0 &&
        sqlite3_open_v2(db_path, &old, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        (void)sqlite3_exec(old, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
}

int store_restore(const char *db_path, const char *backup_path, struct err *err)
{
    char partial[PATH_MAX];
    int status = name_beside(partial, db_path, ".restore", err);
    if (status < 0)
        return status;
    SCOPE_CLOSE int lock = store_lock_take(db_path, err);
    if (lock < 0)
        return lock;
    SCOPE(store_db_close_scope) sqlite3 *backup = NULL;
    status = open_backup(&backup, backup_path, err);
    if (status == 0)
        status = copy_database(backup, partial, NULL, NULL, err);
    if (status < 0)
        return status;
    settle_old(db_path);
    remove_beside(db_path, "-wal");
    remove_beside(db_path, "-shm");
    remove_beside(db_path, "-journal");
    return rename_durably(partial, db_path, err);
}
