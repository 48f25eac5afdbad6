/* SPDX-License-Identifier: Apache-2.0 */
/* Out-In and sets of two across restarts of the engine, and how its state on disk keeps them. */
#include "engine_fixture.h"

#include "base/log.h"
#include "core/custody.h"
#include "crypto/digest.h"

static void open_rig(struct rig *rig, bool out_in, int set)
{
    rig_init(rig);
    rig_kill(rig);
    strbuf_clear(&rig->stored);
    rig->options.settings.swap_out_in = rig->plant.station.settings.swap_out_in = out_in;
    rig->plant.in.bays[3].pack.soc_percent = 96;
    rig->plant.set = set;
    if (set == 2)
        rig->plant.more[0] = fixture_pack("USER-2", 25);
    rig_open(rig);
    rig_connect(rig);
    rig_run(rig, 2);
}

/* What the vehicle holds, what the events tell and what the station believes to owe agree. */
static void check_books(struct rig *rig, int set)
{
    int used, held = fixture_holds(&rig->plant, &used);
    int gave = rig_count_swaps(rig, "Off-Load"), got = rig_count_swaps(rig, "On-Load");
    assert_int_equal(held - set, got - gave);
    assert_int_equal(custody_balance(engine_station(rig->engine), "CAR-1"), gave - got);
}

/* Killed after the k-th save from the command on. False: the swap ended before. */
static bool crash(bool out_in, int set, int k, int *interrupted)
{
    static struct rig rig;
    open_rig(&rig, out_in, set);
    rig.crash_at = rig.saves + k;
    rig_charge_set(&rig, "c1", set);
    if (!rig.crashed)
        rig_until_outcome(&rig, "c1", 300);
    if (!rig.crashed) {
        assert_string_equal(rig_outcome(&rig, "c1", NULL), "done");
        rig_free(&rig);
        return false;
    }
    rig.crash_at = 0;
    rig_kill(&rig);
    rig_open(&rig);
    rig_connect(&rig);
    rig_run(&rig, 20);
    const char *reason = "";
    const char *outcome = rig_outcome(&rig, "c1", &reason);
    bool failed = text_equal(outcome, "failed");
    if (failed && !strstr(reason, "interrupted: the engine was restarted"))
        fail_msg("save %d: '%s'", k, reason);
    if (failed && set == 2 && !strstr(reason, "(of "))
        fail_msg("save %d: '%s' does not say how far it came", k, reason);
    assert_true(failed || text_equal(outcome, "done"));
    *interrupted += failed;
    rig.plant.patience_s = 0;
    rig_charge_set(&rig, "c2", set);
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    rig_until_outcome(&rig, "c2", 600);
    assert_string_not_equal(rig_outcome(&rig, "c2", NULL), "");
    rig_run(&rig, 300);
    check_books(&rig, set);
    assert_int_equal(rig.plant.in.gate, IO_GATE_CLOSED);
    rig_free(&rig);
    return true;
}

static void a_crash_after_any_save_leaves_the_books_right(void **state)
{
    (void)state;
    for (int variant = 1; variant < 4; variant++) { /* 0 is what test_engine_restart does */
        int k = 1, interrupted = 0;
        while (crash((variant & 1) != 0, variant & 2 ? 2 : 1, k, &interrupted))
            k++;
        assert_true(k > (variant & 2 ? 20 : 12));
        assert_true(interrupted > 10);
    }
}

static void config_changes_the_order_and_survives(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    cJSON *packet = ipc_begin(IPC_CONFIG_REQUEST, "config");
    cJSON *entry = cJSON_AddObjectToObject(cJSON_AddObjectToObject(packet, "values"), "swap_order");
    cJSON_AddNumberToObject(entry, "version", 3);
    cJSON_AddStringToObject(entry, "value", "out-in");
    rig_tell(&rig, packet);
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    rig_kill(&rig);
    rig_open(&rig);
    assert_true(engine_station(rig.engine)->settings.swap_out_in);
    rig_connect(&rig);
    packet = ipc_begin(IPC_CONFIG_REQUEST, "config");
    entry = cJSON_AddObjectToObject(cJSON_AddObjectToObject(packet, "values"), "swap_order");
    cJSON_AddNumberToObject(entry, "version", 4);
    cJSON_AddStringToObject(entry, "value", "sideways");
    rig_tell(&rig, packet);
    assert_string_equal(rig_answer(&rig, "status"), "refused");
    assert_string_equal(rig_answer(&rig, "reason"), "swap_order must be \"in-out\" or \"out-in\"");
    assert_true(engine_station(rig.engine)->settings.swap_out_in);
    rig_free(&rig);
}

static void a_count_out_of_range_is_malformed(void **state)
{
    (void)state;
    static struct rig rig;
    open_rig(&rig, false, 2);
    rig_charge_set(&rig, "c1", 3);
    assert_string_equal(rig_answer(&rig, "reason"), "Malformed");
    rig_charge_set(&rig, "c2", -1);
    assert_string_equal(rig_answer(&rig, "reason"), "Malformed");
    rig_free(&rig);
}

struct books { /* one decoded state */
    struct station station;
    struct handover handover;
    struct intent_config config;
};

static int decode(struct books *books, const char *text, size_t length)
{
    memset(books, 0, sizeof *books);
    station_init(&books->station, 6, "00000000");
    struct intent intent = {&books->station, &books->handover, &books->config, 0};
    return intent_decode(text, length, &intent, NULL);
}

static void the_state_keeps_sets_orders_and_accounts(void **state)
{
    (void)state;
    static struct books books, back;
    struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
    station_init(&books.station, 6, "0badcafe");
    books.handover.boot = 4;
    books.station.owed[0] = (struct owed){"CAR-1", 2, 350};
    books.station.owed[1] = (struct owed){"CAR-2", -1, NAN};
    struct bay *bay = &books.station.bays[2];
    bay->custody = (struct custody){.kind = CUSTODY_DISPENSE, .order = SWAP_OUT_IN, .set = 2};
    books.station.swap = (struct swap){
        .step = SWAP_OFFERING, .count = 2, .returned = 2, .given = 1, .given_back = 1};
    struct intent intent = {&books.station, &books.handover, &books.config, 0};
    assert_int_equal(intent_encode(&intent, &first, NULL), 0);
    assert_int_equal(decode(&back, first.text, first.length), 0);
    const struct station *station = &back.station;
    assert_int_equal(custody_balance(station, "CAR-1"), 2);
    assert_int_equal(custody_balance(station, "CAR-2"), -1);
    assert_int_equal(station->bays[2].custody.order, SWAP_OUT_IN);
    assert_int_equal(station->bays[2].custody.set, 2);
    assert_int_equal(station->swap.count, 2);
    assert_int_equal(station->swap.returned, 2);
    assert_int_equal(station->swap.given, 1);
    assert_int_equal(station->swap.given_back, 1);
    intent.station = &back.station;
    intent.handover = &back.handover;
    intent.config = &back.config;
    assert_int_equal(intent_encode(&intent, &second, NULL), 0);
    assert_string_equal(first.text, second.text);
    strbuf_free(&first);
    strbuf_free(&second);
}

static void a_state_from_before_there_were_sets_is_read(void **state)
{
    (void)state;
    static struct books books;
    static const char OLD[] =
        "{\"engine_id\":\"0badcafe\",\"session_counter\":3,\"bays\":[{\"slot\":1,\"custody\":{"
        "\"kind\":\"return\",\"request_id\":\"c1\",\"vehicle\":\"CAR-1\",\"user\":\"anna\"}}],"
        "\"swap\":{\"step\":\"leaving\",\"command\":\"c1\",\"request_id\":\"c1\",\"vehicle\":"
        "\"CAR-1\",\"user\":\"anna\",\"exchanged\":true},\"faults\":[],"
        "\"owed\":[{\"vehicle\":\"CAR-9\",\"rated_v\":350}],\"config\":[],\"boot\":7,"
        "\"events\":[]}";
    char digest[DIGEST_HEX_SIZE];
    struct strbuf text = STRBUF_INIT;
    struct station_actions actions = {0};
    digest_sha256_hex(OLD, sizeof OLD - 1, digest);
    strbuf_printf(&text, "swap-engine 1 %s\n%s", digest, OLD);
    assert_int_equal(decode(&books, text.text, text.length), 0);
    assert_int_equal(custody_balance(&books.station, "CAR-9"), 1);
    assert_int_equal(books.station.bays[0].custody.order, SWAP_IN_OUT);
    station_resume(&books.station, 1, &actions); /* its swap ends, as done */
    assert_int_equal(actions.count, 1);
    assert_string_equal(actions.events[0].data.completion.outcome, "done");
    actions_free(&actions);
    strbuf_free(&text);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_after_any_save_leaves_the_books_right),
        cmocka_unit_test(config_changes_the_order_and_survives),
        cmocka_unit_test(a_count_out_of_range_is_malformed),
        cmocka_unit_test(the_state_keeps_sets_orders_and_accounts),
        cmocka_unit_test(a_state_from_before_there_were_sets_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
