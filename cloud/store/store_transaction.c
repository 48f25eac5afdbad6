/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions of the writer. After some errors (disk full, I/O) SQLite has rolled the whole
 * transaction back by itself; the rollback functions therefore never fail, and store_commit of a
 * transaction that is gone is an error, not a success.
 */
#include "store/store_internal.h"

#include <assert.h>

static int run(struct store *store, const char *sql, struct err *err)
{
    sqlite3_stmt *statement = store_prepare(store, sql, err);
    return statement ? store_run(store, statement, err) : (err ? err->code : ERR_STORAGE);
}

int store_begin(struct store *store, struct err *err)
{
    return run(store, "BEGIN IMMEDIATE", err);
}

int store_begin_reading(struct store *store, struct err *err)
{
    return run(store, "BEGIN", err);
}

int store_commit(struct store *store, struct err *err)
{
    if (!store_in_transaction(store))
        return err_set(err, ERR_STORAGE, "database %s: the transaction was rolled back by SQLite",
                       store->path);
    return run(store, "COMMIT", err);
}

bool store_in_transaction(const struct store *store)
{
    return sqlite3_get_autocommit(store->db) == 0;
}

void store_rollback(struct store *store)
{
    if (store_in_transaction(store))
        (void)run(store, "ROLLBACK", NULL);
}

int store_mark(struct store *store, struct err *err)
{
    assert(store_in_transaction(store));
    return run(store, "SAVEPOINT mark", err);
}

int store_mark_release(struct store *store, struct err *err)
{
    if (!store_in_transaction(store))
        return err_set(err, ERR_STORAGE, "database %s: the transaction was rolled back by SQLite",
                       store->path);
    return run(store, "RELEASE mark", err);
}

void store_mark_rollback(struct store *store)
{
    if (!store_in_transaction(store))
        return;
    (void)run(store, "ROLLBACK TO mark", NULL);
    (void)run(store, "RELEASE mark", NULL);
}
