/* SPDX-License-Identifier: Apache-2.0 */
/* A person with mosquitto_pub, and a cloud that configures: commands of all kinds, good and bad,
 * sometimes the same twice. */
#include "sim.h"

#include "crypto/digest.h"
#include "protocol/timestamp.h"
#include <stdio.h>
#include <string.h>

#define PAUSE_MIN_US (8 * CLOCK_US_PER_SECOND)
#define PAUSE_MAX_US (70 * CLOCK_US_PER_SECOND)
#define REPEAT_US    (5 * CLOCK_US_PER_SECOND) /* 10 s, less what a message may be under way */

struct sim_command *sim_command_find(struct sim *sim, const char *identity)
{
    for (size_t i = 0; i < sim->command_count; i++)
        if (strcmp(sim->commands[i].identity, identity) == 0)
            return &sim->commands[i];
    return NULL;
}

/* Of a vehicle with two packs mostly both are asked for. */
static const char *count_of(struct sim *sim, const struct sim_station *station, int64_t type,
                            int vehicle)
{
    bool may = type == MESSAGE_SERVER_ASK_CHARGE || type == MESSAGE_RESERVE;
    if (!may || station->plant.vehicles[vehicle - 1].set < PLANT_SET_MAX)
        return "";
    return random_chance(&sim->random, 80) ? ",\"count\":2" : "";
}

/* A page of a list with some of the cards; lists of two pages often stay incomplete. */
static void write_list(struct random *random, int number, char *to, size_t size)
{
    int pages = 1 + number % 2;
    size_t used =
        (size_t)snprintf(to, size, "{\"version\":%d,\"page\":%d,\"pages\":%d,\"tokens\":[",
                         number / 2, (int)random_between(random, 1, pages), pages);
    for (int card = 0, first = 1; card < SIM_CARDS - 1; card++) {
        if (random_chance(random, 30))
            continue;
        used += (size_t)snprintf(to + used, size - used, "%s\"CARD-%d\"", first ? "" : ",", card);
        first = 0;
    }
    (void)snprintf(to + used, size - used, "]}");
}

/* Also what has to be refused: a maximum below any target. The time is a Saturday's. */
static void write_config(struct random *random, int number, char *to, size_t size)
{
    static const char *const OTHERS[][2] = {
        {"charge_windows", "\"mon-fri 22:00-06:00\""},
        {"charge_windows", "\"\""},
        {"min_ready", "2"},
        {"power_cap_kw", "15"},
        {"max_soc", "50"},
    };
    const char *const *other = OTHERS[random_below(random, sizeof OTHERS / sizeof *OTHERS)];
    if (random_chance(random, 50))
        (void)snprintf(to, size, "{\"target_soc\":{\"version\":%d,\"value\":%d}}", number,
                       (int)random_between(random, 90, 95));
    else
        (void)snprintf(to, size, "{\"%s\":{\"version\":%d,\"value\":%s}}", other[0], number,
                       other[1]);
}

static void write_data(struct sim *sim, const struct sim_station *station, int64_t type, int number,
                       char *to, size_t size)
{
    struct random *random = &sim->random;
    int vehicle = (int)random_between(random, 1, PLANT_VEHICLES);
    int bay = (int)random_between(random, 1, station->plant.bay_count);
    const char *count = count_of(sim, station, type, vehicle);
    switch (type) {
    case MESSAGE_SERVER_ASK_CHARGE:
        (void)snprintf(to, size, "{\"user\":\"anna\",\"vehicle\":\"%s-V%d\"%s}", station->device,
                       vehicle, count);
        break;
    case MESSAGE_SERVER_ASK_DISCONNECT:
        (void)snprintf(to, size, "{\"seconds\":%d}", (int)random_between(random, 2, 40));
        break;
    case MESSAGE_SET_CONFIG:
        if (station->plant.various && random_chance(random, 50)) {
            (void)snprintf(to, size, "{\"swap_order\":{\"version\":%d,\"value\":\"%s\"}}", number,
                           random_chance(random, 50) ? "out-in" : "in-out");
            break;
        }
        write_config(random, number, to, size);
        break;
    case MESSAGE_START_CHARGE:
    case MESSAGE_STOP_CHARGE:
        (void)snprintf(to, size, "{\"bay\":%d,\"session\":\"S-%d\"}", bay, number);
        break;
    case MESSAGE_AUTH_LIST:
        write_list(random, number, to, size);
        break;
    case MESSAGE_RESERVE:
    case MESSAGE_CANCEL: {
        char until[TIMESTAMP_TEXT_SIZE];
        timestamp_format(SIM_START_US + sim->schedule.now_us + 60 * CLOCK_US_PER_SECOND, until);
        (void)snprintf(
            to, size,
            "{\"requestId\":\"r-%d\",\"user\":\"anna\",\"vehicle\":\"%s-V%d\",\"until\":\"%s\"%s}",
            number, station->device, vehicle, until, count);
        break;
    }
    default:
        (void)snprintf(to, size, "{}");
        break;
    }
}

static int64_t choose_type(struct random *random)
{
    static const int64_t OTHERS[] = {MESSAGE_SERVER_ASK_INFO,
                                     MESSAGE_SERVER_ASK_INFO,
                                     MESSAGE_SERVER_ASK_RESTART,
                                     MESSAGE_SERVER_ASK_DISCONNECT,
                                     MESSAGE_SET_CONFIG,
                                     MESSAGE_SET_CONFIG,
                                     MESSAGE_START_CHARGE,
                                     MESSAGE_STOP_CHARGE,
                                     MESSAGE_RESERVE,
                                     MESSAGE_CANCEL,
                                     MESSAGE_AUTH_LIST,
                                     MESSAGE_AUTH_LIST,
                                     MESSAGE_AUTH_LIST};
    if (random_chance(random, 55))
        return MESSAGE_SERVER_ASK_CHARGE;
    return OTHERS[random_below(random, sizeof OTHERS / sizeof *OTHERS)];
}

/* Fills payload, identity and whether it may be obeyed. True: to be sent retained. */
static bool compose(struct sim *sim, struct sim_command *command)
{
    struct random *random = &sim->random;
    const struct sim_station *station = &sim->stations[command->station];
    int number = (int)sim->command_count;
    char data[256], time[TIMESTAMP_TEXT_SIZE], id[48] = "";
    bool stale = random_chance(random, 6), retained = random_chance(random, 3);
    bool malformed = random_chance(random, 3);
    int64_t now_us = SIM_START_US + sim->schedule.now_us;
    write_data(sim, station, command->type, number, data, sizeof data);
    timestamp_format(stale ? now_us - 600 * CLOCK_US_PER_SECOND : now_us, time);
    if (random_chance(random, 70))
        (void)snprintf(id, sizeof id, "\"id\":\"c-%d\",", number);
    if (malformed)
        (void)snprintf(data, sizeof data, "{\"user\":17,\"bay\":\"x\",\"seconds\":[]}");
    command->length =
        (size_t)snprintf(command->payload, sizeof command->payload,
                         "{\"device\":\"%s\",\"type\":%lld,%s\"time\":\"%s\",\"data\":%s}",
                         station->device, (long long)command->type, id, time, data);
    if (id[0])
        (void)snprintf(command->identity, sizeof command->identity, "c-%d", number);
    else
        digest_short(command->payload, command->length, command->identity);
    command->well = !stale && !malformed;
    command->legal = command->well && !retained;
    command->sent_us = now_us;
    return retained;
}

static void publish(struct sim *sim, const struct sim_command *command, bool retained)
{
    char topic[TOPIC_SIZE] = "control";
    if (random_chance(&sim->random, 60))
        (void)topic_format(topic, "", TOPIC_CONTROL, sim->stations[command->station].device, NULL);
    sim_trace(sim, "operator %s %s%.*s", topic, retained ? "(retained) " : "", (int)command->length,
              command->payload);
    broker_inject(&sim->broker, topic, command->payload, command->length, retained);
    if (retained) /* cleaned up, as `mosquitto_pub -r -n` does */
        broker_inject(&sim->broker, topic, "", 0, true);
}

/* A repeat, unless it has no id and comes much later: then it is asked for once more. */
static void send_again(struct sim *sim, struct sim_command *command)
{
    int64_t now_us = SIM_START_US + sim->schedule.now_us;
    bool has_id = strncmp(command->identity, "c-", 2) == 0;
    if (!has_id && now_us - command->sent_us > REPEAT_US)
        command->allowed++;
    command->sent_us = now_us;
    command->legal |= command->well; /* it was retained the first time */
    publish(sim, command, false);
}

static void act(void *self, void *what)
{
    struct sim *sim = self;
    (void)what;
    if (sim->calm || sim->command_count == SIM_COMMANDS_MAX)
        return;
    sim_later(sim, random_between(&sim->random, PAUSE_MIN_US, PAUSE_MAX_US), act, sim, NULL);
    if (sim->command_count > 0 && random_chance(&sim->random, 15)) {
        size_t which = sim->command_count - 1 -
                       (size_t)random_below(&sim->random, sim->command_count > 3 ? 3 : 1);
        send_again(sim, &sim->commands[which]);
        return;
    }
    struct sim_command *command = &sim->commands[sim->command_count++];
    *command = (struct sim_command){.type = choose_type(&sim->random), .allowed = 1};
    if (sim->command_count <= 2 && random_chance(&sim->random, 60))
        command->type = MESSAGE_AUTH_LIST; /* early, so that cards are worth something */
    command->station = (int)random_below(&sim->random, (int64_t)sim->station_count);
    bool retained = compose(sim, command);
    sim->counts->commands++;
    publish(sim, command, retained);
}

/* Somebody comes by himself and holds a card to a reader. */
static void walk_in(void *self, void *what)
{
    struct sim *sim = self;
    (void)what;
    if (sim->calm)
        return;
    sim_later(sim, random_between(&sim->random, 2 * PAUSE_MIN_US, 2 * PAUSE_MAX_US), walk_in, sim,
              NULL);
    struct sim_station *station =
        &sim->stations[random_below(&sim->random, (int64_t)sim->station_count)];
    char token[32];
    (void)snprintf(token, sizeof token, "CARD-%d", (int)random_below(&sim->random, SIM_CARDS));
    sim_trace(sim, "%s reader %s", station->device, token);
    plant_present(&station->plant, (int)random_below(&sim->random, PLANT_VEHICLES), token);
    station->presented++;
    station->presented_us = sim->schedule.now_us;
}

void sim_operator_begin(struct sim *sim)
{
    sim_later(sim, random_between(&sim->random, 20000000, 90000000), walk_in, sim, NULL);
    sim_later(sim, random_between(&sim->random, 2000000, 40000000), act, sim, NULL);
}
