/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: the tables of tracking depend on the set of events only. Random histories of a few
 * batteries, vehicles and stations (lost pairs, equal instants, repeated swaps) are played in order
 * and in random order with repetitions and restarts; every table must come out the same.
 *
 * alert is left out: it is a record of what was known when, which does depend on arrival.
 */
#include "cloud/tracking_support.h"

#define ROUNDS       120   /* of long histories */
#define SMALL_ROUNDS 20000 /* of a few events, in which each contradiction stands alone */
#define EVENTS_MAX   60

enum part { PART_EXCHANGE, PART_TIMEOUT, PART_END };

struct part_of_history {
    enum part kind;
    struct tracking_exchange exchange;
    char request_id[24];
    const char *outcome;
};

/* xorshift64*, so that a failure repeats from its seed. */
static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
    return (random_next(seed) >> 33) % limit;
}

static struct tracking_exchange random_exchange(uint64_t *seed, const char *event)
{
    static const char *const bids[] = {"b1", "b2", "b3"};
    static const char *const vids[] = {"v1", "v2", ""};
    static const char *const stations[] = {"s1", "s2"};
    static const char *const versions[] = {"", "1.0", "1.1", "2.0"};
    static const char *const comments[] = {"", "", "by hand"};
    struct tracking_exchange made =
        exchange_at(event, bids[below(seed, 3)], vids[below(seed, 3)], 0);
    /* Hours, so that instants coincide and windows fill. */
    made.event_time_us += (int64_t)below(seed, 72) * HOUR * SECOND;
    made.station_id = stations[below(seed, 2)];
    made.battery_version = versions[below(seed, 4)];
    made.comments = comments[below(seed, 3)];
    made.slot = 1 + (int64_t)below(seed, 3);
    made.soc_percent = below(seed, 3) ? (double)below(seed, 100) : NAN;
    made.soh_percent = below(seed, 3) ? 90 + (double)below(seed, 100) / 10 : NAN;
    made.capacity_kwh = 15 + (double)below(seed, 60); /* always said, as our stations do */
    return made;
}

/* A swap: its two events or a Timeout, and perhaps its end; or an event without request. */
static size_t random_swap(uint64_t *seed, struct part_of_history *to, size_t number)
{
    size_t count = 0;
    bool loose = below(seed, 3) == 0;
    bool timeout = below(seed, 6) == 0;
    struct tracking_exchange off = random_exchange(seed, "Off-Load");
    struct tracking_exchange on = random_exchange(seed, timeout ? "Timeout" : "On-Load");
    on.station_id = off.station_id;
    if (below(seed, 8))
        to[count++] = (struct part_of_history){.kind = PART_EXCHANGE, .exchange = off};
    if (below(seed, 8) && !(loose && timeout))
        to[count++] = (struct part_of_history){.kind = timeout ? PART_TIMEOUT : PART_EXCHANGE,
                                               .exchange = on};
    if (!loose && below(seed, 2)) {
        to[count] = (struct part_of_history){.kind = PART_END, .exchange = on};
        to[count++].outcome = below(seed, 3) ? "done" : "failed";
    }
    for (size_t i = 0; i < count && !loose; i++)
        (void)snprintf(to[i].request_id, sizeof to[i].request_id, "r%zu", number);
    return count;
}

/* Two events of one identity are a repeat, and the first one heard counts: not for this test. */
static bool is_repeat(const struct part_of_history *parts, size_t count,
                      const struct part_of_history *part)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].kind == PART_EXCHANGE && part->kind == PART_EXCHANGE &&
            strcmp(parts[i].exchange.bid, part->exchange.bid) == 0 &&
            strcmp(parts[i].exchange.event, part->exchange.event) == 0 &&
            strcmp(parts[i].exchange.station_id, part->exchange.station_id) == 0 &&
            strcmp(parts[i].request_id, part->request_id) == 0 &&
            parts[i].exchange.event_time_us == part->exchange.event_time_us)
            return true;
    return false;
}

static void play(struct yard *yard, struct part_of_history *part)
{
    struct err err = {0};
    struct tracking_source source = bare_source();
    bool repeat;
    part->exchange.request_id = part->request_id;
    switch (part->kind) {
    case PART_EXCHANGE:
        check(tracking_add_battery_exchange_task(yard->tracking, &part->exchange, &source, &repeat,
                                                 &err),
              &err);
        break;
    case PART_TIMEOUT: {
        /* Without a battery: where a sighting and an event of the same instant stand is a matter
         * of the station's journal, which these bare events do not have. */
        struct tracking_exchange offered = part->exchange;
        offered.bid = "";
        check(tracking_add_timeout(yard->tracking, &offered, &source, &err), &err);
        break;
    }
    case PART_END:
        check(tracking_end_swap(yard->tracking, part->exchange.station_id, part->request_id,
                                part->exchange.event_time_us + SECOND, part->outcome, "reason",
                                &err),
              &err);
        break;
    }
}

/* Every row of the tables, as text in a fixed order. */
static void dump(struct store *store, struct strbuf *to)
{
    static const char *const tables[] = {
        "SELECT * FROM battery_exchange_task ORDER BY task_id",
        "SELECT * FROM battery ORDER BY bid",
        "SELECT * FROM battery_version ORDER BY bid, since_at, battery_version",
        "SELECT * FROM vehicle ORDER BY vid",
        "SELECT * FROM swap ORDER BY station_id, request_id",
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        /* Kept from history to history: preparing would take longer than playing. */
        sqlite3_stmt *select = store_prepare(store, tables[i], NULL);
        assert_non_null(select);
        while (sqlite3_step(select) == SQLITE_ROW) {
            for (int column = 0; column < sqlite3_column_count(select); column++) {
                const unsigned char *text = sqlite3_column_text(select, column);
                strbuf_printf(to, "%s=%s ", sqlite3_column_name(select, column),
                              text ? (const char *)text : "NULL");
            }
            strbuf_append_char(to, '\n');
        }
        (void)sqlite3_reset(select);
    }
}

/* In a transaction that is rolled back: emptying the tables takes longer than the rest. */
static void play_in_order(struct yard *yard, struct part_of_history *parts, const size_t *order,
                          size_t count, uint64_t restarts, struct strbuf *tables)
{
    struct err err = {0};
    check(store_begin(yard->store, &err), &err);
    tracking_forget(yard->tracking);
    for (size_t i = 0; i < count; i++) {
        play(yard, &parts[order[i]]);
        if (restarts && below(&restarts, 5) == 0)
            tracking_forget(yard->tracking);
    }
    alerts_forget(yard->alerts);
    dump(yard->store, tables);
    store_rollback(yard->store);
}

/* Fails with the first row that differs. */
static void compare(const char *first, const char *other, uint64_t seed)
{
    while (*first && *other) {
        size_t length = strcspn(first, "\n"), other_length = strcspn(other, "\n");
        if (length != other_length || strncmp(first, other, length) != 0)
            fail_msg("seed %llu: in order\n%.*s\nshuffled\n%.*s", (unsigned long long)seed,
                     (int)length, first, (int)other_length, other);
        first += length + 1;
        other += other_length + 1;
    }
    assert_int_equal(*first, *other);
}

static void shuffle(size_t *order, size_t count, uint64_t *seed)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)below(seed, i), swap = order[i - 1];
        order[i - 1] = order[other];
        order[other] = swap;
    }
}

static void one_history(struct yard *yard, uint64_t seed, size_t swaps, int rounds)
{
    struct part_of_history parts[EVENTS_MAX + 3];
    size_t order[2 * (EVENTS_MAX + 3)], count = 0;
    uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (size_t i = 0; i < swaps; i++) {
        struct part_of_history swap[3];
        size_t length = random_swap(&random, swap, i);
        for (size_t k = 0; k < length; k++)
            if (!is_repeat(parts, count, &swap[k]))
                parts[count++] = swap[k];
    }
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    struct strbuf first = STRBUF_INIT;
    play_in_order(yard, parts, order, count, 0, &first);
    for (int round = 0; round < rounds; round++) {
        struct strbuf other = STRBUF_INIT;
        size_t length = count;
        for (size_t i = 0; i < count; i++)
            if (below(&random, 4) == 0)
                order[length++] = i; /* comes twice */
        shuffle(order, length, &random);
        play_in_order(yard, parts, order, length, seed + 1, &other);
        compare(strbuf_text(&first), strbuf_text(&other), seed);
        strbuf_free(&other);
        for (size_t i = 0; i < count; i++)
            order[i] = i;
    }
    strbuf_free(&first);
}

static void tables_depend_on_the_set_of_events(void **state)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++)
        one_history(*state, seed, 4 + seed % 16, 3);
}

static void twenty_thousand_small_ones_too(void **state)
{
    for (uint64_t seed = 1; seed <= SMALL_ROUNDS; seed++)
        one_history(*state, seed << 20, seed % 20 ? 1 + seed % 2 : 4, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        yard_test(tables_depend_on_the_set_of_events),
        yard_test(twenty_thousand_small_ones_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
