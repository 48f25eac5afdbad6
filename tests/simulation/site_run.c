/* SPDX-License-Identifier: Apache-2.0 */
/* One run from one seed: trouble, healing, a vehicle that must be served, the books. */
#include "site.h"

#include "engine/state.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_MIN_US (40 * CLOCK_US_PER_SECOND)
#define SPAN_MAX_US (140 * CLOCK_US_PER_SECOND)
#define RESET_US    (15 * CLOCK_US_PER_SECOND)  /* after healing: what had to be seen was seen */
#define SERVE_US    (600 * CLOCK_US_PER_SECOND) /* by then a vehicle has been served */
#define REST_US     (120 * CLOCK_US_PER_SECOND) /* and by then all is quiet */
#define FAST_US     (100 * CLOCK_US_PER_MS)     /* swap-engine's tick */
#define SLOW_US     (400 * CLOCK_US_PER_MS)     /* while nothing happens; below the keep-alive */

int64_t site_plant_us(const struct site *site)
{
    return SIM_START_US + site->now_us;
}

void site_violate(struct site *site, const char *format, ...)
{
    if (site->violation[0])
        return;
    int used = snprintf(site->violation, sizeof site->violation,
                        "at %.3f s: ", (double)site->now_us / 1e6);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(site->violation + used, sizeof site->violation - (size_t)used, format,
                    arguments);
    va_end(arguments);
}

void site_trace(struct site *site, const char *format, ...)
{
    if (!site->trace)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)fprintf(stderr, "%10.3f ", (double)site->now_us / 1e6);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
}

/* --- time --- */

/* Something moves, or a fault is there or about to be: the engine's own tick is wanted. */
static bool is_eventful(const struct site *site)
{
    const struct sim_world *world = site->world;
    bool eventful = !site->engine || site->engine->station.swap.step != SWAP_IDLE ||
                    world->visit.state != VISIT_NONE || world->station_faults != 0;
    for (int i = 0; i < SITE_BAYS; i++) {
        const struct charge *charge =
            site->engine ? &site->engine->station.bays[i].charge : &(struct charge){0};
        eventful |= world->bay_faults[i] != 0 ||
                    (charge->phase != CHARGE_OFF && charge->phase != CHARGE_RUNNING);
    }
    for (size_t i = 0; i < world->script.count; i++) {
        const struct script_rule *rule = &world->script.rules[i];
        const struct fault_state *fault = &world->faults[i];
        double waits_s = rule->timed               ? rule->after_s - (double)world->age_us / 1e6
                         : fault->condition_s >= 0 ? rule->after_s - fault->condition_s
                                                   : 1;
        eventful |= !fault->fired && waits_s < 0.5;
    }
    return eventful;
}

static void print_plant(struct site *site)
{
    const struct sim_world *world = site->world;
    char text[400] = "";
    for (int i = 0; i < SITE_BAYS; i++) {
        const struct sim_bay *bay = &world->bays[i];
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, " | %s%.2f/%.2f %s %.0f A faults %llx",
                       bay->has_pack ? "pack " : "", bay->door, bay->lock,
                       site->engine ? machine_state_name(&BAY_MACHINE,
                                                         (int)site->engine->station.bays[i].state)
                                    : "-",
                       bay->charger.dc_a, (unsigned long long)world->bay_faults[i]);
    }
    site_trace(site, "plant: gate %.2f visit %d swap %s station faults %llx%s", world->gate,
               (int)world->visit.state,
               site->engine
                   ? machine_state_name(&SWAP_MACHINE, (int)site->engine->station.swap.step)
                   : "-",
               (unsigned long long)world->station_faults, text);
}

/* One round of the main loops: the plant moves on, then engine, monitor, operator. */
static void round_once(struct site *site)
{
    int64_t next_us = site->now_us + (is_eventful(site) ? FAST_US : SLOW_US);
    int64_t alarm_us = world_next_alarm_us(site->world) - SIM_START_US;
    if (site_engine_sees(site) && alarm_us > site->now_us && alarm_us < next_us)
        next_us = alarm_us; /* the driver's pump wakes the engine */
    int64_t second = site->now_us / CLOCK_US_PER_SECOND;
    site_advance(site, next_us);
    site_engine_step(site);
    site_monitor_step(site);
    site_deliver(site);
    site_operate(site);
    site_chaos_step(site);
    if (site->trace && site->now_us / CLOCK_US_PER_SECOND != second)
        print_plant(site);
}

static void run_until(struct site *site, int64_t until_us)
{
    while (!site->violation[0] && site->now_us < until_us)
        round_once(site);
}

/* --- setting up --- */

static const char BOARD[] =
    "[board]\ncompatible = sim\nname = Station\n[gate]\ndriver = sim\n[lane]\ndriver = sim\n"
    "[guard]\ndriver = sim\n[emergency_stop]\ndriver = sim\n[smoke]\ndriver = sim\n"
    "[water]\ndriver = sim\n[ambient]\ndriver = sim\n[mains_meter]\ndriver = sim\n"
    "[residual_current]\ndriver = sim\n[mains]\ndriver = sim\n[siren]\ndriver = sim\n"
    "[exhaust]\ndriver = sim\n[charge_enable]\ndriver = sim\n[bays]\ncount = 5\ndriver = sim\n"
    "[sim]\nseed = 1\nsessions = none\npacks = nmc:97 lfp:96 nmc:60 empty empty\n"
    "door_travel_s = 1.5\ngate_travel_s = 3\narrival_min_s = 2\narrival_max_s = 8\n"
    "handling_min_s = 3\nhandling_max_s = 10\npatience_s = 40\ntow_after_s = 60\n";

static int no_world(void *self, const char *name, struct strbuf *to, struct err *err)
{
    (void)self;
    (void)to;
    return err_set(err, ERR_NOT_FOUND, "%s: the plant is new", name);
}

static void build_plant(struct site *site)
{
    struct err err = {0};
    if (board_parse(BOARD, sizeof BOARD - 1, "station", &site->board, NULL, &err)) {
        site_violate(site, "no board: %s", err.text);
        return;
    }
    site->board->sim.seed = (int64_t)(site->seed & INT64_MAX);
    site->board->sim.faults = strdup(site->script);
    (void)snprintf(site->board->sim.faults_origin, sizeof site->board->sim.faults_origin, "script");
    struct env env = site->engine_env;
    env.state_load = no_world; /* steel outlives every process */
    if (sim_driver.open(&site->driver, site->board, &env, &err)) {
        site_violate(site, "no plant: %s", err.text);
        return;
    }
    site->world = sim_world_of(site->driver);
    for (int i = 0; i < SITE_BAYS; i++)
        site->engine_options.ratings[i] = (struct bay_rating){40, 150, 500};
    site_trace(site, "script:\n%s", site->script);
}

static void tear_down(struct site *site)
{
    site_disconnect(site, false, false);
    site_engine_free(site);
    site_monitor_free(site);
    if (site->driver)
        sim_driver.close(site->driver);
    board_free(site->board);
}

/* --- the run --- */

/* Swaps done, of those that were asked for by command number `first` or later. */
static int64_t count_done(const struct site *site, size_t first)
{
    int64_t done = 0;
    const struct journal *journal = &site->journal;
    struct journal_command command;
    for (size_t i = first; site->monitor && i < site->command_count; i++)
        if (journal->ops->find_command(journal->self, site->commands[i].id, &command, NULL) == 0 &&
            command.type == MESSAGE_SERVER_ASK_CHARGE && strcmp(command.outcome, "done") == 0)
            done++;
    return done;
}

/* A technician repairs; then a vehicle must be served. */
static void serve(struct site *site)
{
    run_until(site, site->now_us + RESET_US);
    size_t first = site->command_count; /* a swap from before has settled no door */
    int64_t end_us = site->now_us + SERVE_US;
    site->operate_us = site->now_us;
    while (!site->violation[0] && (count_done(site, first) == 0 || site->room_slot)) {
        site_repair(site);
        run_until(site, site->now_us + CLOCK_US_PER_SECOND);
        if (site->now_us > end_us)
            site_violate(site, "everything was healed ten minutes ago and no vehicle was served");
    }
    site->counts->done += count_done(site, 0);
}

static bool is_quiet(struct site *site)
{
    return site->engine && site->engine->station.swap.step == SWAP_IDLE &&
           site->world->visit.state == VISIT_NONE && site->world->gate <= 0 &&
           engine_events_waiting(site->engine) == 0 && site_monitor_is_drained(site);
}

static void come_to_rest(struct site *site)
{
    int64_t end_us = site->now_us + REST_US;
    site->operate_us = INT64_MAX;
    run_until(site, site->now_us + 25 * CLOCK_US_PER_SECOND); /* held faults end */
    while (!site->violation[0] && !is_quiet(site)) {
        run_until(site, site->now_us + CLOCK_US_PER_SECOND);
        if (site->now_us > end_us)
            site_violate(site, "not at rest: swap %s, %zu events wait, visit %d, gate %.2f, %s",
                         machine_state_name(&SWAP_MACHINE, (int)site->engine->station.swap.step),
                         engine_events_waiting(site->engine), (int)site->world->visit.state,
                         site->world->gate,
                         site_monitor_is_drained(site) ? "no command open" : "a command is open");
    }
}

int site_run(uint64_t seed, bool trace, struct site_counts *counts, char *violation,
             size_t violation_size)
{
    struct site *site = calloc(1, sizeof *site);
    assert(site);
    site->seed = seed;
    site->trace = trace;
    site->counts = counts;
    random_seed(&site->random, seed);
    int64_t span_us = random_between(&site->random, SPAN_MIN_US, SPAN_MAX_US);
    site_chaos_draw(site, span_us);
    site_engine_init(site);
    site_monitor_init(site);
    build_plant(site);
    site->operate_us = random_between(&site->random, 3000000, 15000000);
    run_until(site, span_us);
    if (!site->violation[0]) {
        site_chaos_heal(site);
        site->operate_us = INT64_MAX;
        serve(site);
    }
    if (!site->violation[0])
        come_to_rest(site);
    if (!site->violation[0])
        site_check_books(site);
    counts->runs++;
    counts->virtual_us += site->now_us;
    (void)snprintf(violation, violation_size, "%s", site->violation);
    tear_down(site);
    free(site);
    return violation[0] ? -1 : 0;
}
