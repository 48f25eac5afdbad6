/* SPDX-License-Identifier: Apache-2.0 */
#include "console/screen.h"
#include "console/selftest.h"
#include <math.h>
#include <string.h>

#define INPUT_STALE_MS 5000 /* as the engine's limits.sensor_stale_s */
#define FRAME_STALE_MS 5000 /* a silent charger is looked for only after the longest BMS period */

void selftest_check(struct selftest *test, bool good, const char *what, const char *todo)
{
    if (good) {
        test->passed++;
        screen_print_indented(test->to, 6, "PASS  %s\n", what);
        return;
    }
    test->failed++;
    screen_print_indented(test->to, 6, "FAIL  %s: %s\n", what, todo);
}

static bool fresh(const cJSON *object, double limit_ms)
{
    double age_ms = screen_number(object, "age_ms");
    return isfinite(age_ms) && age_ms <= limit_ms;
}

/* One line for all bays: PASS, or which ones fail. */
struct tally {
    struct strbuf bays;
};

static void count(struct tally *tally, const cJSON *bay, bool good)
{
    if (!good)
        strbuf_printf(&tally->bays, "%s%.0f", tally->bays.length ? ", " : "",
                      screen_number(bay, "slot"));
}

static void finish(struct selftest *test, struct tally *tally, const char *what, const char *todo)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    bool good = tally->bays.length == 0;
    strbuf_printf(&text, "%s%s%s", what, good ? "" : ", not of bay ", strbuf_text(&tally->bays));
    selftest_check(test, good, strbuf_text(&text), todo);
    strbuf_free(&tally->bays);
}

static void check_inputs(struct selftest *test, const cJSON *io)
{
    struct tally inputs = {0}, chargers = {0}, packs = {0};
    const cJSON *bay = NULL;
    selftest_check(test, fresh(cJSON_GetObjectItemCaseSensitive(io, "station"), INPUT_STALE_MS),
                   "the station's inputs are fresh",
                   "the driver of gate, lane, guard and alarms reads nothing; look at its wiring "
                   "and at the engine's log");
    cJSON_ArrayForEach(bay, cJSON_GetObjectItemCaseSensitive(io, "bays"))
    {
        bool silent_pack = screen_flag(bay, "present") &&
                           !fresh(cJSON_GetObjectItemCaseSensitive(bay, "pack"), FRAME_STALE_MS);
        count(&inputs, bay, fresh(bay, INPUT_STALE_MS));
        count(&chargers, bay,
              fresh(cJSON_GetObjectItemCaseSensitive(bay, "charger"), FRAME_STALE_MS));
        count(&packs, bay, !silent_pack);
    }
    finish(test, &inputs, "the bays' inputs are fresh",
           "door, lock and sensors are not read; look at the wiring of the bay");
    finish(test, &chargers, "the chargers talk", "look at its supply and bus (can dump)");
    finish(test, &packs, "the packs in the bays talk",
           "look at its plug and bus (can dump); take the pack out if it stays silent");
}

/* States in which a bay says that it is shut. */
static bool says_shut(const char *state)
{
    static const char *const SHUT[] = {"EMPTY",    "IDENTIFY", "IDLE",
                                       "CHARGING", "READY",    "RESERVED"};
    for (size_t i = 0; i < sizeof SHUT / sizeof *SHUT; i++)
        if (strcmp(state, SHUT[i]) == 0)
            return true;
    return false;
}

static void check_doors(struct selftest *test, const cJSON *status, const cJSON *io)
{
    const cJSON *readings = cJSON_GetObjectItemCaseSensitive(io, "bays"), *bay = NULL;
    struct tally doors = {0}, contactors = {0}, service = {0};
    int at = 0;
    cJSON_ArrayForEach(bay, cJSON_GetObjectItemCaseSensitive(status, "bays"))
    {
        const cJSON *in = cJSON_GetArrayItem(readings, at++);
        const char *state = screen_text(bay, "state");
        bool shut = strcmp(screen_text(in, "door"), "closed") == 0 && screen_flag(in, "locked");
        bool charging = strcmp(state, "CHARGING") == 0;
        count(&doors, bay, !says_shut(state) || shut);
        count(&contactors, bay, charging || !screen_flag(in, "contactor"));
        count(&service, bay,
              strcmp(state, "FAULT") != 0 && strcmp(state, "QUARANTINE") != 0 &&
                  strcmp(state, "ESTOP") != 0);
    }
    finish(test, &doors, "doors and locks stand as the bays' states say",
           "look at the door and its lock (io N), then at its sensors");
    finish(test, &contactors, "contactors are open where nothing charges",
           "the contactor may be welded: switch the bay's supply off before you open it");
    finish(test, &service, "the bays are in service", "faults says why, bay N shows it");
}

static void check_faults(struct selftest *test, const cJSON *faults)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    const cJSON *fault = NULL;
    int serious = 0;
    cJSON_ArrayForEach(fault, cJSON_GetObjectItemCaseSensitive(faults, "faults")) serious +=
        strcmp(screen_text(fault, "severity"), "warning") != 0;
    strbuf_printf(&text, "no fault is active beyond warnings");
    if (serious)
        strbuf_printf(&text, ", but %d are", serious);
    selftest_check(test, serious == 0, strbuf_text(&text), "faults lists them");
}

void selftest_engine(struct selftest *test, const cJSON *status, const cJSON *io,
                     const cJSON *faults)
{
    const char *mode = screen_text(status, "mode");
    selftest_check(test, screen_flag(status, "monitor"), "the engine has its monitor",
                   "without it the station does nothing; is swap-monitor running?");
    selftest_check(test, !screen_flag(status, "storage_fault"), "the engine can store its state",
                   "its disk is full or broken; nothing new begins until it is mended");
    selftest_check(test, strcmp(mode, "normal") == 0, "the station is in normal mode",
                   strcmp(mode, "maintenance") == 0 ? "take it back with maintenance off"
                   : strcmp(mode, "safe") == 0      ? "the monitor is gone or came back just now"
                                                    : "an emergency: faults says which");
    check_inputs(test, io);
    check_doors(test, status, io);
    check_faults(test, faults);
}

void selftest_monitor(struct selftest *test, const cJSON *status, const cJSON *net,
                      const cJSON *journal)
{
    const cJSON *engine = cJSON_GetObjectItemCaseSensitive(status, "engine");
    const char *error = screen_text(net, "last_error");
    SCOPE_STRBUF struct strbuf todo = STRBUF_INIT;
    strbuf_printf(
        &todo, "%s%s; look at cable, modem and broker (net)", error[0] ? error : "no answer",
        screen_flag(net, "offline") ? "; it is offline by command, reconnect ends that" : "");
    selftest_check(test, strcmp(screen_text(engine, "state"), "registered") == 0,
                   "the monitor has its engine", "is swap-engine running?");
    selftest_check(test, screen_flag(net, "connected"), "the broker is reached",
                   strbuf_text(&todo));
    selftest_check(test, !screen_flag(net, "connected") || screen_flag(net, "accepted"),
                   "the bridge takes what the station sends",
                   "an operator has to approve it (swapctl station approve)");
    selftest_check(test, strcmp(screen_text(journal, "storage"), "ok") == 0,
                   "the journal has space", "its disk is full: remove what does not belong there");
    selftest_check(test, screen_flag(status, "clock_synced"), "the clock is synchronised",
                   "start time synchronisation; without it stamps are wrong and commands stale");
}
