/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/console.h"

#include "base/log.h"
#include "core/maintenance.h"
#include "core/safety.h"
#include "core/text.h"
#include "engine/state.h"
#include <inttypes.h>

#define MODULE "console"

static int64_t now_us(const struct engine_console *console)
{
    return engine_mono_us(console->engine);
}

/* A line of the audit: wall time, who, what. Also logged. */
static int record(const struct engine_console *console, int client, const char *what,
                  struct err *err)
{
    const struct env *env = console->engine->options.env;
    char time[TIMESTAMP_TEXT_SIZE];
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    timestamp_format(env->wall_us(env->self), time);
    strbuf_printf(&line, "%s client=%d %s", time, client, what);
    log_info(MODULE, "client=%d %s", client, what);
    if (strbuf_failed(&line))
        return err_set(err, ERR_NOMEM, "out of memory");
    return console->audit->record(console->audit->self, strbuf_text(&line), err);
}

/* The same when nothing depends on it. */
static void note(const struct engine_console *console, int client, const char *what)
{
    struct err err = {0};
    if (record(console, client, what, &err))
        log_error(MODULE, "not on record: %s", err.text);
}

static void end_session(struct engine_console *console, int client, const char *what)
{
    maintenance_halt(&console->engine->station);
    note(console, client, what);
}

void engine_console_gone(struct engine_console *console, int client)
{
    if (login_end(&console->login, client))
        end_session(console, client, "logout reason=\"connection closed\"");
}

void engine_console_tick(struct engine_console *console)
{
    int holder = console->login.holder;
    if (login_expire(&console->login, now_us(console)))
        end_session(console, holder, "logout reason=idle");
}

/* --- logins --- */

static cJSON *refuse_login(const struct engine_console *console, const struct ipc_packet *request,
                           enum login_result result)
{
    const struct login *login = &console->login;
    int64_t left_s = (login->locked_until_us - now_us(console)) / CLOCK_US_PER_SECOND + 1;
    switch (result) {
    case LOGIN_NO_KEY:
        return ipc_console_refuse(request, "Unauthorized",
                                  "this station has no technician key: [console] key_file of the "
                                  "engine");
    case LOGIN_LOCKED:
        return ipc_console_refuse(request, "Unauthorized",
                                  "%d wrong answers: no login for another %" PRId64 " s",
                                  LOGIN_WRONG_MAX, left_s);
    case LOGIN_TAKEN:
        return ipc_console_refuse(request, "Busy", "somebody else is logged in");
    case LOGIN_NO_CHALLENGE:
        return ipc_console_refuse(request, "Unauthorized",
                                  "there is no challenge to answer, or it is older than %" PRId64
                                  " s: ask for a new one",
                                  LOGIN_NONCE_US / CLOCK_US_PER_SECOND);
    case LOGIN_WRONG:
    case LOGIN_OK:
        break;
    }
    return ipc_console_refuse(request, "Unauthorized", "the answer is wrong");
}

static cJSON *challenge(struct engine_console *console, int client,
                        const struct ipc_packet *request)
{
    const struct env *env = console->engine->options.env;
    unsigned char random[LOGIN_NONCE_BYTES];
    env->random_bytes(env->self, random, sizeof random);
    enum login_result result = login_challenge(&console->login, client, random, now_us(console));
    if (result != LOGIN_OK)
        return refuse_login(console, request, result);
    cJSON *data = cJSON_CreateObject();
    cJSON_AddStringToObject(data, "challenge", console->login.challenges[client].nonce);
    cJSON_AddNumberToObject(data, "valid_s", (double)(LOGIN_NONCE_US / CLOCK_US_PER_SECOND));
    return ipc_console_accept(request, data);
}

static cJSON *login(struct engine_console *console, int client, const struct ipc_packet *request)
{
    struct err err = {0};
    enum login_result result =
        login_answer(&console->login, client, ipc_text(request, "answer"), now_us(console));
    if (result == LOGIN_WRONG)
        note(console, client, "login outcome=wrong");
    if (result != LOGIN_OK)
        return refuse_login(console, request, result);
    if (record(console, client, "login outcome=ok", &err)) {
        (void)login_end(&console->login, client);
        return ipc_console_refuse(request, "StorageFault", "nothing goes on record: %s", err.text);
    }
    cJSON *data = cJSON_CreateObject();
    cJSON_AddNumberToObject(data, "idle_s", (double)(console->login.idle_us / CLOCK_US_PER_SECOND));
    return ipc_console_accept(request, data);
}

static cJSON *logout(struct engine_console *console, int client, const struct ipc_packet *request)
{
    if (login_end(&console->login, client))
        end_session(console, client, "logout reason=asked");
    return ipc_console_accept(request, NULL);
}

/* --- what only a technician may --- */

struct verb {
    const char *name;
    enum { NEEDS_NOTHING, NEEDS_BAY, NEEDS_SWITCH, NEEDS_BOTH } needs;
};

static const struct verb VERBS[] = {
    {"maintenance", NEEDS_SWITCH}, {"unlock", NEEDS_BAY},   {"open", NEEDS_BAY},
    {"close", NEEDS_BAY},          {"gate", NEEDS_SWITCH},  {"light", NEEDS_BOTH},
    {"fan", NEEDS_BOTH},           {"stop", NEEDS_NOTHING}, {"reset", NEEDS_NOTHING},
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++)
        if (text_equal(VERBS[i].name, name))
            return &VERBS[i];
    return NULL;
}

/* What a request asks for, read once. */
struct wish {
    const char *verb;
    int slot; /* 0: the station; -1: no such bay */
    bool on;
};

/* The refusal's code, *why its sentence; NULL when accepted. */
static const char *do_maintenance(struct engine *engine, const struct wish *wish, char why[128])
{
    const struct core_step step = {&engine->station, &engine->readings, &engine->actions};
    const char *code = station_request_maintenance(&engine->station, wish->slot, wish->on,
                                                   &engine->readings, &engine->actions);
    if (!code)
        return NULL;
    int in_the_way = 0;
    const char *obstacle = wish->on ? NULL : maintenance_obstacle(&step, wish->slot, &in_the_way);
    if (obstacle && in_the_way)
        snprintf(why, 128, "bay %d: %s", in_the_way, obstacle);
    else
        snprintf(why, 128, "%s",
                 obstacle                   ? obstacle
                 : text_equal(code, "Busy") ? "a swap is under way"
                                            : "there is no such bay");
    return code;
}

static const char *do_reset(struct engine *engine, const struct wish *wish, char why[128])
{
    const struct bay *bay = station_bay(&engine->station, wish->slot);
    if (!engine->station.maintenance && !(bay && bay->maintenance)) {
        snprintf(why, 128, "%s",
                 bay ? "the bay is not in maintenance" : "the station is not in maintenance");
        return "SafetyLock";
    }
    station_request_reset(&engine->station, wish->slot ? wish->slot : -1, engine->now_us,
                          &engine->actions);
    return NULL;
}

static const char *do_motion(struct engine *engine, const struct wish *wish, char why[128])
{
    static const struct {
        const char *name;
        enum maintenance_verb off, on;
    } MOTIONS[] = {
        {"unlock", MAINTENANCE_UNLOCK, MAINTENANCE_UNLOCK},
        {"open", MAINTENANCE_OPEN, MAINTENANCE_OPEN},
        {"close", MAINTENANCE_CLOSE, MAINTENANCE_CLOSE},
        {"gate", MAINTENANCE_GATE_CLOSE, MAINTENANCE_GATE_OPEN},
        {"light", MAINTENANCE_LIGHT, MAINTENANCE_LIGHT},
        {"fan", MAINTENANCE_FAN, MAINTENANCE_FAN},
    };
    size_t i = 0;
    while (!text_equal(MOTIONS[i].name, wish->verb))
        i++; /* VERBS has only these beside those that have functions of their own */
    const struct maintenance_request request = {wish->on ? MOTIONS[i].on : MOTIONS[i].off,
                                                wish->slot, wish->on};
    const char *reason = "";
    const char *code = maintenance_request(&engine->station, &engine->readings, &request, &reason);
    snprintf(why, 128, "%s", reason);
    return code;
}

/* The lock-out of a bay, or of the station. */
static bool *lock_out(struct engine *engine, int slot)
{
    struct bay *bay = station_bay(&engine->station, slot);
    return bay ? &bay->maintenance : &engine->station.maintenance;
}

/* It could not be stored, so it does not happen: whoever is told so relies on a lock-out that did
 * not end, and on a door that stays shut. (Nothing else moves: that would have been Busy. Lights,
 * fans and confirmed faults stay as they are.) */
static void undo(struct engine *engine, const struct wish *wish, bool was_locked_out)
{
    static const char *const MOTIONS[] = {"unlock", "open", "close", "gate"};
    if (text_equal(wish->verb, "maintenance"))
        *lock_out(engine, wish->slot) = was_locked_out;
    for (size_t i = 0; i < sizeof MOTIONS / sizeof *MOTIONS; i++)
        if (text_equal(wish->verb, MOTIONS[i]))
            maintenance_halt(&engine->station);
}

static const char *obey(struct engine *engine, const struct wish *wish, char why[128])
{
    const char *code = NULL;
    bool was_locked_out = *lock_out(engine, wish->slot);
    if (text_equal(wish->verb, "stop")) {
        maintenance_halt(&engine->station);
        return NULL;
    }
    if (text_equal(wish->verb, "maintenance"))
        code = do_maintenance(engine, wish, why);
    else if (text_equal(wish->verb, "reset"))
        code = do_reset(engine, wish, why);
    else
        code = do_motion(engine, wish, why);
    const char *stored = engine_settle(engine);
    if (code || !stored)
        return code;
    undo(engine, wish, was_locked_out);
    snprintf(why, 128, "the engine's state cannot be stored");
    return stored;
}

static int read_wish(const struct engine *engine, const struct verb *verb,
                     const struct ipc_packet *request, struct wish *wish, struct err *err)
{
    int64_t bay = ipc_integer(request, "bay");
    const cJSON *on = cJSON_GetObjectItemCaseSensitive(request->json, "on");
    bool wants_bay = verb->needs == NEEDS_BAY || verb->needs == NEEDS_BOTH;
    *wish = (struct wish){verb->name, bay == MESSAGE_ABSENT ? 0 : (int)bay, cJSON_IsTrue(on)};
    if (bay != MESSAGE_ABSENT && (bay < 0 || bay > engine->station.bay_count))
        return err_set(err, ERR_INVALID, "there is no bay %" PRId64 ", this station has 1 to %d",
                       bay, engine->station.bay_count);
    if (wants_bay && wish->slot == 0)
        return err_set(err, ERR_INVALID, "%s needs a bay, 1 to %d", verb->name,
                       engine->station.bay_count);
    if ((verb->needs == NEEDS_SWITCH || verb->needs == NEEDS_BOTH) && !cJSON_IsBool(on))
        return err_set(err, ERR_INVALID, "%s needs on or off", verb->name);
    return 0;
}

static cJSON *act(struct engine_console *console, int client, const struct verb *verb,
                  const struct ipc_packet *request)
{
    struct err err = {0};
    struct wish wish;
    char what[192], why[128] = "";
    if (!login_holds(&console->login, client, now_us(console)))
        return ipc_console_refuse(request, "Unauthorized", "not logged in: maintenance login");
    if (read_wish(console->engine, verb, request, &wish, &err))
        return ipc_console_refuse(request, "Malformed", "%s", err.text);
    bool switches = verb->needs == NEEDS_SWITCH || verb->needs == NEEDS_BOTH;
    snprintf(what, sizeof what, "asked=%s bay=%d%s", verb->name, wish.slot,
             !switches ? ""
             : wish.on ? " on=true"
                       : " on=false");
    if (record(console, client, what, &err)) /* a stop waits for no disk */
        if (!text_equal(verb->name, "stop"))
            return ipc_console_refuse(request, "StorageFault", "nothing goes on record: %s",
                                      err.text);
    const char *code = obey(console->engine, &wish, why);
    if (!code)
        return ipc_console_accept(request, NULL);
    snprintf(what, sizeof what, "refused=%s bay=%d reason=%s text=\"%.100s\"", verb->name,
             wish.slot, code, why);
    note(console, client, what);
    return ipc_console_refuse(request, code, "%s", why);
}

cJSON *engine_console_answer(struct engine_console *console, int client,
                             const struct ipc_packet *request)
{
    const char *name = ipc_text(request, "verb");
    const struct engine *engine = console->engine;
    const struct verb *verb = find_verb(name);
    if (verb)
        return act(console, client, verb, request);
    (void)login_holds(&console->login, client, now_us(console)); /* who looks is not idle */
    if (text_equal(name, "challenge"))
        return challenge(console, client, request);
    if (text_equal(name, "login"))
        return login(console, client, request);
    if (text_equal(name, "logout"))
        return logout(console, client, request);
    int64_t bay = ipc_integer(request, "bay");
    if (bay != MESSAGE_ABSENT && (bay < 0 || bay > engine->station.bay_count))
        return ipc_console_refuse(request, "Malformed",
                                  "there is no bay %" PRId64 ", this station has 1 to %d", bay,
                                  engine->station.bay_count);
    int slot = bay == MESSAGE_ABSENT ? 0 : (int)bay;
    cJSON *data = text_equal(name, "status")   ? console_view_status(engine)
                  : text_equal(name, "io")     ? console_view_io(engine, slot)
                  : text_equal(name, "faults") ? console_view_faults(engine)
                                               : NULL;
    if (data)
        return ipc_console_accept(request, data);
    return ipc_console_refuse(request, "Unsupported", "the engine does not know %.64s", name);
}
