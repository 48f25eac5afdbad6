/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sample_flat.h"

#include "store/sample_source.h"

int charge_samples_read_flat(struct store *store, int64_t process, struct chunk_flat *flat,
                             struct err *err)
{
    flat->count = 0;
    sqlite3_stmt *select = store_prepare(store, SAMPLE_CHUNK, err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, process);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    const void *bytes = sqlite3_column_blob(select, 0);
    size_t length = bytes ? (size_t)sqlite3_column_bytes(select, 0) : 0;
    int status = chunk_decode_flat(bytes ? bytes : "", length, flat, err);
    (void)sqlite3_reset(select);
    if (status < 0)
        return err_prefix(err, "database %s: charging process %lld: ", store_path(store),
                          (long long)process);
    return 1;
}
