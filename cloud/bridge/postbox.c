/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/postbox.h"

#include "base/textmap.h"
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

struct postbox {
    struct textmap map;    /* of owned struct slot, one per device for ever */
    struct slot **waiting; /* owned array: slots with acks */
    size_t waiting_count, waiting_size;
    struct postbox_letter *letters; /* owned, a circle of POSTBOX_LETTERS_MAX */
    size_t first, count;
    int64_t dropped;
};

int postbox_new(struct postbox **postbox, struct err *err)
{
    struct postbox *made = calloc(1, sizeof *made);
    if (made)
        made->letters = calloc(POSTBOX_LETTERS_MAX, sizeof *made->letters);
    if (!made || !made->letters) {
        free(made);
        return err_set(err, ERR_NOMEM, "postbox: out of memory");
    }
    *postbox = made;
    return 0;
}

static void slot_free(void *value)
{
    free(value);
}

void postbox_free(struct postbox *postbox)
{
    if (!postbox)
        return;
    struct postbox_letter letter;
    while (postbox_take_letter(postbox, &letter))
        postbox_letter_free(&letter);
    textmap_free(&postbox->map, slot_free);
    free(postbox->letters);
    free(postbox->waiting);
    free(postbox);
}

static struct slot *find_slot(struct postbox *postbox, const char *device)
{
    struct slot *slot = textmap_find(&postbox->map, device);
    if (slot)
        return slot;
    slot = calloc(1, sizeof *slot);
    if (!slot)
        return NULL;
    slot->sent_us = INT64_MIN / 2; /* long ago: the first ack need not wait */
    memcpy(slot->device, device, strlen(device) + 1);
    if (textmap_add(&postbox->map, slot->device, slot) < 0) {
        free(slot);
        return NULL;
    }
    return slot;
}

static int await(struct postbox *postbox, struct slot *slot)
{
    if (slot->count > 0)
        return 0;
    if (postbox->waiting_count == postbox->waiting_size) {
        size_t size = postbox->waiting_size ? postbox->waiting_size * 2 : 64;
        struct slot **grown = realloc(postbox->waiting, size * sizeof(struct slot *));
        if (!grown)
            return ERR_NOMEM;
        postbox->waiting = grown;
        postbox->waiting_size = size;
    }
    postbox->waiting[postbox->waiting_count++] = slot;
    return 0;
}

int postbox_put_ack(struct postbox *postbox, const char *device, const struct message_ack *ack)
{
    assert(strlen(device) < DEVICE_SIZE);
    struct slot *slot = find_slot(postbox, device);
    if (!slot || await(postbox, slot) < 0)
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

void postbox_return_ack(struct postbox *postbox, const struct postbox_ack *returned)
{
    const struct slot *slot = textmap_find(&postbox->map, returned->device);
    struct message_ack ack = returned->ack;
    for (size_t i = 0; slot && i < slot->count; i++)
        if (slot->acks[i].boot == ack.boot && strcmp(slot->acks[i].journal, ack.journal) == 0) {
            bool event = ack.resend_event, telemetry = ack.resend_telemetry;
            ack = slot->acks[i];
            ack.resend_event |= event;
            ack.resend_telemetry |= telemetry;
        }
    (void)postbox_put_ack(postbox, returned->device, &ack); /* out of memory: the next row's ack */
}

static int64_t due_at(const struct slot *slot)
{
    for (size_t i = 0; i < slot->count; i++)
        if (slot->acks[i].resend_event || slot->acks[i].resend_telemetry)
            return INT64_MIN;
    return slot->sent_us + POSTBOX_ACK_EVERY_US;
}

bool postbox_take_ack(struct postbox *postbox, int64_t now_us, struct postbox_ack *to,
                      int64_t *next_us)
{
    *next_us = INT64_MAX;
    for (size_t i = 0; i < postbox->waiting_count; i++) {
        struct slot *slot = postbox->waiting[i];
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
            postbox->waiting[i] = postbox->waiting[--postbox->waiting_count];
        }
        return true;
    }
    return false;
}

void postbox_letter_free(struct postbox_letter *letter)
{
    free(letter->topic);
    free(letter->payload);
    *letter = (struct postbox_letter){0};
}

bool postbox_take_letter(struct postbox *postbox, struct postbox_letter *to)
{
    if (postbox->count == 0)
        return false;
    *to = postbox->letters[postbox->first];
    postbox->first = (postbox->first + 1) % POSTBOX_LETTERS_MAX;
    postbox->count--;
    return true;
}

static void drop_oldest(struct postbox *postbox)
{
    struct postbox_letter oldest;
    if (postbox_take_letter(postbox, &oldest)) {
        postbox_letter_free(&oldest);
        postbox->dropped++;
    }
}

int postbox_put_letter(struct postbox *postbox, const char *topic, const char *payload,
                       size_t length, int qos)
{
    struct postbox_letter letter = {
        .topic = strdup(topic), .payload = malloc(length + 1), .length = length, .qos = qos};
    if (!letter.topic || !letter.payload) {
        postbox_letter_free(&letter);
        return ERR_NOMEM;
    }
    memcpy(letter.payload, payload, length);
    letter.payload[length] = '\0';
    if (postbox->count == POSTBOX_LETTERS_MAX)
        drop_oldest(postbox);
    postbox->letters[(postbox->first + postbox->count++) % POSTBOX_LETTERS_MAX] = letter;
    return 0;
}

void postbox_return_letter(struct postbox *postbox, struct postbox_letter *letter)
{
    if (postbox->count == POSTBOX_LETTERS_MAX) {
        /* It was the oldest. */
        postbox_letter_free(letter);
        postbox->dropped++;
        return;
    }
    postbox->first = (postbox->first + POSTBOX_LETTERS_MAX - 1) % POSTBOX_LETTERS_MAX;
    postbox->letters[postbox->first] = *letter;
    postbox->count++;
    *letter = (struct postbox_letter){0};
}

int64_t postbox_dropped(const struct postbox *postbox)
{
    return postbox->dropped;
}
