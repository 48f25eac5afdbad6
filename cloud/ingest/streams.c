/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/streams.h"

#include "base/clock.h"
#include "base/textmap.h"
#include "store/stream.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A station talks of its present boot, and while it catches up of one before. */
#define BOOTS_KEPT 4

#define RESEND_EVERY_US CLOCK_US_PER_SECOND

struct stream_device {
    char device[DEVICE_SIZE];
    struct stream_boot *boots; /* owned */
    size_t count;
    bool touched;
};

struct streams {
    struct store *store;
    struct textmap map;             /* of owned struct stream_device */
    struct stream_device **touched; /* owned array: devices used since the last commit */
    size_t touched_count, touched_size;
    int64_t uses;
};

static void device_free(void *value)
{
    struct stream_device *device = value;
    free(device->boots);
    free(device);
}

int streams_new(struct streams **streams, struct store *store, struct err *err)
{
    *streams = calloc(1, sizeof **streams);
    if (!*streams)
        return err_set(err, ERR_NOMEM, "streams: out of memory");
    (*streams)->store = store;
    return 0;
}

void streams_free(struct streams *streams)
{
    if (!streams)
        return;
    streams_forget(streams);
    free(streams->touched);
    free(streams);
}

void streams_forget(struct streams *streams)
{
    textmap_free(&streams->map, device_free);
    streams->touched_count = 0;
}

static struct stream_device *find_device(struct streams *streams, const char *name)
{
    struct stream_device *device = textmap_find(&streams->map, name);
    if (device)
        return device;
    device = calloc(1, sizeof *device);
    if (!device)
        return NULL;
    (void)snprintf(device->device, sizeof device->device, "%s", name);
    if (textmap_add(&streams->map, device->device, device) < 0) {
        free(device);
        return NULL;
    }
    return device;
}

static int touch(struct streams *streams, struct stream_device *device)
{
    if (device->touched)
        return 0;
    if (streams->touched_count == streams->touched_size) {
        size_t size = streams->touched_size ? streams->touched_size * 2 : 64;
        struct stream_device **grown = realloc(streams->touched, size * sizeof(void *));
        if (!grown)
            return ERR_NOMEM;
        streams->touched = grown;
        streams->touched_size = size;
    }
    streams->touched[streams->touched_count++] = device;
    device->touched = true;
    return 0;
}

static int load_boot(struct streams *streams, const char *device, int64_t plant_us,
                     struct stream_boot *boot, struct err *err)
{
    struct store *store = streams->store;
    boot->event.asked_mark = boot->telemetry.asked_mark = -1;
    int status = journal_find(store, device, boot->journal, &boot->number, err);
    if (status == 0 && boot->number == 0)
        status = journal_add(store, device, boot->journal, plant_us, &boot->number, err);
    if (status == 0)
        status = stream_load(store, device, boot->journal, boot->boot, "event", &boot->event.mark,
                             &boot->event.gap_rows, err);
    if (status == 0)
        status = stream_load(store, device, boot->journal, boot->boot, "telemetry",
                             &boot->telemetry.mark, &boot->telemetry.gap_rows, err);
    if (status == 0)
        status = clock_offset_load(store, device, boot->journal, boot->boot, &boot->offset_us, err);
    return status;
}

struct stream_boot *streams_boot(struct streams *streams, const char *name, const char *journal,
                                 int64_t boot, int64_t plant_us, struct err *err)
{
    struct stream_device *device = find_device(streams, name);
    if (!device || touch(streams, device) < 0) {
        (void)err_set(err, ERR_NOMEM, "streams of %s: out of memory", name);
        return NULL;
    }
    for (size_t i = 0; i < device->count; i++)
        if (device->boots[i].boot == boot && strcmp(device->boots[i].journal, journal) == 0) {
            device->boots[i].used = ++streams->uses;
            return &device->boots[i];
        }
    struct stream_boot fresh = {.boot = boot, .used = ++streams->uses};
    (void)snprintf(fresh.journal, sizeof fresh.journal, "%s", journal);
    if (load_boot(streams, name, plant_us, &fresh, err) < 0)
        return NULL;
    struct stream_boot *grown = realloc(device->boots, (device->count + 1) * sizeof fresh);
    if (!grown) {
        (void)err_set(err, ERR_NOMEM, "streams of %s: out of memory", name);
        return NULL;
    }
    device->boots = grown;
    device->boots[device->count] = fresh;
    return &device->boots[device->count++];
}

bool streams_ask_resend(struct stream_lane *lane, int64_t mono_us)
{
    if (lane->asked_mark == lane->mark && mono_us - lane->asked_mono_us < RESEND_EVERY_US)
        return false;
    lane->asked_mark = lane->mark;
    lane->asked_mono_us = mono_us;
    lane->resend = true;
    return true;
}

static int flush_lane(struct streams *streams, const char *device, const struct stream_boot *boot,
                      struct stream_lane *lane, const char *name, struct err *err)
{
    if (!lane->changed)
        return 0;
    lane->changed = false;
    return stream_save(streams->store, device, boot->journal, boot->boot, name, lane->mark,
                       lane->gap_rows, err);
}

static int flush_boot(struct streams *streams, const char *device, struct stream_boot *boot,
                      struct err *err)
{
    int status = flush_lane(streams, device, boot, &boot->event, "event", err);
    if (status == 0)
        status = flush_lane(streams, device, boot, &boot->telemetry, "telemetry", err);
    if (status == 0 && boot->offset_changed) {
        boot->offset_changed = false;
        status = clock_offset_save(streams->store, device, boot->journal, boot->boot,
                                   boot->offset_us, err);
    }
    return status;
}

int streams_flush(struct streams *streams, struct err *err)
{
    for (size_t i = 0; i < streams->touched_count; i++) {
        struct stream_device *device = streams->touched[i];
        for (size_t k = 0; k < device->count; k++) {
            int status = flush_boot(streams, device->device, &device->boots[k], err);
            if (status < 0)
                return status; /* the caller rolls back and forgets */
        }
    }
    return 0;
}

/* All is written: the longest unused boots need no memory any more. */
static void trim(struct stream_device *device)
{
    while (device->count > BOOTS_KEPT) {
        size_t oldest = 0;
        for (size_t i = 1; i < device->count; i++)
            if (device->boots[i].used < device->boots[oldest].used)
                oldest = i;
        device->boots[oldest] = device->boots[--device->count];
    }
}

void streams_take_acks(struct streams *streams,
                       void (*ack)(void *self, const char *device, const struct message_ack *ack),
                       void *self)
{
    for (size_t i = 0; i < streams->touched_count; i++) {
        struct stream_device *device = streams->touched[i];
        for (size_t k = 0; k < device->count; k++) {
            struct stream_boot *boot = &device->boots[k];
            if (!boot->ack)
                continue;
            struct message_ack marks = {.boot = boot->boot,
                                        .event = boot->event.mark,
                                        .telemetry = boot->telemetry.mark,
                                        .resend_event = boot->event.resend,
                                        .resend_telemetry = boot->telemetry.resend};
            memcpy(marks.journal, boot->journal, sizeof marks.journal);
            boot->ack = boot->event.resend = boot->telemetry.resend = false;
            ack(self, device->device, &marks);
        }
        device->touched = false;
        trim(device);
    }
    streams->touched_count = 0;
}
