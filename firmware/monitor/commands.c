/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/commands.h"

#include "crypto/digest.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US    (INT64_C(86400) * SECOND_US)

/* Days since 1970, rounded down. */
static int64_t day_of(int64_t us)
{
    return us >= 0 ? us / DAY_US : -((-us + DAY_US - 1) / DAY_US);
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

bool command_is_fresh(const struct command_rules *rules, const struct timestamp *time,
                      int64_t ttl_us, int64_t wall_us)
{
    switch (time->precision) {
    case TIMESTAMP_ABSENT:
        return false;
    case TIMESTAMP_DATE:
        /* A day more or less: the sender's date may be that of another time zone. */
        return !rules->strict_time && distance(day_of(time->us), day_of(wall_us)) <= 1;
    case TIMESTAMP_EXACT:
        return distance(time->us, wall_us) <= ttl_us;
    }
    return false;
}

bool command_is_repeat(const struct journal_command *seen, bool has_id, int64_t wall_us)
{
    return has_id || distance(seen->seen_wall_us, wall_us) < COMMAND_REPEAT_US;
}

static bool is_for_me(const struct command_rules *rules, const struct message *message)
{
    if (strcmp(message->device, "*") == 0)
        return message->type == MESSAGE_SERVER_ASK_INFO;
    return strcmp(message->device, rules->device) == 0;
}

static bool is_known_type(int64_t type)
{
    return strcmp(message_type_name(type), "?") != 0;
}

static int64_t ttl_of(const struct command_rules *rules, const struct message *message)
{
    if (message->type != MESSAGE_SERVER_ASK_CHARGE || isnan(message->data.ask_charge.ttl_s))
        return rules->ttl_us;
    return (int64_t)(message->data.ask_charge.ttl_s * (double)SECOND_US);
}

static void refuse(struct command_judgement *judgement, const char *reason)
{
    judgement->verdict = COMMAND_REFUSED;
    judgement->reason = reason;
}

/* The bridge's own messages are no commands: they are believed only on this station's topic, where
 * the broker lets nobody but the bridge write, and never when retained. */
static void judge_ack(bool good, bool retained, bool own_topic, struct command_judgement *judgement)
{
    judgement->verdict = good && !retained && own_topic ? COMMAND_ACK : COMMAND_NOT_MINE;
}

void command_judge(const struct command_rules *rules, const void *payload, size_t length,
                   bool retained, bool own_topic, int64_t wall_us, struct message *message,
                   struct command_judgement *judgement)
{
    enum message_quality quality = MESSAGE_UNREADABLE;
    *judgement = (struct command_judgement){.reason = ""};
    digest_short(payload, length, judgement->digest);
    (void)message_decode(payload, length, message, &quality, &judgement->err);
    const char *id = message->id[0] ? message->id : judgement->digest;
    (void)snprintf(judgement->identity, sizeof(judgement->identity), "%s", id);

    judgement->verdict = COMMAND_UNREADABLE;
    if (quality == MESSAGE_UNREADABLE)
        return;
    bool good = quality == MESSAGE_GOOD;
    judgement->verdict = COMMAND_NOT_MINE;
    if (!is_for_me(rules, message))
        return;
    if (message->type == MESSAGE_ACK || message->type == MESSAGE_REGISTER_RESULT) {
        judge_ack(good, retained, own_topic, judgement);
        return;
    }
    bool later = message->version != MESSAGE_ABSENT && message->version > 1;
    if (is_known_type(message->type) && !message_type_is_command(message->type))
        return;
    if (later || !is_known_type(message->type))
        refuse(judgement, "Unsupported");
    else if (!good)
        refuse(judgement, "Malformed");
    else if (retained)
        refuse(judgement, "Retained");
    else if (!command_is_fresh(rules, &message->time, ttl_of(rules, message), wall_us))
        refuse(judgement, "Stale");
    else
        judgement->verdict = COMMAND_PASSED;
}
