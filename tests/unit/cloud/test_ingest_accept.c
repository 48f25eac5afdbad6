/* SPDX-License-Identifier: Apache-2.0 */
/* Exactly once and in order: the mark rule as a table, and a model station over a bad link. */
#include "cloud/ingest_fixture.h"

#include "ingest/accept.h"

static void rule_as_a_table(void **state)
{
    (void)state;
    static const struct {
        int64_t mark, seq, prev;
        enum accept_verdict verdict;
        int64_t gap;
    } cases[] = {
        {0, 1, 0, ACCEPT_NEW, 0},     {5, 6, 5, ACCEPT_NEW, 0},
        {5, 5, 4, ACCEPT_REPEAT, 0},  {5, 1, 0, ACCEPT_REPEAT, 0},
        {5, 7, 6, ACCEPT_MISSING, 0}, {0, 2, 1, ACCEPT_MISSING, 0},
        {5, 9, 5, ACCEPT_NEW, 3},     {5, 9, 3, ACCEPT_NEW, 3},
        {0, 100, 0, ACCEPT_NEW, 99},  {5, 9, 8, ACCEPT_MISSING, 0},
        {5, 6, 0, ACCEPT_NEW, 0},     {INT64_C(1) << 52, (INT64_C(1) << 52) + 1, 0, ACCEPT_NEW, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t gap = -1;
        assert_int_equal(accept_judge(cases[i].mark, cases[i].seq, cases[i].prev, &gap),
                         cases[i].verdict);
        assert_int_equal(gap, cases[i].gap);
    }
}

/* --- a model station ------------------------------------------------------------------------ */

#define ROWS  120 /* per lane and boot */
#define BOOTS 2
#define LANES 2

static const char *const LANE_NAMES[LANES] = {"event", "telemetry"};

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % bound;
}

/* One lane of the station's journal. Rows that were dropped before they were ever sent are gaps. */
struct lane {
    int64_t next;  /* next seq to send */
    int64_t acked; /* deleted up to here */
    int64_t high;  /* highest seq sent */
    bool dropped[ROWS + 1];
};

struct station {
    int64_t boot;
    struct lane lanes[LANES];
};

/* A row under way. */
struct letter {
    int64_t boot, seq, prev;
    int lane;
};

struct link {
    struct letter letters[64];
    size_t count;
};

static int64_t prev_of(const struct lane *lane, int64_t seq)
{
    /* The highest below this one that was sent or is known to be acknowledged. */
    for (int64_t prev = seq - 1; prev > lane->acked; prev--)
        if (!lane->dropped[prev])
            return prev;
    return lane->acked;
}

static void send_next(struct station *station, int which, struct link *link)
{
    struct lane *lane = &station->lanes[which];
    while (lane->next <= ROWS && lane->dropped[lane->next])
        lane->next++;
    if (lane->next > ROWS || link->count == 64)
        return;
    /* Telemetry over its bound: unsent rows go, oldest first. */
    while (which == 1 && lane->next > lane->high && lane->next < ROWS && random_below(12) == 0)
        lane->dropped[lane->next++] = true;
    struct letter letter = {
        .boot = station->boot, .seq = lane->next, .prev = prev_of(lane, lane->next), .lane = which};
    lane->high = lane->next > lane->high ? lane->next : lane->high;
    lane->next++;
    if (random_below(8) == 0)
        return; /* lost */
    link->letters[link->count++] = letter;
    if (random_below(8) == 0 && link->count < 64)
        link->letters[link->count++] = letter;      /* twice */
    if (random_below(6) == 0 && link->count >= 2) { /* overtaken */
        struct letter swapped = link->letters[link->count - 1];
        link->letters[link->count - 1] = link->letters[link->count - 2];
        link->letters[link->count - 2] = swapped;
    }
}

static void write_row(const struct letter *letter, char *to, size_t size)
{
    const char *data =
        letter->lane == 0
            ? "\"type\":18,\"data\":{\"code\":\"C\",\"severity\":\"info\",\"active\":true}"
            : "\"type\":0,\"data\":{\"station\":{\"state\":\"ACTIVE\"},\"battery\":[]}";
    (void)snprintf(to, size,
                   "{\"device\":\"1231\",%s,\"time\":\"2026-11-21T08:00:00.000Z\",\"v\":1,"
                   "\"journal\":\"ab12\",\"boot\":%" PRId64 ",\"lane\":\"%s\",\"seq\":%" PRId64
                   ",\"prev\":%" PRId64 ",\"up\":%" PRId64 ",\"clock\":\"synced\"}",
                   data, letter->boot, LANE_NAMES[letter->lane], letter->seq, letter->prev,
                   letter->seq);
}

/* Gives the first `count` letters as one batch; sometimes the bridge dies before its commit. */
static void deliver(struct fixture *fixture, struct link *link, size_t count)
{
    static char rows[64][512];
    struct ingest_message messages[64];
    for (size_t i = 0; i < count; i++) {
        write_row(&link->letters[i], rows[i], sizeof rows[i]);
        messages[i] = fixture_message(fixture, "info", rows[i]);
    }
    struct err err = {0};
    switch (random_below(12)) {
    case 0: /* killed before the commit: the rows are gone, as after a PUBACK */
        assert_int_equal(ingest_begin(fixture->ingest, &err), 0);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(ingest_message(fixture->ingest, &messages[i], NULL, &err), 0);
        store_rollback(fixture->store);
        fixture_restart(fixture);
        break;
    case 1: /* rolled back, and the same batch again */
        assert_int_equal(ingest_begin(fixture->ingest, &err), 0);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(ingest_message(fixture->ingest, &messages[i], NULL, &err), 0);
        ingest_abort(fixture->ingest);
        must_batch(fixture, messages, count);
        break;
    default:
        must_batch(fixture, messages, count);
    }
    memmove(link->letters, link->letters + count, (link->count - count) * sizeof *link->letters);
    link->count -= count;
}

static void obey_lane(struct lane *lane, int64_t mark, bool resend)
{
    assert_true(mark <= lane->high); /* never above what was sent */
    if (mark > lane->acked)
        lane->acked = mark;
    if (resend)
        lane->next = mark + 1;
    if (lane->next <= lane->acked)
        lane->next = lane->acked + 1;
}

static void obey_acks(struct fixture *fixture, struct station *station)
{
    for (size_t i = 0; i < fixture->ack_count; i++) {
        const struct message_ack *ack = &fixture->acks[i].ack;
        if (ack->boot != station->boot || random_below(10) == 0) /* or lost: QoS 0 */
            continue;
        obey_lane(&station->lanes[0], ack->event, ack->resend_event);
        obey_lane(&station->lanes[1], ack->telemetry, ack->resend_telemetry);
    }
    forget_said(fixture);
}

static bool is_acked(const struct lane *lane)
{
    for (int64_t seq = lane->acked + 1; seq <= ROWS; seq++)
        if (!lane->dropped[seq])
            return false;
    return true;
}

static void run_boot(struct fixture *fixture, struct station *station)
{
    struct link link = {.count = 0};
    for (int round = 0; !is_acked(&station->lanes[0]) || !is_acked(&station->lanes[1]); round++) {
        if (round >= 20000)
            fail_msg("the stream is stuck at %" PRId64 " and %" PRId64, station->lanes[0].acked,
                     station->lanes[1].acked);
        for (uint32_t i = random_below(6); i > 0; i--)
            send_next(station, (int)random_below(LANES), &link);
        if (link.count > 0 && random_below(2) == 0)
            deliver(fixture, &link, 1 + random_below((uint32_t)link.count));
        obey_acks(fixture, station);
        fixture_pass(fixture, 200 * CLOCK_US_PER_MS);
        if (round % 50 == 49) /* no progress for 10 s: go back by itself */
            for (int lane = 0; lane < LANES; lane++)
                station->lanes[lane].next = station->lanes[lane].acked + 1;
    }
}

static void check_lane(struct fixture *fixture, const struct station *station, int lane)
{
    char sql[512];
    int64_t gaps = 0, last = 0;
    for (int64_t seq = 1; seq <= ROWS; seq++)
        last = station->lanes[lane].dropped[seq] ? last : seq;
    for (int64_t seq = 1; seq <= last; seq++)
        gaps += station->lanes[lane].dropped[seq];
    (void)snprintf(sql, sizeof sql,
                   "SELECT seq || ' ' || gap_rows FROM stream WHERE boot = %" PRId64
                   " AND lane = '%s'",
                   station->boot, LANE_NAMES[lane]);
    char expected[64];
    (void)snprintf(expected, sizeof expected, "%" PRId64 " %" PRId64, last, gaps);
    assert_query_text(fixture->store, sql, expected);
}

static void every_row_once_and_in_order_over_a_bad_link(void **state)
{
    struct workdir *dir = *state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        random_state = seed;
        struct fixture fixture;
        /* The in-memory store for most seeds, a file for some. */
        fixture_begin(&fixture, seed % 10 == 0 ? dir->db : STORE_MEMORY);
        for (int64_t boot = 1; boot <= BOOTS; boot++) {
            struct station station = {.boot = boot};
            for (int lane = 0; lane < LANES; lane++)
                station.lanes[lane].next = 1;
            run_boot(&fixture, &station);
            check_lane(&fixture, &station, 0);
            check_lane(&fixture, &station, 1);
        }
        /* Each event exactly once, in order. */
        assert_count(&fixture, "event_log WHERE lane = 'event'", ROWS * BOOTS);
        assert_sql(&fixture,
                   "SELECT count(*) FROM (SELECT boot, seq, lag(boot * 1000 + seq, 1, 0) OVER "
                   "(ORDER BY id) AS before FROM event_log WHERE lane = 'event') "
                   "WHERE before >= boot * 1000 + seq",
                   "0");
        assert_sql(&fixture, "SELECT count FROM fault", "240");
        assert_count(&fixture, "quarantine", 0);
        fixture_end(&fixture);
        (void)unlink(dir->db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_as_a_table),
        workdir_test(every_row_once_and_in_order_over_a_bad_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
