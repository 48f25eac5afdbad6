/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power loss for the station's journal: rows, marks and commands are written as the monitor does,
 * and the power fails inside the k-th sync, for every k of the scenario and several seeds of what
 * becomes of the writes that were not synced. After each failure:
 *
 * - the journal opens, is whole, is not set aside as damaged, and has its id;
 * - its boot number is one that was never handed out before;
 * - every event whose commit returned is there, with the mark of the engine that came with it;
 * - of telemetry only a tail is lost: nothing from before the last durable commit, no hole;
 * - whatever is found under (boot, lane, seq) is what was written there;
 * - a command that took effect is on record, with an outcome that only goes forward.
 */
#include "cmocka_first.h"
#include "monitor/journal.h"
#include "monitor/journal_sqlite.h"
#include "power_rig.h"

#include "base/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS        54
#define STEPS_A_LIFE 9 /* then the monitor ends cleanly and begins again */
#define ROWS_MAX     600
#define COMMANDS_MAX 40
#define NEW_ID       "00112233445566778899aabbccddeeff"

enum fate {
    FATE_TRIED,     /* its transaction was not seen to end */
    FATE_COMMITTED, /* … ended, without durability asked for */
    FATE_DURABLE,   /* … ended durably, or was read back after a failure */
    FATE_RELEASED,  /* acknowledged: may be gone, or come back once */
    FATE_LOST,      /* was not there after a failure, and was allowed not to be */
};

struct known_row {
    enum message_lane lane;
    int64_t boot, seq;
    int content;
    enum fate fate;
    bool found;
};

struct known_command {
    int64_t number;
    char identity[24];
    const char *sure, *tried; /* outcome that is durable; outcome that is being written */
    bool effect;              /* something moved: only after its record was durable */
};

struct scene {
    struct power_rig rig;
    struct journal journal; /* ops NULL while the monitor is down */
    int step, lives, failures;
    int64_t boots_seen;
    int64_t seq[JOURNAL_LANES]; /* of this boot */
    struct known_row rows[ROWS_MAX];
    int row_count, contents;
    int mark_sure, mark_tried; /* content of the newest engine event */
    struct known_command commands[COMMANDS_MAX];
    int command_count;
};

static const enum message_lane LANES[] = {LANE_EVENT, LANE_TELEMETRY};

/* --- what the monitor does --- */

static int write_row(struct scene *scene, enum message_lane lane, struct err *err)
{
    static char filler[1400];
    memset(filler, 'x', sizeof filler - 1);
    assert(scene->row_count < ROWS_MAX);
    struct known_row *known = &scene->rows[scene->row_count++];
    *known = (struct known_row){.lane = lane,
                                .boot = scene->journal.boot,
                                .seq = ++scene->seq[lane_index(lane)],
                                .content = ++scene->contents};
    char payload[1500];
    /* Lengths differ, so that rows lie across sectors and pages in many ways. */
    int length = snprintf(payload, sizeof payload, "{\"content\":%d,\"filler\":\"%.*s\"}",
                          known->content, known->content * 97 % 1300, filler);
    struct journal_row row = {.lane = lane,
                              .boot = known->boot,
                              .seq = known->seq,
                              .time_us = known->content,
                              .payload = payload,
                              .length = (size_t)length};
    return scene->journal.ops->append(scene->journal.self, &row, err);
}

static int begin(struct scene *scene, bool durable, struct err *err)
{
    return scene->journal.ops->begin(scene->journal.self, durable, err);
}

/* A durable commit takes everything before it along: there is one write-ahead log. */
static int commit(struct scene *scene, bool durable, struct err *err)
{
    int status = scene->journal.ops->commit(scene->journal.self, err);
    for (int i = 0; i < scene->row_count && status == 0; i++) {
        struct known_row *row = &scene->rows[i];
        if (row->fate == FATE_TRIED || (row->fate == FATE_COMMITTED && durable))
            row->fate = durable ? FATE_DURABLE : FATE_COMMITTED;
    }
    return status;
}

/* The engine's events and its mark, in one transaction; then the engine is told. */
static int take_events(struct scene *scene, struct err *err)
{
    char mark[24];
    int status = begin(scene, true, err);
    for (int i = 0; i < 2 && status == 0; i++)
        status = write_row(scene, LANE_EVENT, err);
    scene->mark_tried = scene->contents;
    (void)snprintf(mark, sizeof mark, "%d", scene->mark_tried);
    if (status == 0)
        status = scene->journal.ops->put_value(scene->journal.self, "engine", mark, err);
    if (status == 0)
        status = commit(scene, true, err);
    if (status == 0)
        scene->mark_sure = scene->mark_tried;
    return status;
}

static int take_telemetry(struct scene *scene, struct err *err)
{
    int status = begin(scene, false, err);
    for (int i = 0; i < 3 && status == 0; i++)
        status = write_row(scene, LANE_TELEMETRY, err);
    return status == 0 ? commit(scene, false, err) : status;
}

static int put_command(struct scene *scene, struct known_command *known, struct err *err)
{
    struct journal_command command = {.number = known->number, .type = 1, .seen_wall_us = 1};
    (void)snprintf(command.identity, sizeof command.identity, "%s", known->identity);
    (void)snprintf(command.digest, sizeof command.digest, "0123456789abcdef");
    (void)snprintf(command.outcome, sizeof command.outcome, "%s", known->tried);
    int status = begin(scene, true, err);
    if (status == 0)
        status = scene->journal.ops->put_command(scene->journal.self, &command, err);
    if (status == 0 && known->tried[0]) /* its result is an event of the same transaction */
        status = write_row(scene, LANE_EVENT, err);
    if (status == 0)
        status = commit(scene, true, err);
    if (status == 0) {
        known->number = command.number;
        known->sure = known->tried;
    }
    return status;
}

static int hear_command(struct scene *scene, struct err *err)
{
    assert(scene->command_count < COMMANDS_MAX);
    struct known_command *known = &scene->commands[scene->command_count++];
    *known = (struct known_command){.tried = ""};
    (void)snprintf(known->identity, sizeof known->identity, "command-%d", scene->command_count);
    int status = put_command(scene, known, err);
    known->effect = status == 0;
    return status;
}

/* accepted, then done: of the newest command. */
static int answer_command(struct scene *scene, struct err *err)
{
    if (scene->command_count == 0)
        return 0;
    struct known_command *known = &scene->commands[scene->command_count - 1];
    if (!known->effect)
        return 0;
    known->tried = strcmp(known->sure, "") == 0 ? "accepted" : "done";
    return put_command(scene, known, err);
}

/* The bridge acknowledged the older half of what each lane holds. */
static int release(struct scene *scene, struct err *err)
{
    int status = begin(scene, false, err);
    for (int lane = 0; lane < JOURNAL_LANES && status == 0; lane++) {
        struct known_row *last = NULL;
        for (int i = 0; i < scene->row_count / 2; i++)
            if (scene->rows[i].lane == LANES[lane] && scene->rows[i].fate == FATE_DURABLE)
                last = &scene->rows[i];
        for (int64_t boot = 1; last && boot <= last->boot && status == 0; boot++)
            status =
                scene->journal.ops->acknowledge(scene->journal.self, LANES[lane], boot,
                                                boot < last->boot ? INT64_MAX : last->seq, err);
        for (struct known_row *row = scene->rows; last && row <= last; row++)
            if (row->lane == last->lane && row->fate != FATE_LOST)
                row->fate = FATE_RELEASED;
    }
    return status == 0 ? commit(scene, false, err) : status;
}

static int take_step(struct scene *scene, struct err *err)
{
    switch (scene->step % 7) {
    case 0:
        return take_events(scene, err);
    case 2:
        return hear_command(scene, err);
    case 3:
    case 5:
        return answer_command(scene, err);
    case 6:
        return release(scene, err);
    default:
        return take_telemetry(scene, err);
    }
}

/* --- what must hold --- */

static struct known_row *find_row(struct scene *scene, const struct journal_row *row)
{
    for (int i = 0; i < scene->row_count; i++)
        if (scene->rows[i].lane == row->lane && scene->rows[i].boot == row->boot &&
            scene->rows[i].seq == row->seq)
            return &scene->rows[i];
    return NULL;
}

static void read_lane(struct scene *scene, enum message_lane lane, const char *when)
{
    int64_t boot = 0, seq = 0;
    struct journal_row row;
    struct err err = {0};
    int status;
    while ((status = scene->journal.ops->next_row(scene->journal.self, lane, boot, seq, &row,
                                                  &err)) == 0) {
        struct known_row *known = find_row(scene, &row);
        if (!known || known->fate == FATE_LOST)
            fail_msg("%s: a row %" PRId64 "/%" PRId64 " that nobody wrote", when, row.boot,
                     row.seq);
        char start[40];
        int length = snprintf(start, sizeof start, "{\"content\":%d,", known->content);
        if (row.length < (size_t)length || memcmp(row.payload, start, (size_t)length) != 0)
            fail_msg("%s: row %" PRId64 "/%" PRId64 " has another content", when, row.boot,
                     row.seq);
        if (row.boot < boot || (row.boot == boot && row.seq <= seq))
            fail_msg("%s: rows are out of order", when);
        known->found = true;
        boot = row.boot;
        seq = row.seq;
    }
    if (status != ERR_NOT_FOUND)
        fail_msg("%s: %s", when, err.text);
}

/* Decides over a row that is not there; a later row of the same boot and lane makes it a hole. */
static void judge_absent(const struct scene *scene, const struct known_row *row, const char *when)
{
    if (row->fate == FATE_DURABLE)
        fail_msg("%s: the durable row %" PRId64 "/%" PRId64 " of lane %d is lost", when, row->boot,
                 row->seq, row->lane);
    for (int i = 0; i < scene->row_count; i++) {
        const struct known_row *later = &scene->rows[i];
        if (row->fate != FATE_RELEASED && later->found && later->lane == row->lane &&
            later->boot == row->boot && later->seq > row->seq)
            fail_msg("%s: row %" PRId64 "/%" PRId64 " is missing before %" PRId64, when, row->boot,
                     row->seq, later->seq);
    }
}

static void check_rows(struct scene *scene, const char *when)
{
    for (int i = 0; i < scene->row_count; i++)
        scene->rows[i].found = false;
    for (int lane = 0; lane < JOURNAL_LANES; lane++)
        read_lane(scene, LANES[lane], when);
    for (int i = 0; i < scene->row_count; i++)
        if (!scene->rows[i].found)
            judge_absent(scene, &scene->rows[i], when);
    /* From here on what was found is durable, and what was not found is gone. */
    for (int i = 0; i < scene->row_count; i++) {
        struct known_row *row = &scene->rows[i];
        if (row->fate != FATE_RELEASED && row->fate != FATE_LOST)
            row->fate = row->found ? FATE_DURABLE : FATE_LOST;
    }
}

/* The mark moved exactly if the rows that came with it are there. */
static void check_mark(struct scene *scene, const char *when)
{
    char text[32];
    struct err err = {0};
    if (scene->journal.ops->get_value(scene->journal.self, "engine", text, sizeof text, &err) < 0)
        fail_msg("%s: %s", when, err.text);
    int mark = atoi(text);
    if (mark != scene->mark_sure && mark != scene->mark_tried)
        fail_msg("%s: the engine's mark is %d instead of %d", when, mark, scene->mark_sure);
    for (int i = 0; i < scene->row_count; i++)
        if (scene->rows[i].content == scene->mark_tried && scene->rows[i].fate != FATE_RELEASED &&
            scene->rows[i].found != (mark == scene->mark_tried))
            fail_msg("%s: the engine's mark and its rows disagree", when);
    scene->mark_sure = scene->mark_tried = mark;
}

static void check_commands(struct scene *scene, const char *when)
{
    for (int i = 0; i < scene->command_count; i++) {
        struct known_command *known = &scene->commands[i];
        struct journal_command found = {0};
        struct err err = {0};
        int status =
            scene->journal.ops->find_command(scene->journal.self, known->identity, &found, &err);
        if (status == ERR_NOT_FOUND && !known->effect)
            continue; /* nothing moved for it */
        if (status < 0)
            fail_msg("%s: command %s: %s", when, known->identity, err.text);
        bool sure = known->sure && strcmp(found.outcome, known->sure) == 0;
        if (!sure && strcmp(found.outcome, known->tried) != 0)
            fail_msg("%s: command %s is \"%s\"", when, known->identity, found.outcome);
        known->number = found.number;
        known->sure = known->tried = sure ? known->sure : known->tried;
    }
}

static void check_whole(struct scene *scene, const char *when)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(scene->rig.database, &db) != SQLITE_OK)
        fail_msg("%s: %s", when, sqlite3_errmsg(db));
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    power_rig_check_whole(db, when);
    (void)sqlite3_close(db);
}

/* --- lives --- */

static void close_monitor(struct scene *scene)
{
    if (scene->journal.ops)
        scene->journal.ops->close(scene->journal.self);
    scene->journal = (struct journal){0};
}

static int open_monitor(struct scene *scene, const char *when, struct err *err)
{
    bool damaged = false;
    int status = journal_sqlite_open(&scene->journal, scene->rig.directory, NEW_ID, &damaged, err);
    if (damaged)
        fail_msg("%s: the journal is taken for damaged", when);
    if (status < 0)
        return status;
    struct journal_sqlite *store = scene->journal.self;
    (void)sqlite3_wal_autocheckpoint(store->db, 15); /* failures inside checkpoints, too */
    assert_string_equal(scene->journal.id, NEW_ID);
    if (scene->journal.boot <= scene->boots_seen)
        fail_msg("%s: boot %" PRId64 " is used again", when, scene->journal.boot);
    scene->boots_seen = scene->journal.boot;
    memset(scene->seq, 0, sizeof scene->seq);
    check_rows(scene, when);
    check_mark(scene, when);
    check_commands(scene, when);
    return 0;
}

static int run(struct scene *scene, const char *when, struct err *err)
{
    int status = scene->journal.ops ? 0 : open_monitor(scene, when, err);
    for (; status == 0 && scene->step < STEPS; scene->step++) {
        if (scene->step % STEPS_A_LIFE == STEPS_A_LIFE - 1) {
            close_monitor(scene);
            status = open_monitor(scene, when, err);
        }
        if (status == 0)
            status = take_step(scene, err);
    }
    return status;
}

static uint64_t fail_at(uint64_t k, uint64_t seed, int *failures)
{
    static struct scene scene;
    struct err err = {0};
    char when[80];
    (void)snprintf(when, sizeof when, "power lost at sync %" PRIu64 " (seed %" PRIu64 ")", k, seed);
    scene = (struct scene){0};
    power_rig_begin(&scene.rig, seed, "journal.db");
    crash_vfs_fail_at_sync(scene.rig.vfs, k);
    while (run(&scene, when, &err) < 0) {
        if (!crash_vfs_is_off(scene.rig.vfs))
            fail_msg("%s: %s", when, err.text);
        close_monitor(&scene);
        crash_vfs_reboot(scene.rig.vfs);
        check_whole(&scene, when);
        /* With odd seeds the next life is hit, too, up to three times. */
        if (seed % 2 == 1 && scene.failures++ < 3)
            crash_vfs_fail_at_sync(scene.rig.vfs, (k + seed / 2) % 5 + 1);
        scene.step++; /* what failed is not tried again */
        ++*failures;
    }
    close_monitor(&scene);
    if (crash_vfs_is_off(scene.rig.vfs)) /* while closing for good */
        crash_vfs_reboot(scene.rig.vfs);
    uint64_t syncs = crash_vfs_sync_count(scene.rig.vfs);
    crash_vfs_fail_at_sync(scene.rig.vfs, 0);
    check_whole(&scene, when);
    if (open_monitor(&scene, when, &err) < 0)
        fail_msg("%s: %s", when, err.text);
    close_monitor(&scene);
    power_rig_end(&scene.rig);
    return syncs;
}

static void every_sync_of_the_journal(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR + 1);
    int failures = 0;
    uint64_t syncs = fail_at(0, 0, &failures), seeds = power_rig_seeds(4);
    assert_int_equal(failures, 0);
    for (uint64_t seed = 0; seed < seeds; seed++)
        for (uint64_t k = 1; k <= syncs; k++)
            (void)fail_at(k, seed, &failures);
    printf("journal: %" PRIu64 " syncs, %" PRIu64 " seeds, %d power failures: no event lost, no "
           "number used twice\n",
           syncs, seeds, failures);
    assert_true(syncs > 30 && failures >= (int)(syncs * seeds * 9 / 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_sync_of_the_journal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
