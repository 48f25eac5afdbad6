/* SPDX-License-Identifier: Apache-2.0 */
/* Every way in which the bytes of a chunk come to harm on a disk: a byte that changed, an end that
 * is missing, a write that was torn, pages of the file that do not hang together. Each is noticed,
 * or what is read is what was written; nothing else suffers. */
#include "extension/extension.h"
#include "store/chunk.h"

#include "cloud/support.h"
#include <fcntl.h>
#include <math.h>

#define SAMPLES 60

/* All columns, in all their forms: decimals, bits, texts, nulls here and there. */
static void make_samples(struct charge_sample *samples, size_t count, int variant)
{
    static const char *const types[] = {"CCS", "Tesla", NULL};
    for (size_t i = 0; i < count; i++) {
        double x = (double)i + variant;
        samples[i] = (struct charge_sample){
            .date_us = INT64_C(1795258800000000) + (int64_t)i * 10000000 + (int64_t)(i * i) * 77,
            .battery_level = 20 + floor(x) / 10,
            .charge_energy_added = floor(x * 11.5) / 100,
            .charger_power = 41.6 - x / 50,
            .charger_actual_current = i % 5 ? 60.25 : NAN,
            .charger_voltage = 1 / (x + 3),
            .charger_phases = i % 7 ? 3 : STORE_NULL,
            .ideal_battery_range_km = 100 + x / 4,
            .rated_battery_range_km = NAN,
            .outside_temp = 20.5,
            .fast_charger_type = types[i % 3],
            .meter_wh = 1e6 + x * 115,
        };
    }
}

static bool same_real(double a, double b)
{
    return isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof a) == 0;
}

static bool same_sample(const struct charge_sample *a, const struct charge_sample *b)
{
    return a->date_us == b->date_us && a->charger_phases == b->charger_phases &&
           same_real(a->battery_level, b->battery_level) &&
           same_real(a->charge_energy_added, b->charge_energy_added) &&
           same_real(a->charger_power, b->charger_power) &&
           same_real(a->charger_actual_current, b->charger_actual_current) &&
           same_real(a->charger_voltage, b->charger_voltage) &&
           same_real(a->ideal_battery_range_km, b->ideal_battery_range_km) &&
           same_real(a->rated_battery_range_km, b->rated_battery_range_km) &&
           same_real(a->outside_temp, b->outside_temp) && same_real(a->meter_wh, b->meter_wh) &&
           strcmp(a->fast_charger_type ? a->fast_charger_type : "-",
                  b->fast_charger_type ? b->fast_charger_type : "-") == 0;
}

/* Refused with a sentence, or exactly the samples. From memory that ends where the bytes end, so
 * that the sanitizer sees a step too far. Returns whether it was refused. */
static bool assert_noticed(const char *bytes, size_t length, const struct charge_sample *samples)
{
    struct charge_samples back;
    struct err err = {0};
    SCOPE_FREE char *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    (void)memcpy(copy, bytes, length);
    int status = chunk_decode(copy, length, &back, &err);
    if (status == 0) {
        assert_int_equal(back.count, SAMPLES);
        for (size_t i = 0; i < back.count; i++)
            if (!same_sample(&back.list[i], &samples[i]))
                fail_msg("sample %zu is another, and nobody said so", i);
    } else {
        assert_int_equal(status, ERR_INVALID);
        assert_true(err.text[0]);
    }
    charge_samples_free(&back);
    return status < 0;
}

static void every_other_value_of_every_byte_is_noticed(void **state)
{
    (void)state;
    struct charge_sample samples[SAMPLES];
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    make_samples(samples, SAMPLES, 0);
    assert_int_equal(chunk_encode(samples, SAMPLES, &chunk, NULL), 0);
    for (size_t at = 0; at < chunk.length; at++)
        for (int change = 1; change < 256; change++) {
            chunk.text[at] = (char)(chunk.text[at] ^ change);
            assert_true(assert_noticed(chunk.text, chunk.length, samples));
            chunk.text[at] = (char)(chunk.text[at] ^ change);
        }
    assert_false(assert_noticed(chunk.text, chunk.length, samples));
}

static void every_missing_end_or_beginning_is_noticed(void **state)
{
    (void)state;
    struct charge_sample samples[SAMPLES];
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    make_samples(samples, SAMPLES, 0);
    assert_int_equal(chunk_encode(samples, SAMPLES, &chunk, NULL), 0);
    for (size_t length = 0; length < chunk.length; length++) {
        assert_true(assert_noticed(chunk.text, length, samples));
        assert_true(assert_noticed(chunk.text + chunk.length - length, length, samples));
    }
    for (int more = 0; more < 256; more++) { /* and a byte too many */
        SCOPE_STRBUF struct strbuf longer = STRBUF_INIT;
        strbuf_append(&longer, chunk.text, chunk.length);
        strbuf_append_char(&longer, (char)more);
        assert_true(assert_noticed(longer.text, longer.length, samples));
    }
}

/* A write that was torn: the front of the new bytes, behind it zeros or the old ones. */
static void every_torn_write_is_noticed(void **state)
{
    (void)state;
    struct charge_sample samples[SAMPLES], before[SAMPLES];
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT, old = STRBUF_INIT;
    make_samples(samples, SAMPLES, 0);
    make_samples(before, SAMPLES, 9);
    assert_int_equal(chunk_encode(samples, SAMPLES, &chunk, NULL), 0);
    assert_int_equal(chunk_encode(before, SAMPLES, &old, NULL), 0);
    while (old.length < chunk.length)
        strbuf_append_char(&old, 'x');
    for (size_t cut = 0; cut < chunk.length; cut++) {
        SCOPE_STRBUF struct strbuf torn = STRBUF_INIT;
        strbuf_append(&torn, chunk.text, cut);
        while (torn.length < chunk.length)
            strbuf_append_char(&torn, 0);
        (void)assert_noticed(torn.text, torn.length, samples);
        strbuf_clear(&torn);
        strbuf_append(&torn, chunk.text, cut);
        strbuf_append(&torn, old.text + cut, chunk.length - cut);
        if (cut > 0)
            (void)assert_noticed(torn.text, torn.length, samples);
    }
}

/* A database file with a chunk of several pages per process. */
#define PROCESSES 4
#define MANY      6000

static void fill(const char *path)
{
    struct store *store = must_open(path, STORE_WRITE);
    SCOPE_FREE struct charge_sample *samples = calloc(MANY, sizeof *samples);
    assert_non_null(samples);
    for (int process = 1; process <= PROCESSES; process++) {
        SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
        sqlite3_stmt *insert = NULL;
        char sql[300];
        make_samples(samples, MANY, process);
        assert_int_equal(chunk_encode(samples, MANY, &chunk, NULL), 0);
        assert_true(chunk.length > 3 * 4096);
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO charging_process (id, station_id, slot, start_date, end_date) "
                       "VALUES (%d, 's', 1, 0, 9e15)",
                       process);
        must_execute(store, sql);
        (void)snprintf(sql, sizeof sql, "INSERT INTO charge_chunk VALUES (%d, %d, ?1)", process,
                       MANY);
        assert_int_equal(sqlite3_prepare_v2(store_handle(store), sql, -1, &insert, NULL),
                         SQLITE_OK);
        (void)sqlite3_bind_blob64(insert, 1, chunk.text, chunk.length, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
        (void)sqlite3_finalize(insert);
    }
    must_execute(store, "PRAGMA wal_checkpoint(TRUNCATE)");
    store_close(store);
}

/* As the sqlite3 shell with swapstack.so opens it: the store itself looks a small file through
 * before it uses it, and refuses it. */
static sqlite3 *open_plain(const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(extension_add(db), SQLITE_OK);
    return db;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int64_t answer = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return answer;
}

static void overwrite(const char *path, int64_t at, const void *bytes, size_t length)
{
    SCOPE_CLOSE int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, length, at), (ssize_t)length);
}

/* One page of each kind of harm: its bytes, and the link to the next page. */
static void a_damaged_page_takes_one_process_with_it(void **state)
{
    const struct workdir *dir = *state;
    static const unsigned char beyond[] = {0xff, 0xff, 0xff, 0xfe}, nowhere[] = {0, 0, 0, 0};
    fill(dir->db);
    sqlite3 *db = open_plain(dir->db);
    int64_t page_size = ask(db, "PRAGMA page_size");
    /* Processes lie one after the other: the first overflow page is of 1, the last of 4. */
    int64_t first = ask(db, "SELECT min(pageno) FROM dbstat WHERE name = 'charge_chunk' AND "
                            "pagetype = 'overflow'");
    int64_t last = ask(db, "SELECT max(pageno) FROM dbstat WHERE name = 'charge_chunk' AND "
                           "pagetype = 'overflow'");
    assert_int_equal(ask(db, "SELECT count(number) FROM charge"), PROCESSES * MANY);
    (void)sqlite3_close(db);
    overwrite(dir->db, (last - 1) * page_size + 100, "harm", 4);
    overwrite(dir->db, (first - 1) * page_size, beyond, 4);
    db = open_plain(dir->db);
    assert_int_equal(ask(db, "SELECT count(number) FROM charge"), (PROCESSES - 2) * MANY);
    assert_int_equal(ask(db, "SELECT group_concat(process) = '1,4' FROM charge_damage"), 1);
    assert_int_equal(ask(db, "SELECT problem LIKE '%malformed%' FROM charge_damage WHERE "
                             "process = 1"),
                     1);
    assert_int_equal(ask(db, "SELECT problem LIKE '%check sum%' FROM charge_damage WHERE "
                             "process = 4"),
                     1);
    (void)sqlite3_close(db);
    overwrite(dir->db, (first - 1) * page_size, nowhere, 4);
    db = open_plain(dir->db);
    assert_int_equal(ask(db, "SELECT count(damaged) FROM charge WHERE process = 1"), 1);
    assert_int_equal(ask(db, "SELECT count(number) FROM charge WHERE process IN (2, 3)"), 2 * MANY);
    (void)sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_other_value_of_every_byte_is_noticed),
        cmocka_unit_test(every_missing_end_or_beginning_is_noticed),
        cmocka_unit_test(every_torn_write_is_noticed),
        workdir_test(a_damaged_page_takes_one_process_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
