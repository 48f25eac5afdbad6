/* SPDX-License-Identifier: Apache-2.0 */
#include "cia418/client.h"

#include <stdio.h>
#include <string.h>

#define BIT(state) MACHINE_BIT(CIA418_CLIENT_##state)
static const uint32_t MOVES[] = {
    [CIA418_CLIENT_ABSENT] = BIT(MEETING),
    [CIA418_CLIENT_MEETING] = BIT(ABSENT) | BIT(PRESENT),
    [CIA418_CLIENT_PRESENT] = BIT(ABSENT),
};
#define STATE_NAME(name) #name,
static const char *const NAMES[] = {CIA418_CLIENT_STATES(STATE_NAME)};
const struct machine CIA418_CLIENT_MACHINE = {"cia418", CIA418_CLIENT_STATE_COUNT, NAMES, MOVES};

enum when { ONCE, ROUND, ADRD };
static const struct object {
    enum when when;
    uint16_t index;
    uint8_t sub;
    bool is_signed;
} OBJECTS[] = {
#define ROW(when, name, index, sub, is_signed) {when, index, sub, is_signed},
    CIA418_OBJECTS(ROW)
#undef ROW
};

/* The steps of MEETING after the objects that are read once. */
enum {
    STEP_SOFTWARE = CIA418_OBJECT_COUNT,
    STEP_SERIAL,
    STEP_HEARTBEAT = STEP_SERIAL + 1 + CIA418_SERIAL_WORDS,
    STEP_END
};

static void move(struct cia418_client *client, enum cia418_client_state to)
{
    MACHINE_INVARIANT(machine_allows(&CIA418_CLIENT_MACHINE, (int)client->state, (int)to));
    client->state = to;
    client->step = 0;
    client->misses = 0;
}

void cia418_client_init(struct cia418_client *client, uint8_t node, bool adrd)
{
    *client = (struct cia418_client){.adrd = adrd};
    sdo_init(&client->sdo, node);
}

void cia418_client_give(struct cia418_client *client, bool giving)
{
    client->giving = giving;
}

/* --- questions --- */

static void ask_step(struct cia418_client *client, int64_t now_us)
{
    static const uint8_t BEAT[2] = {CIA418_HEARTBEAT_MS & 0xFF, CIA418_HEARTBEAT_MS >> 8};
    struct sdo_client *sdo = &client->sdo;
    if (client->step < CIA418_OBJECT_COUNT)
        sdo_upload(sdo, OBJECTS[client->step].index, OBJECTS[client->step].sub, now_us);
    else if (client->step == STEP_SOFTWARE)
        sdo_upload(sdo, CIA418_INDEX_SOFTWARE, 0, now_us);
    else if (client->step < STEP_HEARTBEAT)
        sdo_upload(sdo, CIA418_INDEX_SERIAL, (uint8_t)(client->step - STEP_SERIAL), now_us);
    else
        sdo_download(sdo, CIA418_INDEX_HEARTBEAT, 0, BEAT, sizeof BEAT, now_us);
}

static bool is_asked(const struct cia418_client *client, size_t step)
{
    if (step < CIA418_OBJECT_COUNT) {
        enum when when = OBJECTS[step].when;
        if (client->values[step].missing)
            return false;
        return client->state == CIA418_CLIENT_MEETING
                   ? when == ONCE
                   : when == ROUND || (when == ADRD && client->adrd);
    }
    if (client->state != CIA418_CLIENT_MEETING)
        return false;
    bool is_word = step > STEP_SERIAL && step < STEP_HEARTBEAT;
    return !is_word || step - STEP_SERIAL <= client->serial_words;
}

/* Goes to the next question of the list, or to what follows its end. */
static void go_on(struct cia418_client *client, int64_t now_us)
{
    while (client->step < STEP_END && !is_asked(client, client->step))
        client->step++;
    if (client->step < STEP_END) {
        ask_step(client, now_us);
        return;
    }
    if (client->state == CIA418_CLIENT_MEETING) {
        move(client, CIA418_CLIENT_PRESENT);
        client->round_us = now_us;
        go_on(client, now_us); /* the first round: there is always something to ask for */
        return;
    }
    /* A round is over: whether the charger gives current, then rest. */
    bool say = !client->untellable && (client->told_us == 0 || client->told != client->giving ||
                                       now_us - client->told_us >= CIA418_STATUS_US);
    if (say) {
        const uint8_t status = client->giving;
        client->told = client->giving;
        client->told_us = now_us;
        sdo_download(&client->sdo, CIA418_INDEX_CHARGER_STATUS, 0, &status, 1, now_us);
        return;
    }
    client->step = 0;
    client->due_us = client->round_us + CIA418_ROUND_US;
}

static void start_node(struct cia418_client *client, int64_t now_us)
{
    if (client->started_us && now_us - client->started_us < CIA418_PROBE_US)
        return;
    client->started_us = now_us;
    client->start = true;
}

/* --- answers --- */

static void take_serial(struct cia418_client *client, size_t word)
{
    const struct sdo_client *sdo = &client->sdo;
    if (word == 0) {
        bool is_count = sdo->length == 1 && sdo->bytes[0] <= CIA418_SERIAL_WORDS;
        client->serial_length = 0;
        client->serial_words = is_count ? sdo->bytes[0] : 0;
        if (is_count)
            return;
    }
    memcpy(client->serial + client->serial_length, sdo->bytes,
           word == 0 || sdo->length <= 4 ? sdo->length : 4);
    client->serial_length += word == 0 || sdo->length <= 4 ? sdo->length : 4;
}

static void take_software(struct cia418_client *client)
{
    const struct sdo_client *sdo = &client->sdo;
    size_t length = 0;
    for (size_t i = 0; i < sdo->length && sdo->bytes[i]; i++)
        if (sdo->bytes[i] >= ' ' && sdo->bytes[i] <= '~')
            client->software[length++] = (char)sdo->bytes[i];
    client->software[length] = '\0';
}

static void take(struct cia418_client *client, int64_t now_us)
{
    const struct sdo_client *sdo = &client->sdo;
    if (client->step < CIA418_OBJECT_COUNT)
        client->values[client->step] = (struct cia418_value){
            now_us, sdo_number(sdo->bytes, sdo->length, OBJECTS[client->step].is_signed), false};
    else if (client->step == STEP_SOFTWARE)
        take_software(client);
    else if (client->step < STEP_HEARTBEAT)
        take_serial(client, client->step - STEP_SERIAL);
}

static void lose(struct cia418_client *client, int64_t now_us)
{
    if (client->state != CIA418_CLIENT_ABSENT)
        move(client, CIA418_CLIENT_ABSENT);
    client->sdo.state = SDO_IDLE;
    client->beat_us = 0;
    client->due_us = now_us + CIA418_PROBE_US;
}

static void on_event(struct cia418_client *client, enum sdo_event event, int64_t now_us)
{
    if (event == SDO_NOTHING)
        return;
    if (event == SDO_TIMED_OUT) {
        if (++client->misses >= CIA418_MISSES_MAX || client->state == CIA418_CLIENT_ABSENT)
            lose(client, now_us);
        else
            go_on(client, now_us); /* the same again */
        return;
    }
    client->misses = 0;
    if (client->state == CIA418_CLIENT_ABSENT) { /* it answers: who is it? */
        move(client, CIA418_CLIENT_MEETING);
        memset(client->values, 0, sizeof client->values);
        memset(client->serial, 0, sizeof client->serial);
        client->software[0] = '\0';
        client->serial_length = client->serial_words = 0;
        client->untellable = false;
        client->told_us = 0;
        go_on(client, now_us);
        return;
    }
    bool is_status = client->state == CIA418_CLIENT_PRESENT && client->step == STEP_END;
    if (event == SDO_DONE && !is_status)
        take(client, now_us);
    else if (event == SDO_ABORTED && is_status)
        client->untellable = true;
    else if (event == SDO_ABORTED && client->step < CIA418_OBJECT_COUNT)
        client->values[client->step].missing = true;
    if (!is_status)
        client->step++;
    go_on(client, now_us);
}

/* Boot-up (0), or the node's state: it must be operational (5). */
static void on_heartbeat(struct cia418_client *client, uint8_t state, int64_t now_us)
{
    const uint8_t BOOT_UP = 0, OPERATIONAL = 5;
    if (state == BOOT_UP) {
        lose(client, now_us);
        client->due_us = now_us; /* another pack, or the same after a reset: ask at once */
        client->started_us = 0;
    }
    client->beat_us = now_us;
    if ((state & 0x7F) != OPERATIONAL)
        start_node(client, now_us);
}

void cia418_client_on_frame(struct cia418_client *client, const struct canframe *frame,
                            int64_t now_us)
{
    const uint32_t HEARTBEAT_ID = 0x700;
    bool plain = !frame->extended && !frame->remote && !frame->error;
    if (plain && frame->id == HEARTBEAT_ID + client->sdo.node && frame->length == 1)
        on_heartbeat(client, frame->data[0], now_us);
    else
        on_event(client, sdo_on_frame(&client->sdo, frame, now_us), now_us);
}

void cia418_client_on_time(struct cia418_client *client, int64_t now_us)
{
    on_event(client, sdo_on_time(&client->sdo, now_us), now_us);
    if (client->beat_us && now_us - client->beat_us > CIA418_SILENCE_US)
        lose(client, now_us);
    if (client->sdo.state != SDO_IDLE || now_us < client->due_us)
        return;
    if (client->state == CIA418_CLIENT_ABSENT) {
        start_node(client, now_us);
        client->step = 0;
        ask_step(client, now_us);
    } else {
        client->round_us = now_us;
        client->step = 0;
        go_on(client, now_us);
    }
}

bool cia418_client_next(struct cia418_client *client, int64_t now_us, struct canframe *frame)
{
    (void)now_us;
    if (!client->start)
        return sdo_next(&client->sdo, frame);
    client->start = false;
    *frame = (struct canframe){.id = 0, .length = 2, .data = {1, client->sdo.node}};
    return true;
}

int64_t cia418_client_due_us(const struct cia418_client *client)
{
    int64_t due_us = client->sdo.state == SDO_IDLE ? client->due_us : client->sdo.deadline_us;
    if (client->beat_us && client->beat_us + CIA418_SILENCE_US + 1 < due_us)
        due_us = client->beat_us + CIA418_SILENCE_US + 1;
    return due_us;
}

void cia418_client_serial(const struct cia418_client *client, char *to)
{
    const uint8_t *bytes = client->serial;
    size_t begin = 0, end = client->serial_length, length = 0;
    const struct cia418_value *number = &client->values[CIA418_SERIAL_NUMBER];
    while (end > begin && (bytes[end - 1] == 0 || bytes[end - 1] == ' '))
        end--;
    while (begin < end && bytes[begin] == ' ')
        begin++;
    bool printable = end > begin;
    for (size_t i = begin; i < end; i++)
        printable = printable && bytes[i] > ' ' && bytes[i] <= '~';
    to[0] = '\0';
    if (printable)
        (void)snprintf(to, CIA418_TEXT_SIZE, "%.*s", (int)(end - begin),
                       (const char *)bytes + begin);
    else if (end > begin)
        for (size_t word = 0; word * 4 < end && length < CIA418_TEXT_SIZE - 10; word++)
            length += (size_t)snprintf(to + length, CIA418_TEXT_SIZE - length, "%s%08llX",
                                       word ? "-" : "",
                                       (long long unsigned)sdo_number(bytes + word * 4, 4, false));
    else if (number->heard_us && number->number > 0)
        (void)snprintf(to, CIA418_TEXT_SIZE, "%llX-%lld",
                       (long long unsigned)client->values[CIA418_VENDOR].number,
                       (long long)number->number);
}
