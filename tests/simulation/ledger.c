/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ledger_free(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        free(ledger->streams[i].rows);
    free(ledger->streams);
    *ledger = (struct ledger){0};
}

void ledger_copy(struct ledger *to, const struct ledger *from)
{
    ledger_free(to);
    *to = *from;
    to->capacity = from->count;
    to->streams = calloc(from->count + 1, sizeof *to->streams);
    assert(to->streams);
    for (size_t i = 0; i < from->count; i++) {
        struct ledger_stream *stream = &to->streams[i];
        *stream = from->streams[i];
        stream->rows = calloc(stream->size + 1, sizeof *stream->rows);
        assert(stream->rows);
        if (stream->size > 0)
            memcpy(stream->rows, from->streams[i].rows, stream->size * sizeof *stream->rows);
    }
}

struct ledger_stream *ledger_stream(struct ledger *ledger, const char *device, const char *journal,
                                    int64_t boot, enum message_lane lane)
{
    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_stream *stream = &ledger->streams[i];
        if (stream->boot == boot && stream->lane == lane && strcmp(stream->journal, journal) == 0 &&
            strcmp(stream->device, device) == 0)
            return stream;
    }
    if (ledger->count == ledger->capacity) {
        ledger->capacity = ledger->capacity ? 2 * ledger->capacity : 16;
        ledger->streams = realloc(ledger->streams, ledger->capacity * sizeof *ledger->streams);
        assert(ledger->streams);
    }
    struct ledger_stream *stream = &ledger->streams[ledger->count++];
    *stream = (struct ledger_stream){.boot = boot, .lane = lane};
    (void)snprintf(stream->device, sizeof stream->device, "%s", device);
    (void)snprintf(stream->journal, sizeof stream->journal, "%s", journal);
    return stream;
}

struct ledger_row *ledger_row(struct ledger_stream *stream, int64_t seq)
{
    assert(seq >= 1);
    if ((size_t)seq >= stream->size) {
        size_t size = ((size_t)seq + 1) * 2;
        stream->rows = realloc(stream->rows, size * sizeof *stream->rows);
        assert(stream->rows);
        memset(stream->rows + stream->size, 0, (size - stream->size) * sizeof *stream->rows);
        stream->size = size;
    }
    return &stream->rows[seq];
}

/* protocol.md, Journal: accept iff prev <= mark < seq; then mark := seq. */
static void judge(struct ledger *ledger, struct ledger_stream *stream, int64_t seq, int64_t prev)
{
    if (seq <= stream->mark) {
        ledger->repeats++;
        return;
    }
    if (prev > stream->mark) {
        ledger->missing++;
        return;
    }
    stream->gap_rows += seq - stream->mark - 1;
    ledger->gap_rows += seq - stream->mark - 1;
    stream->mark = seq;
    ledger->accepted++;
    ledger_row(stream, seq)->flags |= LEDGER_STORED | LEDGER_EVER;
}

/* The envelope of a row without its data, which takes most of the time to decode: stations put data
 * before prev and all else before data. */
static size_t envelope_of(const char *payload, size_t length, char *to, size_t size)
{
    static const char DATA[] = ",\"data\":{", PREV[] = "},\"prev\":";
    const char *data = memmem(payload, length, DATA, sizeof DATA - 1);
    const char *prev = memrchr(payload, ',', length);
    if (!data || !prev || prev < data || strncmp(prev - 1, PREV, sizeof PREV - 1) != 0)
        return 0;
    size_t before = (size_t)(data - payload), after = length - (size_t)(prev - payload);
    if (before + after > size)
        return 0;
    memcpy(to, payload, before);
    memcpy(to + before, prev, after);
    return before + after;
}

void ledger_commit(struct ledger *ledger, const char *payload, size_t length)
{
    struct message message;
    enum message_quality quality;
    char envelope[1024];
    size_t short_length = envelope_of(payload, length, envelope, sizeof envelope);
    if (short_length > 0)
        (void)message_decode(envelope, short_length, &message, &quality, NULL);
    else
        (void)message_decode(payload, length, &message, &quality, NULL);
    const struct message_place *place = &message.place;
    if (quality != MESSAGE_UNREADABLE && place->lane != LANE_ABSENT && place->journal[0])
        judge(ledger,
              ledger_stream(ledger, message.device, place->journal, place->boot, place->lane),
              place->seq, place->prev == MESSAGE_ABSENT ? place->seq - 1 : place->prev);
    message_free(&message);
}

void ledger_restore(struct ledger *ledger, const struct ledger *backup)
{
    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_stream *now = &ledger->streams[i];
        const struct ledger_stream *then = NULL;
        for (size_t k = 0; k < backup->count; k++)
            if (backup->streams[k].boot == now->boot && backup->streams[k].lane == now->lane &&
                strcmp(backup->streams[k].journal, now->journal) == 0 &&
                strcmp(backup->streams[k].device, now->device) == 0)
                then = &backup->streams[k];
        now->mark = then ? then->mark : 0;
        now->gap_rows = then ? then->gap_rows : 0;
        for (size_t seq = 1; seq < now->size; seq++) {
            unsigned flags = now->rows[seq].flags & (unsigned)~LEDGER_STORED;
            if (then && seq < then->size)
                flags |= then->rows[seq].flags & LEDGER_STORED;
            now->rows[seq].flags = (unsigned char)flags;
        }
    }
}

/* FNV-1a: only tells two payloads apart. */
uint64_t ledger_hash(const char *bytes, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}
