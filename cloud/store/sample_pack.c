/* SPDX-License-Identifier: Apache-2.0 */
/* Open samples into a chunk and back. Both run inside the caller's transaction. */
#include "store/chunk.h"
#include "store/sample.h"

/* Runs a statement that has the process as its only value. */
static int run_for(struct store *store, sqlite3_stmt *statement, int64_t process, struct err *err)
{
    if (!statement)
        return ERR_STORAGE;
    store_bind_integer(statement, 1, process);
    return store_run(store, statement, err);
}

static int insert_chunk(struct store *store, int64_t process, size_t samples,
                        const struct strbuf *chunk, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store, "INSERT INTO charge_chunk (process, samples, chunk) VALUES (?1, ?2, ?3)", err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_integer(insert, 1, process);
    store_bind_integer(insert, 2, (int64_t)samples);
    (void)sqlite3_bind_blob64(insert, 3, chunk->text, chunk->length, SQLITE_STATIC);
    int status = store_run(store, insert, err);
    (void)sqlite3_clear_bindings(insert); /* the bytes are the caller's */
    return status;
}

static int delete_chain(struct store *store, int64_t process, struct err *err)
{
    int status =
        run_for(store,
                store_prepare(store,
                              "WITH RECURSIVE chain(sample) AS ("
                              " SELECT last_sample FROM charge_head WHERE process = ?1 UNION ALL"
                              " SELECT previous FROM charge_open JOIN chain ON id = sample"
                              " WHERE previous IS NOT NULL) "
                              "DELETE FROM charge_open WHERE id IN (SELECT sample FROM chain)",
                              err),
                process, err);
    if (status < 0)
        return status;
    return run_for(store, store_prepare(store, "DELETE FROM charge_head WHERE process = ?1", err),
                   process, err);
}

/* 1 when the process has a chunk. */
static int is_packed(struct store *store, int64_t process, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT 1 FROM charge_chunk WHERE process = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, process);
    int found = store_step(store, select, err);
    if (found == 1)
        (void)sqlite3_reset(select);
    return found;
}

static void samples_free_scope(struct charge_samples *samples)
{
    charge_samples_free(samples);
}

int charge_pack(struct store *store, int64_t process, struct err *err)
{
    SCOPE(samples_free_scope) struct charge_samples samples = {0};
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    int status = is_packed(store, process, err);
    if (status != 0)
        return status < 0 ? status : 0;
    status = charge_samples_read(store, process, &samples, err);
    if (status < 0 || samples.count == 0)
        return status;
    status = chunk_encode(samples.list, samples.count, &chunk, err);
    if (status == 0)
        status = insert_chunk(store, process, samples.count, &chunk, err);
    return status < 0 ? status : delete_chain(store, process, err);
}

static int delete_chunk(struct store *store, int64_t process, struct err *err)
{
    return run_for(store, store_prepare(store, "DELETE FROM charge_chunk WHERE process = ?1", err),
                   process, err);
}

int charge_repack(struct store *store, int64_t process, const struct charge_sample *samples,
                  size_t count, struct err *err)
{
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    int status = count > 0 ? chunk_encode(samples, count, &chunk, err) : 0;
    if (status == 0)
        status = delete_chain(store, process, err);
    if (status == 0)
        status = delete_chunk(store, process, err);
    return status < 0 || count == 0 ? status : insert_chunk(store, process, count, &chunk, err);
}

int charge_unpack(struct store *store, int64_t process, int64_t *newest, struct err *err)
{
    SCOPE(samples_free_scope) struct charge_samples samples = {0};
    struct charge_head head = CHARGE_HEAD_NONE;
    int status = is_packed(store, process, err);
    if (status <= 0)
        return status;
    status = charge_samples_read(store, process, &samples, err);
    for (size_t i = 0; status == 0 && i < samples.count; i++) {
        int64_t id = *newest + 1;
        status = charge_sample_append(store, id, process, head.last_sample, &samples.list[i], err);
        head.last_sample = id;
        head.samples++;
        *newest = id;
    }
    if (status == 0)
        status = charge_head_save(store, process, &head, err);
    return status < 0 ? status : delete_chunk(store, process, err);
}

int charge_samples_drop(struct store *store, int64_t process, struct err *err)
{
    int status =
        run_for(store, store_prepare(store, "DELETE FROM charge_chunk WHERE process = ?1", err),
                process, err);
    return status < 0 ? status : delete_chain(store, process, err);
}
