/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_store.h"

#include "base/log_line.h"
#include "base/scope.h"
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE      "log"
#define RETRY_US    INT64_C(5000000) /* between attempts to open a segment on a disk that fails */
#define NUMBER_MAX  99999999u        /* eight digits */
#define TIME_LENGTH 24
#define NO_HANDLE   -1

struct segment {
    uint32_t number;
    int64_t bytes;
};

struct log_store {
    pthread_mutex_t lock;
    const struct log_disk *disk;
    int64_t max_bytes, segment_bytes;
    struct segment *segments; /* owned, ascending; the last is the one that is written */
    size_t count, capacity;
    bool listed;
    uint32_t last_number; /* highest ever seen: numbers never come again, for readers that follow */
    int handle;           /* the segment that is written */
    /* Those before, until they are durable. No more exist than the bound has room for. */
    int retired[LOG_STORE_SEGMENTS];
    int retired_count;
    bool torn; /* the file does not end with a newline */
    bool names_changed;
    int64_t retry_us;
    int64_t lost;
    int lost_errnum;
};

int log_store_new(struct log_store **to, const struct log_disk *disk, int64_t max_bytes,
                  struct err *err)
{
    struct log_store *store = calloc(1, sizeof *store);
    *to = store;
    if (store == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the log");
    (void)pthread_mutex_init(&store->lock, NULL);
    store->disk = disk;
    store->max_bytes = max_bytes < LOG_STORE_MIN_BYTES ? LOG_STORE_MIN_BYTES : max_bytes;
    store->segment_bytes = store->max_bytes / LOG_STORE_SEGMENTS;
    store->handle = NO_HANDLE;
    store->retry_us = INT64_MIN;
    return 0;
}

static void close_handle(struct log_store *store, int *handle)
{
    if (*handle != NO_HANDLE)
        store->disk->close(store->disk->self, *handle);
    *handle = NO_HANDLE;
}

void log_store_free(struct log_store *store)
{
    if (store == NULL)
        return;
    close_handle(store, &store->handle);
    for (int i = 0; i < store->retired_count; i++)
        store->disk->close(store->disk->self, store->retired[i]);
    (void)pthread_mutex_destroy(&store->lock);
    free(store->segments);
    free(store);
}

/* Which segments there are --------------------------------------------------------------------- */

/* Keeps the order. False: no memory for one more. */
static bool note_segment(struct log_store *store, uint32_t number, int64_t bytes)
{
    if (store->count == store->capacity) {
        size_t capacity = store->capacity ? 2 * store->capacity : 16;
        struct segment *segments = realloc(store->segments, capacity * sizeof *segments);
        if (segments == NULL)
            return false;
        store->segments = segments;
        store->capacity = capacity;
    }
    size_t at = store->count++;
    for (; at > 0 && store->segments[at - 1].number > number; at--)
        store->segments[at] = store->segments[at - 1];
    store->segments[at] = (struct segment){number, bytes};
    if (number > store->last_number)
        store->last_number = number;
    return true;
}

static void note_found(void *self, uint32_t number, int64_t bytes)
{
    (void)note_segment(self, number, bytes); /* one that is not known is not removed, no more */
}

static int list_segments(struct log_store *store)
{
    if (store->listed)
        return 0;
    store->count = 0;
    int code = store->disk->list(store->disk->self, note_found, store);
    store->listed = code >= 0;
    return code;
}

/* Makes room for one segment more; one that cannot be removed is tried again at the next turn. */
static void remove_oldest(struct log_store *store)
{
    int64_t sum = store->segment_bytes;
    size_t gone = 0;
    for (size_t i = 0; i < store->count; i++)
        sum += store->segments[i].bytes;
    for (; gone < store->count && sum > store->max_bytes; gone++) {
        int code = store->disk->remove(store->disk->self, store->segments[gone].number);
        if (code < 0 && code != -ENOENT)
            break;
        sum -= store->segments[gone].bytes;
        store->names_changed = true;
    }
    store->count -= gone;
    if (gone > 0 && store->count > 0)
        memmove(store->segments, store->segments + gone, store->count * sizeof *store->segments);
}

/* Opening -------------------------------------------------------------------------------------- */

static bool is_last(const struct log_store *store, uint32_t number)
{
    return store->count > 0 && store->segments[store->count - 1].number == number;
}

static int open_segment(struct log_store *store, uint32_t number)
{
    int64_t bytes = 0;
    bool torn = false;
    int handle = store->disk->open(store->disk->self, number, &bytes, &torn);
    if (handle < 0)
        return handle;
    if (!is_last(store, number)) {
        if (!note_segment(store, number, bytes)) {
            store->disk->close(store->disk->self, handle);
            return -ENOMEM;
        }
        store->names_changed = true;
    }
    store->segments[store->count - 1].bytes = bytes;
    store->handle = handle;
    store->torn = torn;
    return 0;
}

static int begin_segment(struct log_store *store)
{
    if (store->last_number >= NUMBER_MAX)
        return -EOVERFLOW;
    remove_oldest(store);
    return open_segment(store, store->last_number + 1);
}

/* The segment that was written last, or the first one. */
static int open_last(struct log_store *store)
{
    int code = list_segments(store);
    if (code < 0)
        return code;
    bool there = store->last_number > 0 && is_last(store, store->last_number);
    return there ? open_segment(store, store->last_number) : begin_segment(store);
}

/* Leaves the segment that is written. When the list is full, its first was removed long ago: it is
 * as old as the bound. */
static void retire(struct log_store *store)
{
    if (store->retired_count == LOG_STORE_SEGMENTS) {
        store->disk->close(store->disk->self, store->retired[0]);
        memmove(store->retired, store->retired + 1, sizeof store->retired - sizeof(int));
        store->retired_count--;
    }
    store->retired[store->retired_count++] = store->handle;
    store->handle = NO_HANDLE;
}

/* An open segment with room for `length` bytes. */
static int make_ready(struct log_store *store, size_t length)
{
    int64_t now_us = store->disk->mono_us(store->disk->self);
    if (now_us < store->retry_us)
        return -store->lost_errnum;
    int code = store->handle == NO_HANDLE ? open_last(store) : 0;
    if (code == 0 &&
        store->segments[store->count - 1].bytes + (int64_t)length > store->segment_bytes) {
        retire(store);
        code = begin_segment(store);
    }
    store->retry_us = code < 0 ? now_us + RETRY_US : INT64_MIN;
    return code;
}

/* Writing -------------------------------------------------------------------------------------- */

/* All of it, or a negative errno and, when a part is there, a file that is torn. */
static int append(struct log_store *store, const char *bytes, size_t length)
{
    int64_t *size = &store->segments[store->count - 1].bytes;
    size_t done = 0;
    while (done < length) {
        ssize_t n =
            store->disk->append(store->disk->self, store->handle, bytes + done, length - done);
        if (n == -EINTR)
            continue;
        if (n <= 0) {
            store->torn = store->torn || done > 0;
            return n < 0 ? (int)n : -EIO;
        }
        done += (size_t)n;
        *size += n;
    }
    return 0;
}

/* "… WARNING log: lines lost count=3 reason=…", at the time of the line that it stands before. */
static int tell_lost(struct log_store *store, const char *line)
{
    char text[160], note[LOG_LINE_MAX];
    const char *reason = strerrordesc_np(store->lost_errnum);
    (void)snprintf(text, sizeof text, "lines lost count=%" PRId64 " reason=\"%s\"", store->lost,
                   reason ? reason : "unknown");
    size_t length = log_line_format(note, 0, LOG_LEVEL_WARNING, MODULE, text);
    memcpy(note, line, TIME_LENGTH);
    int code = append(store, note, log_line_seal(note, length));
    if (code == 0)
        store->lost = store->lost_errnum = 0;
    return code;
}

static int write_line(struct log_store *store, char *line, size_t length)
{
    size_t sealed = log_line_seal(line, length);
    /* With room for a newline after a torn line and for the note before this one. */
    int code = make_ready(store, sealed + 1 + (store->lost > 0 ? 256 : 0));
    if (code == 0 && store->torn) {
        code = append(store, "\n", 1);
        store->torn = code < 0;
    }
    if (code == 0 && store->lost > 0)
        code = tell_lost(store, line);
    return code < 0 ? code : append(store, line, sealed);
}

void log_store_write(struct log_store *store, char *line, size_t length)
{
    (void)pthread_mutex_lock(&store->lock);
    int code = write_line(store, line, length);
    if (code < 0) {
        store->lost++;
        store->lost_errnum = -code;
    }
    (void)pthread_mutex_unlock(&store->lock);
}

void log_store_hold(struct log_store *store)
{
    (void)pthread_mutex_lock(&store->lock);
}

void log_store_go_on(struct log_store *store)
{
    (void)pthread_mutex_unlock(&store->lock);
}

int64_t log_store_lost(struct log_store *store, int *errnum)
{
    (void)pthread_mutex_lock(&store->lock);
    int64_t lost = store->lost;
    *errnum = store->lost_errnum;
    (void)pthread_mutex_unlock(&store->lock);
    return lost;
}

/* Durability ----------------------------------------------------------------------------------- */

/* What there is to do, taken out under the lock; the slow part is done without it. */
struct duty {
    int handles[LOG_STORE_SEGMENTS + 1], count;
    bool names;
    int code;
};

static struct duty take_duty(struct log_store *store)
{
    const struct log_disk *disk = store->disk;
    struct duty duty = {.count = store->retired_count, .names = store->names_changed};
    memcpy(duty.handles, store->retired, sizeof store->retired);
    store->retired_count = 0;
    store->names_changed = false;
    if (store->handle != NO_HANDLE && !disk->is_there(disk->self, store->handle)) {
        close_handle(store, &store->handle); /* the next line begins a file that people can see */
        store->listed = false;
    }
    if (store->handle != NO_HANDLE) {
        int own = disk->share(disk->self, store->handle);
        if (own >= 0)
            duty.handles[duty.count++] = own;
        else
            duty.code = own;
    }
    return duty;
}

int log_store_sync(struct log_store *store)
{
    const struct log_disk *disk = store->disk;
    (void)pthread_mutex_lock(&store->lock);
    struct duty duty = take_duty(store);
    (void)pthread_mutex_unlock(&store->lock);
    int code = duty.code;
    for (int i = 0; i < duty.count; i++) {
        int synced = disk->sync(disk->self, duty.handles[i]);
        code = code < 0 ? code : synced;
        disk->close(disk->self, duty.handles[i]);
    }
    int named = duty.names ? disk->sync_names(disk->self) : 0;
    if (named < 0) {
        (void)pthread_mutex_lock(&store->lock);
        store->names_changed = true;
        (void)pthread_mutex_unlock(&store->lock);
    }
    return code < 0 ? code : named;
}
