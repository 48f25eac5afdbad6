/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of closed processes, packed: they go on, are read, are damaged. */
#include "cloud/charging_support.h"
#include "store/sample.h"

#define AFTER_NOON(time) "((" time " - 1763726400000000) / 1000000)"
#define ROW                                                                                        \
    "ifnull(session_id, '-') || ' ' || ifnull(bid, '-') || ' ' || " AFTER_NOON(                    \
        "start_date") " || '..' || ifnull(" AFTER_NOON("end_date") ", '') || ' ' || "              \
                                                                   "ifnull(end_reason, 'open')"
#define PROCESSES                                                                                  \
    "SELECT ifnull(group_concat(row, ' | '), 'none') FROM (SELECT " ROW                            \
    " AS row FROM charging_process ORDER BY id)"
/* Rows of open samples and packed ones together. */
#define ALL_SAMPLES                                                                                \
    "SELECT (SELECT count(*) FROM charge_open) + (SELECT ifnull(sum(samples), 0) FROM "            \
    "charge_chunk)"

/* Ten samples of session S1, closed by S2 in the same bay, which goes on. */
static void close_first_session(struct bench *bench)
{
    struct charging_observation now;
    for (int i = 0; i < 10; i++) {
        now = charging_at(i * 10);
        now.session_id = "S1";
        now.fast_charger_type = i % 2 ? "CCS" : "";
        observe(bench, &now);
    }
    now = charging_at(100);
    now.session_id = "S2";
    observe(bench, &now);
    flush_and_commit(bench);
}

static void a_packed_process_goes_on_with_all_its_samples(void **state)
{
    struct bench *bench = *state;
    close_first_session(bench);
    assert_int_equal(query_integer(bench->store, "SELECT samples FROM charge_chunk"), 10);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge_open"), 1);
    assert_query_text(bench->store,
                      "SELECT group_concat(ifnull(fast_charger_type, '-'), '') FROM charge WHERE "
                      "process = 1",
                      "-CCS-CCS-CCS-CCS-CCS");
    for (int round = 1; round <= 3; round++) {
        struct charging_observation now = charging_at(100 + round * 10);
        now.session_id = "S1";
        observe(bench, &now); /* unpacked, and S2 packed */
        assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge_open"),
                         10 + round);
        assert_int_equal(query_integer(bench->store, ALL_SAMPLES), 11 + round + (round - 1));
        now = charging_at(105 + round * 10);
        now.session_id = "S2";
        observe(bench, &now);
    }
    assert_query_text(bench->store, PROCESSES, "S1 b1 0..130 superseded | S2 b1 100.. open");
    assert_int_equal(query_integer(bench->store, "SELECT samples FROM charge_chunk"), 13);
    assert_int_equal(
        query_integer(bench->store, "SELECT count(DISTINCT number) FROM charge WHERE process = 1"),
        13);
}

/* Ids of packed rows are free again; a rollback afterwards must still find every open sample. */
static void packing_loses_no_sample_when_a_batch_is_undone(void **state)
{
    struct bench *bench = *state;
    struct err err = {0};
    struct charging_observation other = charging_at(0);
    other.slot = 7;
    other.bid = "b7";
    observe(bench, &other); /* an open process whose ids are below those that are packed */
    close_first_session(bench);
    for (int round = 1; round <= 3; round++) {
        other.at.date_us = NOON + (100 + round * 10) * SECOND;
        observe(bench, &other);
        charging_forget(bench->charging); /* as after a message that was undone */
        struct charging_observation now = charging_at(100 + round * 10);
        now.session_id = "S2";
        observe(bench, &now);
        check(charging_flush(bench->charging, &err), &err);
    }
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge WHERE process = 1"),
                     4);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge WHERE process = 2"),
                     10);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge WHERE process = 3"),
                     4);
}

static void a_damaged_chunk_is_named_and_loses_nothing_else(void **state)
{
    struct bench *bench = *state;
    struct err err = {0};
    struct charge_samples samples;
    close_first_session(bench);
    must_execute(bench->store, "UPDATE charge_chunk SET chunk = CAST(substr(chunk, 1, 20) || x'00' "
                               "|| substr(chunk, 22) AS BLOB) WHERE process = 1");
    assert_int_equal(charge_samples_read(bench->store, 1, &samples, &err), ERR_INVALID);
    charge_samples_free(&samples);
    assert_contains(err.text, "charging process 1: the check sum");
    struct charging_observation now = charging_at(200);
    now.session_id = "S2";
    observe(bench, &now);
    check(charging_flush(bench->charging, &err), &err);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge WHERE process = 2"),
                     2);
    /* The figures of the process stand. */
    assert_query_text(bench->store, PROCESSES, "S1 b1 0..90 superseded | S2 b1 100.. open");
    must_execute(bench->store, "UPDATE charge_chunk SET chunk = x'' WHERE process = 1");
    assert_int_equal(charge_samples_read(bench->store, 1, &samples, &err), ERR_INVALID);
    charge_samples_free(&samples);
    assert_contains(err.text, "0 bytes that are no packed samples");
}

/* A process whose rows are damaged is closed with its figures; its rows stay for who repairs. */
static void what_cannot_be_packed_stays(void **state)
{
    struct bench *bench = *state;
    struct charging_observation now = charging_at(0);
    observe(bench, &now);
    now = charging_at(10);
    observe(bench, &now);
    flush_and_commit(bench);
    must_execute(bench->store, "DELETE FROM charge_open WHERE id = 1");
    now = charging_at(20);
    now.charge = 0;
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES, "- b1 0..20 stopped");
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge_chunk"), 0);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge_open"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_packed_process_goes_on_with_all_its_samples),
        bench_test(packing_loses_no_sample_when_a_batch_is_undone),
        bench_test(a_damaged_chunk_is_named_and_loses_nothing_else),
        bench_test(what_cannot_be_packed_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
