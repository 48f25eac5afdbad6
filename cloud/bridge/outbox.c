/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/outbox.h"

#include "stations/index.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A station speaks of one boot, seldom of two; more than that are not kept, its next row brings
 * the ack again. */
#define BOOTS_PER_DEVICE 4

struct slot {
    char device[DEVICE_SIZE];
    struct message_ack acks[BOOTS_PER_DEVICE];
    size_t count;
    int64_t sent_us; /* when the last ack left */
};

struct outbox {
    struct index index;    /* of owned struct slot, one per device for ever */
    struct slot **waiting; /* owned array: slots with acks */
    size_t waiting_count, waiting_size;
    struct outbox_letter *letters; /* owned, a circle of OUTBOX_LETTERS_MAX */
    size_t first, count;
    int64_t dropped;
};

int outbox_new(struct outbox **outbox, struct err *err)
{
    struct outbox *made = calloc(1, sizeof *made);
    if (made)
        made->letters = calloc(OUTBOX_LETTERS_MAX, sizeof *made->letters);
    if (!made || !made->letters) {
        free(made);
        return err_set(err, ERR_NOMEM, "outbox: out of memory");
    }
    *outbox = made;
    return 0;
}

static void slot_free(void *self, void *value)
{
    (void)self;
    free(value);
}

void outbox_free(struct outbox *outbox)
{
    if (!outbox)
        return;
    struct outbox_letter letter;
    while (outbox_take_letter(outbox, &letter))
        outbox_letter_free(&letter);
    index_each(&outbox->index, slot_free, NULL);
    index_free(&outbox->index);
    free(outbox->letters);
    free(outbox->waiting);
    free(outbox);
}

static struct slot *find_slot(struct outbox *outbox, const char *device)
{
    struct slot *slot = index_find(&outbox->index, device);
    if (slot)
        return slot;
    slot = calloc(1, sizeof *slot);
    if (!slot)
        return NULL;
    slot->sent_us = INT64_MIN / 2; /* long ago: the first ack need not wait */
    memcpy(slot->device, device, strlen(device) + 1);
    if (index_add(&outbox->index, slot->device, slot) < 0) {
        free(slot);
        return NULL;
    }
    return slot;
}

static int await(struct outbox *outbox, struct slot *slot)
{
    if (slot->count > 0)
        return 0;
    if (outbox->waiting_count == outbox->waiting_size) {
        size_t size = outbox->waiting_size ? outbox->waiting_size * 2 : 64;
        struct slot **grown = realloc(outbox->waiting, size * sizeof(struct slot *));
        if (!grown)
            return ERR_NOMEM;
        outbox->waiting = grown;
        outbox->waiting_size = size;
    }
    outbox->waiting[outbox->waiting_count++] = slot;
    return 0;
}

int outbox_put_ack(struct outbox *outbox, const char *device, const struct message_ack *ack)
{
    assert(strlen(device) < DEVICE_SIZE);
    struct slot *slot = find_slot(outbox, device);
    if (!slot || await(outbox, slot) < 0)
        return ERR_NOMEM;
    for (size_t i = 0; i < slot->count; i++) {
        struct message_ack *known = &slot->acks[i];
        if (known->boot != ack->boot || strcmp(known->journal, ack->journal) != 0)
            continue;
        bool event = known->resend_event, telemetry = known->resend_telemetry;
        *known = *ack;
        known->resend_event |= event;
        known->resend_telemetry |= telemetry;
        return 0;
    }
    if (slot->count == BOOTS_PER_DEVICE)
        memmove(slot->acks, slot->acks + 1, --slot->count * sizeof *slot->acks);
    slot->acks[slot->count++] = *ack;
    return 0;
}

void outbox_return_ack(struct outbox *outbox, const struct outbox_ack *returned)
{
    const struct slot *slot = index_find(&outbox->index, returned->device);
    struct message_ack ack = returned->ack;
    for (size_t i = 0; slot && i < slot->count; i++)
        if (slot->acks[i].boot == ack.boot && strcmp(slot->acks[i].journal, ack.journal) == 0) {
            bool event = ack.resend_event, telemetry = ack.resend_telemetry;
            ack = slot->acks[i];
            ack.resend_event |= event;
            ack.resend_telemetry |= telemetry;
        }
    (void)outbox_put_ack(outbox, returned->device, &ack); /* out of memory: the next row's ack */
}

static int64_t due_at(const struct slot *slot)
{
    for (size_t i = 0; i < slot->count; i++)
        if (slot->acks[i].resend_event || slot->acks[i].resend_telemetry)
            return INT64_MIN;
    return slot->sent_us + OUTBOX_ACK_EVERY_US;
}

bool outbox_take_ack(struct outbox *outbox, int64_t now_us, struct outbox_ack *to, int64_t *next_us)
{
    *next_us = INT64_MAX;
    for (size_t i = 0; i < outbox->waiting_count; i++) {
        struct slot *slot = outbox->waiting[i];
        int64_t due_us = due_at(slot);
        if (due_us > now_us) {
            *next_us = due_us < *next_us ? due_us : *next_us;
            continue;
        }
        memcpy(to->device, slot->device, sizeof to->device);
        to->ack = slot->acks[0];
        memmove(slot->acks, slot->acks + 1, --slot->count * sizeof *slot->acks);
        /* Acks of several boots leave together; the second counts from the last. */
        if (slot->count == 0) {
            slot->sent_us = now_us;
            outbox->waiting[i] = outbox->waiting[--outbox->waiting_count];
        }
        return true;
    }
    return false;
}

void outbox_letter_free(struct outbox_letter *letter)
{
    free(letter->topic);
    free(letter->payload);
    *letter = (struct outbox_letter){0};
}

bool outbox_take_letter(struct outbox *outbox, struct outbox_letter *to)
{
    if (outbox->count == 0)
        return false;
    *to = outbox->letters[outbox->first];
    outbox->first = (outbox->first + 1) % OUTBOX_LETTERS_MAX;
    outbox->count--;
    return true;
}

static void drop_oldest(struct outbox *outbox)
{
    struct outbox_letter oldest;
    if (outbox_take_letter(outbox, &oldest)) {
        outbox_letter_free(&oldest);
        outbox->dropped++;
    }
}

int outbox_put_letter(struct outbox *outbox, const char *topic, const char *payload, size_t length,
                      int qos)
{
    struct outbox_letter letter = {
        .topic = strdup(topic), .payload = malloc(length + 1), .length = length, .qos = qos};
    if (!letter.topic || !letter.payload) {
        outbox_letter_free(&letter);
        return ERR_NOMEM;
    }
    memcpy(letter.payload, payload, length);
    letter.payload[length] = '\0';
    if (outbox->count == OUTBOX_LETTERS_MAX)
        drop_oldest(outbox);
    outbox->letters[(outbox->first + outbox->count++) % OUTBOX_LETTERS_MAX] = letter;
    return 0;
}

void outbox_return_letter(struct outbox *outbox, struct outbox_letter *letter)
{
    if (outbox->count == OUTBOX_LETTERS_MAX) {
        /* It was the oldest. */
        outbox_letter_free(letter);
        outbox->dropped++;
        return;
    }
    outbox->first = (outbox->first + OUTBOX_LETTERS_MAX - 1) % OUTBOX_LETTERS_MAX;
    outbox->letters[outbox->first] = *letter;
    outbox->count++;
    *letter = (struct outbox_letter){0};
}

int64_t outbox_dropped(const struct outbox *outbox)
{
    return outbox->dropped;
}
