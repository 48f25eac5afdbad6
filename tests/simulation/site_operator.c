/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to the monitor, as they come from `control`: mostly swaps. */
#include "site.h"

#include "protocol/timestamp.h"
#include <stdio.h>
#include <string.h>

#define VEHICLES 4

struct site_command *site_command_find(struct site *site, const char *id)
{
    for (size_t i = 0; i < site->command_count; i++)
        if (strcmp(site->commands[i].id, id) == 0)
            return &site->commands[i];
    return NULL;
}

void site_command(struct site *site, int64_t type, const char *data)
{
    char payload[512], time[TIMESTAMP_TEXT_SIZE];
    if (site->command_count == SITE_COMMANDS_MAX || !site->monitor_process.running ||
        site->monitor_process.dead)
        return;
    struct site_command *command = &site->commands[site->command_count++];
    *command = (struct site_command){0};
    (void)snprintf(command->id, sizeof command->id, "c-%zu", site->command_count);
    timestamp_format(site_plant_us(site), time);
    int length = snprintf(payload, sizeof payload,
                          "{\"device\":\"1231\",\"type\":%lld,\"id\":\"%s\",\"time\":\"%s\","
                          "\"data\":%s}",
                          (long long)type, command->id, time, data);
    site_trace(site, "control %s", payload);
    monitor_on_message(site->monitor, "control", payload, (size_t)length, false);
    site->monitor_tick_us = 0;
    site->counts->commands++;
}

static void ask_other(struct site *site)
{
    static const char *const CONFIGS[] = {
        "{\"target_soc\":{\"version\":%d,\"value\":92}}",
        "{\"power_cap_kw\":{\"version\":%d,\"value\":30}}",
        "{\"resume_charge\":{\"version\":%d,\"value\":\"auto\"}}"};
    struct random *random = &site->random;
    int number = (int)site->command_count, bay = (int)random_between(random, 1, SITE_BAYS);
    char data[256], until[TIMESTAMP_TEXT_SIZE];
    switch (random_below(random, 6)) {
    case 0:
        (void)snprintf(data, sizeof data, "{\"bay\":%d,\"session\":\"S-%d\"}", bay, number);
        site_command(site, MESSAGE_START_CHARGE, data);
        break;
    case 1:
        (void)snprintf(data, sizeof data, "{\"bay\":%d}", bay);
        site_command(site, MESSAGE_STOP_CHARGE, data);
        break;
    case 2:
        timestamp_format(site_plant_us(site) + 30 * CLOCK_US_PER_SECOND, until);
        (void)snprintf(data, sizeof data,
                       "{\"requestId\":\"r-%d\",\"user\":\"anna\",\"vehicle\":\"V%d\",\"until\":"
                       "\"%s\"}",
                       number, (int)random_between(random, 1, VEHICLES), until);
        site_command(site, MESSAGE_RESERVE, data);
        break;
    case 3: {
        size_t which = (size_t)random_below(random, sizeof CONFIGS / sizeof *CONFIGS);
        int used = 0;
        for (const char *at = CONFIGS[which]; *at; at++) {
            if (strncmp(at, "%d", 2) == 0) {
                used += snprintf(data + used, sizeof data - (size_t)used, "%d", number + 1);
                at++;
            } else {
                data[used++] = *at;
            }
        }
        data[used] = '\0';
        site_command(site, MESSAGE_SET_CONFIG, data);
        break;
    }
    case 4:
        site_command(site, MESSAGE_SERVER_ASK_RESTART, "{}");
        break;
    default:
        site_command(site, MESSAGE_SERVER_ASK_INFO, "{}");
        break;
    }
}

/* Who stands in the lane without a battery; with one he leaves when he has waited long enough. */
static bool is_stranded(const struct site *site)
{
    const struct sim_visit *visit = &site->world->visit;
    const struct sim_vehicle *vehicle = world_vehicle(site->world, visit->vehicle);
    return visit->state >= VISIT_WAITING && vehicle && vehicle->pack_count == 0;
}

static void ask_swap(struct site *site, int vehicle)
{
    char data[128];
    const struct sim_visit *visit = &site->world->visit;
    bool in_lane = visit->state >= VISIT_WAITING && random_chance(&site->random, 70);
    if (site->calm ? is_stranded(site) : in_lane)
        (void)snprintf(data, sizeof data, "{\"user\":\"anna\",\"vehicle\":\"%s\"}", visit->vehicle);
    else
        (void)snprintf(data, sizeof data, "{\"user\":\"anna\",\"vehicle\":\"V%d\"}", vehicle);
    site_command(site, MESSAGE_SERVER_ASK_CHARGE, data);
}

void site_operate(struct site *site)
{
    struct random *random = &site->random;
    if (site->now_us < site->operate_us)
        return;
    if (site->calm) {
        site->operate_us = site->now_us + 7 * CLOCK_US_PER_SECOND;
        ask_swap(site, VEHICLES + 1);
        return;
    }
    site->operate_us = site->now_us + random_between(random, 4000000, 30000000);
    if (random_chance(random, 70))
        ask_swap(site, (int)random_between(random, 1, VEHICLES));
    else
        ask_other(site);
}
