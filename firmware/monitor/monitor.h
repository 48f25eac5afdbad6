/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor: the station's side of the cloud. Its journal is the truth of what the station said,
 * its commands are decided here, the engine is watched from here. Pure: time, randomness come
 * through struct env, storage through struct journal, network and engine through struct
 * monitor_link; so main.c drives it with sockets and a simulation in virtual time.
 *
 * Not thread-safe: all calls come from one thread. After each call (or a batch of them) call
 * monitor_tick, which does what is due and says when it wants to be called again.
 */
#ifndef SWAPSTACK_MONITOR_MONITOR_H
#define SWAPSTACK_MONITOR_MONITOR_H

#include "base/env.h"
#include "monitor/journal.h"
#include "monitor/settings.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum monitor_exit { MONITOR_EXIT_SERVICE, MONITOR_EXIT_REBOOT };

/* What the monitor asks of the world. None of these calls back into the monitor. */
struct monitor_link {
    void *self;
    /* QoS 1 publishing gives a token > 0, answered by monitor_on_published. ERR_BUSY: try again
     * later; ERR_UNAVAILABLE: not connected. Copies the payload. */
    int (*publish)(void *self, const char *topic, const void *payload, size_t length, int qos,
                   int64_t *token, struct err *err);
    /* The last will of the next connection (QoS 1, not retained). */
    int (*set_will)(void *self, const char *topic, const void *payload, size_t length,
                    struct err *err);
    /* Clean end of the connection to the broker after what is under way; no monitor_on_broker_lost
     * follows. go_online connects again. */
    void (*go_offline)(void *self);
    void (*go_online)(void *self);
    /* One packet to the engine. */
    int (*engine_send)(void *self, const void *bytes, size_t length, struct err *err);
    /* Closes the connection to the engine; a new one is tried. No monitor_on_engine_lost follows.
     */
    void (*engine_close)(void *self);
    /* The process is to end with exit 0 (its supervisor starts it again), or the machine to reboot.
     */
    void (*request_exit)(void *self, enum monitor_exit mode);
    /* Is the machine's clock synchronised? */
    bool (*clock_synced)(void *self);
};

struct monitor;

struct monitor_options {
    const struct settings *settings;
    const struct env *env;
    const struct monitor_link *link;
    struct journal *journal; /* open; stays the caller's */
    bool journal_damaged;    /* a damaged journal was set aside at opening: to be reported */
};

/* Begins the life of one boot: closes what the last one left open, sets the will. All of `options`
 * must outlive the monitor. */
int monitor_new(struct monitor **monitor, const struct monitor_options *options, struct err *err);
/* Says goodbye (STATUS offline with this reason) if connected, and stores the open group. */
void monitor_shutdown(struct monitor *monitor, const char *reason);
void monitor_free(struct monitor *monitor);

/* Topics to subscribe to: control and control/<device>. */
const char *monitor_control_topic(const struct monitor *monitor, int index); /* 0, 1 */

void monitor_on_broker_ready(struct monitor *monitor);
void monitor_on_broker_lost(struct monitor *monitor, const char *reason);
void monitor_on_message(struct monitor *monitor, const char *topic, const void *payload,
                        size_t length, bool retained);
void monitor_on_published(struct monitor *monitor, int64_t token, bool ok);

void monitor_on_engine_connected(struct monitor *monitor);
void monitor_on_engine_lost(struct monitor *monitor, const char *reason);
void monitor_on_engine_packet(struct monitor *monitor, const void *bytes, size_t length);

/* A technician wants the connection to the broker made anew now; ends being offline by command. */
void monitor_reconnect(struct monitor *monitor);

/* Does what is due; returns when (env->mono_us) to call again at the latest. */
int64_t monitor_tick(struct monitor *monitor);

struct monitor_counts {
    int64_t published, unreadable, not_mine, refused, refusals_silent, repeats;
    int64_t engine_events, engine_repeats, dropped_rows, dead_rows, foreign_marks;
};
void monitor_counts(const struct monitor *monitor, struct monitor_counts *counts);

#endif
