/* SPDX-License-Identifier: Apache-2.0 */
#include "extension/extension.h"

#include "protocol/timestamp.h"
#include "store/charge_scan.h"
#include "store/chunk.h"
#include "store/sqlite_api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MONEY_UNIT 10000 /* stored: ten-thousandths */

static bool is_null(sqlite3_value *value)
{
    return sqlite3_value_type(value) == SQLITE_NULL;
}

static void fail(sqlite3_context *to, const char *sentence)
{
    sqlite3_result_error(to, sentence, -1);
}

/* A whole number of any type that SQLite takes for one; false after an error was given. */
static bool take_integer(sqlite3_context *to, sqlite3_value *value, const char *what,
                         int64_t *number)
{
    char sentence[160];
    *number = sqlite3_value_int64(value);
    if (sqlite3_value_numeric_type(value) == SQLITE_INTEGER)
        return true;
    (void)snprintf(sentence, sizeof sentence, "%s takes a whole number, as the tables hold it",
                   what);
    fail(to, sentence);
    return false;
}

/* Years 0 to 9999, what strftime can write: beyond, the number itself is told. */
#define TIME_LEAST_US INT64_C(-62167219200000000)
#define TIME_MOST_US  INT64_C(253402300799999999)

static void time_text(sqlite3_context *to, int count, sqlite3_value **values)
{
    char text[TIMESTAMP_TEXT_SIZE];
    int64_t us;
    (void)count;
    if (is_null(values[0]) || !take_integer(to, values[0], "time_text", &us))
        return;
    if (us < TIME_LEAST_US || us > TIME_MOST_US) {
        fail(to, "time_text takes µs since 1970 within the years 0 to 9999");
        return;
    }
    timestamp_format_us(us, text);
    sqlite3_result_text(to, text, -1, SQLITE_TRANSIENT);
}

static void time_us(sqlite3_context *to, int count, sqlite3_value **values)
{
    struct timestamp time;
    struct err err = {0};
    (void)count;
    const unsigned char *text = sqlite3_value_text(values[0]);
    if (!text)
        return;
    if (timestamp_parse((const char *)text, (size_t)sqlite3_value_bytes(values[0]), &time, &err) <
        0)
        fail(to, err.text);
    else
        sqlite3_result_int64(to, time.us);
}

static void money_text(sqlite3_context *to, int count, sqlite3_value **values)
{
    char text[40];
    int64_t amount;
    (void)count;
    if (is_null(values[0]) || !take_integer(to, values[0], "money_text", &amount))
        return;
    uint64_t size = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    (void)snprintf(text, sizeof text, "%s%" PRIu64 ".%04" PRIu64, amount < 0 ? "-" : "",
                   size / MONEY_UNIT, size % MONEY_UNIT);
    sqlite3_result_text(to, text, -1, SQLITE_TRANSIENT);
}

/* Decodes the blob; the code of chunk_decode. */
static int read_chunk(sqlite3_value *value, size_t *samples, struct err *err)
{
    struct charge_samples decoded;
    const void *bytes = sqlite3_value_blob(value);
    size_t length = bytes ? (size_t)sqlite3_value_bytes(value) : 0;
    int status = chunk_decode(bytes ? bytes : "", length, &decoded, err);
    *samples = decoded.count;
    charge_samples_free(&decoded);
    return status;
}

static void chunk_check(sqlite3_context *to, int count, sqlite3_value **values)
{
    struct err err = {0};
    size_t samples;
    (void)count;
    if (!is_null(values[0]) && read_chunk(values[0], &samples, &err) < 0)
        sqlite3_result_text(to, err.text, -1, SQLITE_TRANSIENT);
}

static void chunk_samples(sqlite3_context *to, int count, sqlite3_value **values)
{
    size_t samples;
    (void)count;
    if (!is_null(values[0]) && read_chunk(values[0], &samples, NULL) == 0)
        sqlite3_result_int64(to, (sqlite3_int64)samples);
}

static void version(sqlite3_context *to, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    sqlite3_result_text(to, SWAPSTACK_VERSION, -1, SQLITE_STATIC);
}

int extension_add_functions(sqlite3 *db)
{
    static const struct {
        const char *name;
        int arguments;
        void (*call)(sqlite3_context *to, int count, sqlite3_value **values);
    } functions[] = {
        {"time_text", 1, time_text},         {"time_us", 1, time_us},
        {"money_text", 1, money_text},       {"chunk_check", 1, chunk_check},
        {"chunk_samples", 1, chunk_samples}, {"swapstack_version", 0, version},
    };
    int code = SQLITE_OK;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && code == SQLITE_OK; i++)
        code = sqlite3_create_function_v2(db, functions[i].name, functions[i].arguments,
                                          SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                          NULL, functions[i].call, NULL, NULL, NULL);
    return code;
}

int extension_add(sqlite3 *db)
{
    int code = extension_add_functions(db);
    if (code == SQLITE_OK)
        code = charge_table_add(db);
    return code == SQLITE_OK ? charge_damage_add(db) : code;
}
