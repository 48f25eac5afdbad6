/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a swap, put together from its batteries' events, a Timeout and its command's result in
 * whatever order they come: started_at is the earliest event, ended_at the latest end, the outcome
 * the strongest of running < done < failed < timeout with the reason that came with it. All its
 * batteries on record, one on each side or the two of a set, are evidence that the swap is done, at
 * the latest of them. Each battery's event is a row of battery_exchange_task besides: here stand at
 * most two of a side, those with the smallest serials.
 */
#include "store/exchange.h"
#include "store/swap.h"
#include "tracking/tracking_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A vehicle's On-Load from before the station knew it: no swap. */
#define COMMISSIONING "commissioning"

static bool names_swap(const char *request_id)
{
    return request_id && request_id[0] && strcmp(request_id, COMMISSIONING) != 0;
}

static int rank(const char *outcome)
{
    static const char *const order[] = {"running", "done", "failed", "timeout"};
    for (int i = 0; i < 4; i++)
        if (strcmp(order[i], outcome) == 0)
            return i;
    return -1;
}

static void copy(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", text_or_empty(from));
}

/* Of two different names the smaller stays: a rule that does not ask which came first. */
static void merge_name(char *to, size_t size, const char *name)
{
    if (name && name[0] && (!to[0] || strcmp(name, to) < 0))
        copy(to, size, name);
}

static void merge_outcome(struct swap_row *row, const char *outcome, const char *reason,
                          int64_t ended_at_us)
{
    bool stronger = rank(outcome) > rank(row->outcome);
    if (stronger || (rank(outcome) == rank(row->outcome) && !row->reason[0]))
        copy(row->reason, sizeof row->reason, reason);
    if (stronger)
        copy(row->outcome, sizeof row->outcome, outcome);
    if (ended_at_us > row->ended_at_us) /* STORE_NULL is less than any time */
        row->ended_at_us = ended_at_us;
}

static void merge_battery(struct swap_battery side[SWAP_SIDE_MAX],
                          const struct tracking_exchange *exchange)
{
    for (int i = 0; i < SWAP_SIDE_MAX; i++) {
        int order = side[i].bid[0] ? strcmp(exchange->bid, side[i].bid) : -1;
        if (order == 0)
            return;
        if (order > 0)
            continue;
        memmove(&side[i + 1], &side[i], (size_t)(SWAP_SIDE_MAX - 1 - i) * sizeof *side);
        copy(side[i].bid, sizeof side[i].bid, exchange->bid);
        side[i].slot = exchange->slot;
        side[i].soc = exchange->soc_percent;
        return;
    }
}

/* All that the station said it would exchange is on record. */
static bool is_whole(const struct swap_row *row)
{
    int last = row->batteries >= SWAP_SIDE_MAX ? SWAP_SIDE_MAX - 1 : 0;
    return row->in[last].bid[0] && row->out[last].bid[0];
}

/* The latest event of a set: of one battery a side it is one of the two that are at hand. */
static int latest_of(struct tracking *tracking, const struct swap_row *row, int64_t *at_us,
                     struct err *err)
{
    int status = 0;
    for (int i = 0; i < SWAP_SIDE_MAX && row->batteries > 1 && status == 0; i++) {
        status = exchange_latest_of(tracking->store, row->in[i].bid, row->station_id,
                                    row->request_id, at_us, err);
        if (status == 0)
            status = exchange_latest_of(tracking->store, row->out[i].bid, row->station_id,
                                        row->request_id, at_us, err);
    }
    return status;
}

static int load(struct tracking *tracking, const char *station_id, const char *request_id,
                struct swap_row *row, struct err *err)
{
    int found = swap_load(tracking->store, station_id, request_id, row, err);
    if (found == 0)
        swap_init(row, station_id, request_id);
    return found < 0 ? found : 0;
}

int tracked_swap_exchange(struct tracking *tracking, const struct tracking_exchange *exchange,
                          struct err *err)
{
    if (!names_swap(exchange->request_id))
        return 0;
    struct swap_row row;
    int status = load(tracking, exchange->station_id, exchange->request_id, &row, err);
    if (status < 0)
        return status;
    int64_t at_us = exchange->event_time_us, first_us = row.started_at_us;
    merge_name(row.vid, sizeof row.vid, exchange->vid);
    merge_name(row.user_id, sizeof row.user_id, exchange->user_id);
    if (first_us == STORE_NULL || at_us < first_us)
        row.started_at_us = at_us;
    if (strcmp(exchange->event, "Timeout") == 0) {
        char reason[160];
        (void)snprintf(reason, sizeof reason, "battery %s was offered and not taken",
                       exchange->bid[0] ? exchange->bid : "(not identified)");
        merge_outcome(&row, "timeout", reason, at_us);
    } else {
        merge_battery(strcmp(exchange->event, EXCHANGE_OFF_LOAD) == 0 ? row.in : row.out, exchange);
        if (exchange->set_count > 1 && exchange->set_count > row.batteries)
            row.batteries = exchange->set_count;
        /* The one that came first in time or in arrival: the later of both ends it. */
        if (first_us > at_us)
            at_us = first_us;
        if (is_whole(&row)) {
            status = latest_of(tracking, &row, &at_us, err);
            if (status < 0)
                return status;
            merge_outcome(&row, "done", NULL, at_us);
        }
    }
    return swap_save(tracking->store, &row, err);
}

int tracking_end_swap(struct tracking *tracking, const char *station_id, const char *request_id,
                      int64_t at_us, const char *outcome, const char *reason, struct err *err)
{
    if (!names_swap(request_id) || rank(outcome) < 1)
        return 0; /* no swap of ours, or nothing that ends one (accepted, refused …) */
    struct swap_row row;
    int status = load(tracking, station_id, request_id, &row, err);
    if (status < 0)
        return status;
    merge_outcome(&row, outcome, reason, at_us);
    return swap_save(tracking->store, &row, err);
}
