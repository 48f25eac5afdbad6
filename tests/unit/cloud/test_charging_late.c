/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples of bare messages that come late. Property: whatever the order in which the samples of a
 * bay's runs arrive, and however often, the processes are those of the same samples in order; also
 * when memory is forgotten or processes are closed behind the stream in between.
 */
#include "cloud/charging_support.h"
#include "store/charging.h"

#define AFTER_NOON(time) "((" time " - 1763726400000000) / 1000000)"
/* Of how a run ended it matters whether a sample said so; silence has several names. */
#define RUNS                                                                                       \
    "SELECT ifnull(group_concat(row, ' | '), 'none') FROM (SELECT bid || ' ' || " AFTER_NOON(      \
        "start_date") " || '..' || ifnull(" AFTER_NOON("end_date") ", '') || ' ' || iif(end_date " \
                                                                   "IS NULL, 'open', "             \
                                                                   "iif(end_reason = 'stopped', "  \
                                                                   "'stopped', 'silent')) || ' ' " \
                                                                   "|| samples || ' ' || "         \
                                                                   "ifnull(charge_energy_used, "   \
                                                                   "'-') AS row FROM "             \
                                                                   "charging_process JOIN "        \
                                                                   "(SELECT process, samples "     \
                                                                   "FROM "                         \
                                                                   "charge_head UNION ALL SELECT " \
                                                                   "process, samples FROM "        \
                                                                   "charge_chunk) ON process "     \
                                                                   "= id ORDER BY start_date, "    \
                                                                   "bid)"

static struct charging_observation bare_at(int64_t second)
{
    struct charging_observation made = charging_at(second);
    made.deduplicate = true;
    made.charger_power_kw = 36 + (double)(second % 7) * 3.6;
    return made;
}

/* Minutes; negative: at this minute a sample says that charging is over. */
static void give(struct bench *bench, const int *minutes)
{
    for (; *minutes != 0; minutes++) {
        struct charging_observation now = bare_at(60 * (int64_t)abs(*minutes));
        now.charge = *minutes > 0;
        now.charger_power_kw = 60;
        observe(bench, &now);
    }
}

static void late_samples_go_where_they_belong(void **state)
{
    struct bench *bench = *state;
    static const struct {
        int minutes[16];
        const char *want;
    } cases[] = {
        /* into a run that ended, at its start, at its end */
        {{10, 12, -14, 11, 11, 0}, "b1 600..840 stopped 4 4.0"},
        {{10, 12, -14, 40, 42, 30, 0}, "b1 600..840 stopped 3 4.0 | b1 1800.. open 3 -"},
        {{10, 12, 40, 42, 20, 0}, "b1 600..1200 silent 3 10.0 | b1 2400.. open 2 -"},
        /* between two runs that are one */
        {{10, 12, 40, 42, 25, 26, 0}, "b1 600.. open 6 -"},
        {{10, 12, 40, -42, 26, 0}, "b1 600..2520 stopped 5 32.0"},
        /* the end of a run that was thought to go on */
        {{10, 12, 14, 16, -13, 0}, "b1 600..780 stopped 3 3.0 | b1 840.. open 2 -"},
        {{10, 12, 14, -16, -13, 0}, "b1 600..780 stopped 3 3.0 | b1 840..960 stopped 2 2.0"},
        {{10, 12, 40, -14, 0}, "b1 600..840 stopped 3 4.0 | b1 2400.. open 1 -"},
        /* a run of its own */
        {{10, -12, 100, 50, 0},
         "b1 600..720 stopped 2 2.0 | b1 3000..3000 silent 1 - | "
         "b1 6000.. open 1 -"},
        /* what was over before it began, or says nothing new */
        {{50, 52, -10, -100, -50, 0}, "b1 3000..3120 silent 2 2.0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        give(bench, cases[i].minutes);
        flush_and_commit(bench);
        assert_query_text(bench->store, RUNS, cases[i].want);
        bench_remove(state);
        bench_make(state);
        bench = *state;
    }
}

static void another_battery_or_session_is_not_disturbed(void **state)
{
    struct bench *bench = *state;
    struct charging_observation now = bare_at(6000);
    observe(bench, &now);
    now = bare_at(60);
    now.bid = "b2";
    observe(bench, &now);
    now = bare_at(120);
    now.bid = "b2";
    now.charge = 0;
    observe(bench, &now);
    now = bare_at(130);
    now.session_id = "S";
    observe(bench, &now);
    now = bare_at(30);
    now.bid = "";
    now.charge = -1;
    now.empty = true;
    observe(bench, &now);
    now = bare_at(6010);
    observe(bench, &now);
    assert_query_text(
        bench->store,
        "SELECT group_concat(bid || ' ' || ifnull(session_id, '-') || ' ' || " AFTER_NOON(
            "start_date") " || ' ' || ifnull(end_reason, 'open'), ' | ') FROM "
                          "charging_process",
        "b1 - 6000 open | b2 - 60 stopped | b1 S 130 timeout");
    flush_and_commit(bench);
    assert_query_text(bench->store, "SELECT group_concat(samples) FROM charge_head", "2");
}

static void what_was_billed_by_hand_is_not_merged_away(void **state)
{
    struct bench *bench = *state;
    give(bench, (const int[]){10, 12, 40, -42, 0});
    must_execute(bench->store, "UPDATE charging_process SET cost = 500, cost_source = 'manual' "
                               "WHERE id = 2");
    give(bench, (const int[]){26, 27, 0});
    assert_query_text(bench->store, RUNS,
                      "b1 600..1620 silent 4 17.0 | b1 2400..2520 stopped 2 2.0");
    assert_query_text(bench->store, "SELECT cost FROM charging_process WHERE id = 2", "500");
}

/* --- the property -------------------------------------------------------------------------- */

#define ROUNDS      100
#define SAMPLES_MAX 160

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static int64_t below(uint64_t *seed, int64_t limit)
{
    return (int64_t)((random_next(seed) >> 33) % (uint64_t)limit);
}

/* Runs of two batteries in one bay, with silences and ends that were said. Returns their number. */
static size_t make_samples(uint64_t *seed, struct charging_observation *to)
{
    size_t count = 0;
    int64_t second = 0;
    for (int run = 0; run < 8; run++) {
        const char *bid = below(seed, 3) ? "b1" : "b2";
        int64_t length = 1 + below(seed, 15);
        for (int64_t i = 0; i < length; i++) {
            to[count] = bare_at(second);
            to[count++].bid = bid;
            second += 1 + below(seed, 890);
        }
        if (below(seed, 2)) {
            to[count] = bare_at(second);
            to[count].charge = 0;
            to[count++].bid = bid;
        }
        second += 901 + below(seed, 2000);
    }
    return count;
}

/* Some are held back by up to 40 places, some come twice. A run's end is not told before its
 * samples: such a report would be of an idle bay, and is not kept. */
static size_t shuffle(uint64_t *seed, const struct charging_observation *in, size_t count,
                      struct charging_observation *out)
{
    int64_t place[SAMPLES_MAX * 2];
    int64_t run_place = 0;
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        for (int64_t again = below(seed, 8) == 0; again >= 0; again--) {
            int64_t at = (int64_t)i + (below(seed, 3) == 0 ? below(seed, 40) : 0);
            run_place = i > 0 && in[i].at.date_us - in[i - 1].at.date_us > TIMEOUT_US ? at
                        : at > run_place                                              ? at
                                                                                      : run_place;
            if (in[i].charge == 0)
                at = run_place;
            size_t j = total++;
            for (; j > 0 && place[j - 1] > at; j--) {
                place[j] = place[j - 1];
                out[j] = out[j - 1];
            }
            place[j] = at;
            out[j] = in[i];
        }
    return total;
}

static void repair_all(struct bench *bench)
{
    struct err err = {0};
    int64_t ids[4];
    flush_and_commit(bench);
    int count = charging_process_list_idle(bench->store, INT64_MAX, ids, 4, &err);
    check(count, &err);
    for (int i = 0; i < count; i++) {
        bool closed;
        check(charging_repair(bench->charging, ids[i], INT64_MAX, NOON, &closed, &err), &err);
    }
}

static void disturb(struct bench *bench, uint64_t *seed)
{
    switch (below(seed, 12)) {
    case 0:
        charging_forget(bench->charging);
        break;
    case 1:
        flush_and_commit(bench);
        break;
    case 2:
        repair_all(bench);
        break;
    default:
        break;
    }
}

static void any_order_gives_the_same_processes(void **state)
{
    (void)state;
    static struct charging_observation samples[SAMPLES_MAX], late[SAMPLES_MAX * 2];
    static char want[16384], got[16384];
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = round * UINT64_C(0x9E3779B97F4A7C15) + 1;
        size_t count = make_samples(&seed, samples);
        size_t total = shuffle(&seed, samples, count, late);
        for (int ordered = 1; ordered >= 0; ordered--) {
            void *made;
            bench_make(&made);
            struct bench *bench = made;
            for (size_t i = 0; i < (ordered ? count : total); i++) {
                observe(bench, ordered ? &samples[i] : &late[i]);
                if (!ordered)
                    disturb(bench, &seed);
            }
            repair_all(bench);
            query_text(bench->store, RUNS, ordered ? want : got, sizeof want);
            bench_remove(&made);
        }
        if (strcmp(got, want) != 0)
            fail_msg("round %llu:\n got %s\nwant %s", (unsigned long long)round, got, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(late_samples_go_where_they_belong),
        bench_test(another_battery_or_session_is_not_disturbed),
        bench_test(what_was_billed_by_hand_is_not_merged_away),
        cmocka_unit_test(any_order_gives_the_same_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
