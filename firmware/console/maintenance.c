/* SPDX-License-Identifier: Apache-2.0 */
/* Maintenance: login, the mode, and what a technician moves. The engine decides; nothing here can
 * get round it. */
#include "base/clock.h"
#include "console/console.h"
#include "console/screen.h"
#include "protocol/message.h"
#include <inttypes.h>
#include <string.h>

#define MOTION_POLL_MS 300
#define MOTION_MAX_S   300 /* longer than any deadline of the core, all tries together */

static int tell(struct console *console, const struct peer_request *request, struct err *err)
{
    SCOPE_JSON cJSON *data = NULL;
    if (console->engine.lost)
        console->logged_in = console->engine.lost = false;
    struct peer_request patient = *request;
    patient.patient = true;
    int code = peer_ask(&console->engine, console->terminal, &patient, &data, err);
    if (code == ERR_PERMISSION)
        console->logged_in = false;
    /* Given up without an answer: the engine has taken the closed line for the session's end. */
    if (code && console->engine.lost && console->logged_in) {
        console->logged_in = console->engine.lost = false;
        (void)err_prefix(err, "logged out, and what moved stands still: ");
    }
    return code;
}

/* --- login --- */

/* Four groups of eight digits are read over the phone more easily than one of 32. */
static void show_challenge(FILE *to, const char *challenge, double valid_s)
{
    screen_print(to, "Challenge: %.8s-%.8s-%.8s-%.8s\n", challenge, challenge + 8, challenge + 16,
                 challenge + 24);
    screen_print(to, "Answer it within %.0f s. On the machine with the station's key:\n", valid_s);
    screen_print(to, "    swap-console --answer CHALLENGE --key FILE\n");
}

static int login(struct console *console, struct err *err)
{
    SCOPE_JSON cJSON *data = NULL;
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    if (!console->edit)
        return err_set(err, ERR_USAGE,
                       "a login needs a console session: it ends with its "
                       "connection");
    int code = console_ask(console, &console->engine, "challenge", MESSAGE_ABSENT, &data, err);
    if (code)
        return code;
    const char *challenge = screen_text(data, "challenge");
    if (strlen(challenge) != 32)
        return err_set(err, ERR_PROTOCOL, "the engine gave no challenge");
    show_challenge(console->to, challenge, screen_number(data, "valid_s"));
    (void)fflush(console->to);
    if (edit_line(console->edit, "Answer: ", false, &answer) != EDIT_LINE)
        return err_set(err, ERR_BUSY, "not logged in");
    terminal_begin_run(console->terminal);
    const struct peer_request request = {
        .verb = "login", .bay = MESSAGE_ABSENT, .answer = strbuf_text(&answer)};
    code = tell(console, &request, err);
    if (code)
        return code;
    console->logged_in = true;
    screen_print(console->to, "Logged in. What you do goes on record.\n");
    return 0;
}

/* --- the mode --- */

static int show_mode(struct console *console, struct err *err)
{
    SCOPE_JSON cJSON *data = NULL;
    int count = 0;
    int code = console_ask(console, &console->engine, "status", MESSAGE_ABSENT, &data, err);
    if (code)
        return code;
    if (screen_flag(data, "maintenance"))
        screen_print(console->to, "The station is in maintenance.\n");
    const cJSON *bay = NULL;
    cJSON_ArrayForEach(
        bay, cJSON_GetObjectItemCaseSensitive(data, "bays")) if (screen_flag(bay, "maintenance"))
    {
        screen_print(console->to, "Bay %.0f is in maintenance.\n", screen_number(bay, "slot"));
        count++;
    }
    if (count == 0 && !screen_flag(data, "maintenance"))
        screen_print(console->to, "Nothing is in maintenance.\n");
    screen_print(console->to, "%s\n",
                 console->logged_in ? "You are logged in." : "You are not logged in.");
    return 0;
}

static int switch_mode(struct console *console, const struct words *words, struct err *err)
{
    bool on = strcmp(words->at[1], "on") == 0;
    int64_t slot = 0;
    int code = words->count == 3 ? console_slot(words->at[2], &slot, err) : 0;
    const struct peer_request request = {
        .verb = "maintenance", .bay = slot, .on = on ? PEER_ON : PEER_OFF};
    if (!code)
        code = tell(console, &request, err);
    if (code)
        return code;
    char what[32] = "The station";
    if (slot)
        (void)snprintf(what, sizeof what, "Bay %" PRId64, slot);
    screen_print(console->to, "%s %s\n", what,
                 on ? "is out of service, until somebody takes it back (maintenance off)."
                    : "is taken back into service; what is in it is verified anew.");
    return 0;
}

int verb_maintenance(struct console *console, const struct words *words, struct err *err)
{
    int code = console_expect(words, 0, 2, err);
    if (code)
        return code;
    if (words->count == 1)
        return show_mode(console, err);
    const char *what = words->at[1];
    if (strcmp(what, "on") == 0 || strcmp(what, "off") == 0)
        return switch_mode(console, words, err);
    code = console_expect(words, 1, 1, err);
    if (code)
        return code;
    if (strcmp(what, "login") == 0)
        return login(console, err);
    if (strcmp(what, "logout") == 0) {
        const struct peer_request request = {.verb = "logout", .bay = MESSAGE_ABSENT};
        code = tell(console, &request, err);
        console->logged_in = false;
        if (!code)
            screen_print(console->to, "Logged out. What is in maintenance stays so.\n");
        return code;
    }
    return err_set(err, ERR_USAGE, "maintenance %.20s: login, logout, on or off is expected", what);
}

/* --- motions --- */

/* The bay of a status; NULL: the gate's motion, or there is none. */
static const cJSON *bay_of(const cJSON *data, int64_t slot)
{
    return slot ? cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(data, "bays"), (int)slot - 1)
                : NULL;
}

/* What stands where, after a motion. */
static void show_result(struct console *console, const cJSON *data, int64_t slot)
{
    const cJSON *bay = bay_of(data, slot);
    if (!bay) {
        screen_print(console->to, "The gate is %s.\n", screen_text(data, "gate"));
        return;
    }
    screen_print(console->to, "Bay %" PRId64 ": door %s, %s%s%s.\n", slot, screen_text(bay, "door"),
                 screen_flag(bay, "locked") ? "locked" : "unlocked",
                 strcmp(screen_text(bay, "fault"), "Maintenance") == 0 ? "" : ", fault ",
                 strcmp(screen_text(bay, "fault"), "Maintenance") == 0 ? ""
                                                                       : screen_text(bay, "fault"));
}

static int stop(struct console *console, struct err *err)
{
    const struct peer_request request = {.verb = "stop", .bay = MESSAGE_ABSENT};
    int code = tell(console, &request, err);
    return code ? code : err_set(err, ERR_BUSY, "interrupted: everything stands still");
}

/* Watches the motion to its end; Ctrl-C stops it. A motion that was just asked for begins with the
 * engine's next step, so the first look is after a moment. */
static int watch(struct console *console, int64_t slot, bool only_unlocks, struct err *err)
{
    const struct peer_request look = {.verb = "status", .bay = MESSAGE_ABSENT, .patient = true};
    int64_t until_us = clock_mono_us() + MOTION_MAX_S * CLOCK_US_PER_SECOND;
    for (;;) {
        SCOPE_JSON cJSON *data = NULL;
        (void)terminal_wait(console->terminal, -1, MOTION_POLL_MS);
        if (console->terminal->interrupted || console->terminal->gone)
            return stop(console, err);
        int code = peer_ask(&console->engine, console->terminal, &look, &data, err);
        if (code)
            return code;
        bool unlocked = only_unlocks && !screen_flag(bay_of(data, slot), "locked");
        if (unlocked || !screen_flag(data, "moves")) {
            show_result(console, data, slot);
            return 0;
        }
        if (clock_mono_us() > until_us)
            return err_set(err, ERR_TIMEOUT, "it still moves after %d s: stop ends it",
                           MOTION_MAX_S);
    }
}

/* Reads "N", "N on|off", "open|close" behind the verb. */
static int read_request(const struct words *words, struct peer_request *request, struct err *err)
{
    const char *verb = words->at[0];
    bool gate = strcmp(verb, "gate") == 0, none = strcmp(verb, "stop") == 0;
    bool switches = strcmp(verb, "light") == 0 || strcmp(verb, "fan") == 0;
    int wanted = none ? 0 : switches ? 2 : 1;
    *request = (struct peer_request){.verb = verb, .bay = MESSAGE_ABSENT};
    int code = console_expect(words, wanted, wanted, err);
    if (!code && !gate && !none)
        code = console_slot(words->at[1], &request->bay, err);
    if (code || (!gate && !switches))
        return code;
    const char *word = words->at[gate ? 1 : 2], *on = gate ? "open" : "on";
    if (strcmp(word, on) == 0)
        request->on = PEER_ON;
    else if (strcmp(word, gate ? "close" : "off") == 0)
        request->on = PEER_OFF;
    else
        return err_set(err, ERR_USAGE, "%s: %s is expected, not '%.20s'", verb,
                       gate ? "open or close" : "on or off", word);
    return 0;
}

int verb_motion(struct console *console, const struct words *words, struct err *err)
{
    struct peer_request request;
    int code = read_request(words, &request, err);
    if (!code)
        code = tell(console, &request, err);
    if (code)
        return code;
    if (strcmp(request.verb, "stop") == 0) {
        screen_print(console->to, "Everything that was moved from here stands still.\n");
        return 0;
    }
    if (request.bay != MESSAGE_ABSENT && request.on != PEER_NEITHER) {
        screen_print(console->to, "%s of bay %" PRId64 " is asked %s.\n", request.verb, request.bay,
                     request.on == PEER_ON ? "on" : "off");
        return 0;
    }
    return watch(console, request.bay == MESSAGE_ABSENT ? 0 : request.bay,
                 strcmp(request.verb, "unlock") == 0, err);
}

int verb_reset(struct console *console, const struct words *words, struct err *err)
{
    int64_t slot = 0;
    int code = console_expect(words, 0, 1, err);
    if (!code && words->count == 2)
        code = console_slot(words->at[1], &slot, err);
    const struct peer_request request = {.verb = "reset", .bay = slot};
    if (!code)
        code = tell(console, &request, err);
    if (!code)
        screen_print(console->to,
                     "Latched faults whose cause is gone are confirmed; faults shows what is "
                     "left.\n");
    return code;
}
