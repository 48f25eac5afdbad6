/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/courier.h"

#include "base/clock.h"
#include "base/log.h"
#include "bridge/control.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define MODULE "courier"

/* Taken from a channel at once and noted in one transaction. */
#define AT_ONCE 8
/* Looked at without being woken: the wall's clock may have stepped. */
#define IDLE_US (30 * CLOCK_US_PER_SECOND)
/* Between tries of noting what could not be noted (disk full …). */
#define NOTE_AGAIN_US CLOCK_US_PER_SECOND
#define LANES         64

/* A channel that was down is left alone until then; only tests are still tried. */
struct lane {
    char channel[33];
    int64_t until_us;
};

struct courier {
    struct ring *ring;
    struct courier_port port;
    const atomic_bool *stop;
    pthread_mutex_t lock; /* of the four below */
    pthread_cond_t changed;
    bool woken;
    struct courier_settings settings;
    /* the thread's own */
    struct store *store;
    struct courier_settings current;
    struct delivery_row rows[AT_ONCE];
    struct lane lanes[LANES];
    size_t lane_count;
    int64_t next_us; /* when it looks again */
    int failed;      /* the code of reading that was logged last, 0 none */
    pthread_t thread;
    bool has_thread;
};

static uint32_t draw(void)
{
    uint32_t number = 0;
    (void)!getrandom(&number, sizeof number, 0);
    return number;
}

/* False: woken, or it is to end. */
static bool rest_until(struct courier *courier, int64_t wall_us)
{
    int64_t span_us = wall_us - clock_wall_us();
    struct timespec at;
    bool slept = true;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    span_us = span_us < 0 ? 0 : span_us > IDLE_US ? IDLE_US : span_us;
    int64_t end_ns = at.tv_nsec + span_us % CLOCK_US_PER_SECOND * 1000;
    at.tv_sec += span_us / CLOCK_US_PER_SECOND + end_ns / 1000000000;
    at.tv_nsec = end_ns % 1000000000;
    (void)pthread_mutex_lock(&courier->lock);
    while (slept && !courier->woken && !atomic_load(courier->stop))
        slept = pthread_cond_timedwait(&courier->changed, &courier->lock, &at) == 0;
    bool woken = courier->woken || atomic_load(courier->stop);
    courier->woken = false;
    courier->current = courier->settings;
    (void)pthread_mutex_unlock(&courier->lock);
    return !woken;
}

static struct lane *lane_of(struct courier *courier, const char *channel)
{
    for (size_t i = 0; i < courier->lane_count; i++)
        if (strcmp(courier->lanes[i].channel, channel) == 0)
            return &courier->lanes[i];
    if (courier->lane_count == LANES)
        courier->lane_count = 0; /* names come and go; to forget a pause costs one try */
    struct lane *lane = &courier->lanes[courier->lane_count++];
    *lane = (struct lane){.until_us = INT64_MIN};
    (void)snprintf(lane->channel, sizeof lane->channel, "%s", channel);
    return lane;
}

/* Delivers the first `count` rows in order; returns how many have been tried. */
static size_t deliver(struct courier *courier, const struct channel_row *channel, struct lane *lane,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct delivery_row *row = &courier->rows[i];
        struct err err = {0};
        enum delivery_outcome outcome =
            courier->port.deliver(courier->port.self, channel, row, &courier->current, &err);
        if (outcome != DELIVERY_DONE && atomic_load(courier->stop))
            return i; /* broken off by us */
        delivery_settle(&courier->current.policy, row, outcome, err.text, clock_wall_us(), draw());
        lane->until_us = outcome == DELIVERY_DOWN ? row->next_at_us : INT64_MIN;
        if (outcome != DELIVERY_DONE)
            log_warning(MODULE,
                        "alert not delivered channel=%s alert=%" PRId64
                        " event=%s attempts=%" PRId64 " state=%s reason=%s",
                        row->channel, row->alert_id, row->event, row->attempts, row->state,
                        err.text);
        if (outcome == DELIVERY_DOWN)
            return i + 1;
    }
    return count;
}

/* Has the writer note the rows, however long it takes: until then they look as if they waited. */
static void note(struct courier *courier, size_t count)
{
    struct control_call call = {.command = CONTROL_DELIVERIES,
                                .deliveries = courier->rows,
                                .delivery_count = count,
                                .keep_us = courier->current.policy.keep_us};
    for (bool said = false;; said = true) {
        struct err err = {0};
        if (control_submit(courier->ring, &call, &err) == 0)
            return;
        if (!said)
            log_error(MODULE, "what was delivered cannot be noted, trying again: %s", err.text);
        if (atomic_load(courier->stop) || ring_is_closed(courier->ring))
            return;
        (void)rest_until(courier, clock_wall_us() + NOTE_AGAIN_US);
    }
}

static int serve_channel(struct courier *courier, const struct channel_row *channel,
                         struct err *err)
{
    struct lane *lane = lane_of(courier, channel->name);
    for (;;) {
        int64_t now_us = clock_wall_us(), next_us;
        bool paused = lane->until_us > now_us;
        int count = delivery_due(courier->store, channel->name, paused, now_us, courier->rows,
                                 AT_ONCE, err);
        if (count > 0) {
            size_t tried = deliver(courier, channel, lane, (size_t)count);
            if (tried > 0)
                note(courier, tried);
            if (atomic_load(courier->stop))
                return 0;
            continue;
        }
        int found = count < 0 ? count : delivery_next(courier->store, channel->name, &next_us, err);
        if (found == 1 && paused && next_us < lane->until_us)
            next_us = lane->until_us;
        if (found == 1 && next_us < courier->next_us)
            courier->next_us = next_us;
        return found < 0 ? found : 0;
    }
}

static int look(struct courier *courier, struct err *err)
{
    SCOPE_FREE struct channel_row *channels = NULL;
    size_t count;
    courier->next_us = clock_wall_us() + IDLE_US;
    if (courier->port.is_ready && !courier->port.is_ready(courier->port.self))
        return 0;
    int status = channel_list(courier->store, &channels, &count, err);
    for (size_t i = 0; i < count && status == 0 && !atomic_load(courier->stop); i++)
        if (strcmp(channels[i].kind, courier->port.kind) == 0)
            status = serve_channel(courier, &channels[i], err);
    return status;
}

static void *run(void *argument)
{
    struct courier *courier = argument;
    while (!atomic_load(courier->stop)) {
        struct err err = {0};
        int status = look(courier, &err);
        if (status < 0 && status != courier->failed)
            log_error(MODULE, "alerts of channel %s wait: %s", courier->port.kind, err.text);
        courier->failed = status;
        (void)rest_until(courier, courier->next_us);
    }
    return NULL;
}

int courier_new(struct courier **courier, const char *db_path, struct ring *ring,
                const struct courier_port *port, const struct courier_settings *settings,
                const atomic_bool *stop, struct err *err)
{
    struct courier *made = calloc(1, sizeof *made);
    if (!made)
        return err_set(err, ERR_NOMEM, "courier: out of memory");
    made->ring = ring;
    made->port = *port;
    made->stop = stop;
    made->settings = made->current = *settings;
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    int status = store_open(&made->store, db_path, STORE_READ_BESIDE, err);
    if (status < 0)
        courier_free(made);
    else
        *courier = made;
    return status;
}

int courier_start(struct courier *courier, struct err *err)
{
    int code = pthread_create(&courier->thread, NULL, run, courier);
    if (code != 0)
        return err_set_errno(err, ERR_SYSTEM, code, "courier: no thread");
    courier->has_thread = true;
    return 0;
}

void courier_wake(struct courier *courier)
{
    if (!courier)
        return;
    (void)pthread_mutex_lock(&courier->lock);
    courier->woken = true;
    (void)pthread_cond_signal(&courier->changed);
    (void)pthread_mutex_unlock(&courier->lock);
}

void courier_configure(struct courier *courier, const struct courier_settings *settings)
{
    (void)pthread_mutex_lock(&courier->lock);
    courier->settings = *settings;
    (void)pthread_mutex_unlock(&courier->lock);
    courier_wake(courier);
}

void courier_stop(struct courier *courier)
{
    if (!courier)
        return;
    courier_wake(courier);
    if (courier->has_thread)
        (void)pthread_join(courier->thread, NULL);
    courier->has_thread = false;
}

void courier_free(struct courier *courier)
{
    if (!courier)
        return;
    store_close(courier->store);
    (void)pthread_cond_destroy(&courier->changed);
    (void)pthread_mutex_destroy(&courier->lock);
    free(courier);
}
