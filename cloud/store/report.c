/* SPDX-License-Identifier: Apache-2.0 */
#include "store/report.h"

#include <assert.h>
#include <math.h>
#include <string.h>

const struct report_filter REPORT_ALL = {
    .id = STORE_NULL, .from_us = STORE_NULL, .to_us = STORE_NULL, .limit = STORE_NULL};

size_t report_column_count(const struct report *report)
{
    size_t count = 0;
    while (report->columns[count].name)
        count++;
    assert(count <= REPORT_COLUMNS_MAX);
    return count;
}

/* Parameters have names, because a report uses only those that its subject has. */
static void bind_integer(sqlite3_stmt *statement, const char *name, int64_t value)
{
    int index = sqlite3_bind_parameter_index(statement, name);
    if (index > 0)
        store_bind_integer(statement, index, value);
}

static void bind_text(sqlite3_stmt *statement, const char *name, const char *value)
{
    int index = sqlite3_bind_parameter_index(statement, name);
    if (index > 0)
        store_bind_text(statement, index, value);
}

static void bind_filter(sqlite3_stmt *statement, const struct report_filter *filter)
{
    bind_text(statement, ":station", filter->station);
    bind_text(statement, ":bid", filter->bid);
    bind_text(statement, ":vid", filter->vid);
    bind_text(statement, ":kind", filter->kind);
    bind_text(statement, ":state", filter->state);
    bind_integer(statement, ":open", filter->open);
    bind_integer(statement, ":id", filter->id);
    bind_integer(statement, ":from", filter->from_us);
    bind_integer(statement, ":to", filter->to_us);
    /* SQLite takes a negative LIMIT as none. */
    bind_integer(statement, ":limit", filter->limit == STORE_NULL ? -1 : filter->limit);
}

static struct report_value read_value(sqlite3_stmt *statement, int index, enum report_kind kind)
{
    struct report_value value = {.real = NAN};
    value.present = sqlite3_column_type(statement, index) != SQLITE_NULL;
    if (!value.present)
        return value;
    switch (kind) {
    case REPORT_TEXT:
        value.text = (const char *)sqlite3_column_text(statement, index);
        value.length = (size_t)sqlite3_column_bytes(statement, index);
        break;
    case REPORT_BYTES:
        value.text = sqlite3_column_blob(statement, index);
        value.length = (size_t)sqlite3_column_bytes(statement, index);
        if (!value.text)
            value.text = ""; /* an empty blob */
        break;
    case REPORT_REAL:
        value.real = sqlite3_column_double(statement, index);
        break;
    case REPORT_INTEGER:
    case REPORT_TIME:
    case REPORT_MONEY:
    case REPORT_BOOL:
        value.integer = sqlite3_column_int64(statement, index);
        break;
    }
    return value;
}

int report_run(struct store *store, const struct report *report, const struct report_filter *filter,
               report_row row, void *self, struct err *err)
{
    sqlite3_stmt *statement = store_prepare(store, report->sql, err);
    if (!statement)
        return err ? err->code : ERR_STORAGE;
    size_t count = report_column_count(report);
    assert((int)count == sqlite3_column_count(statement));
    bind_filter(statement, filter);
    int rc;
    while ((rc = store_step(store, statement, err)) > 0) {
        struct report_value values[REPORT_COLUMNS_MAX];
        for (size_t i = 0; i < count; i++)
            values[i] = read_value(statement, (int)i, report->columns[i].kind);
        rc = row(self, report, values, err);
        if (rc < 0)
            break;
    }
    sqlite3_reset(statement);
    return rc;
}
