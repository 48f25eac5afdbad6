/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `swapctl live` shows, read from the database look by look: stations, bays, counters with
 * their rates, and what changed since the look before. Reading and rendering only; live.c has the
 * loop and the terminal.
 */
#ifndef SWAPSTACK_CTL_LIVE_VIEW_H
#define SWAPSTACK_CTL_LIVE_VIEW_H

#include "base/err.h"
#include "base/strbuf.h"
#include "store/report.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live_view;

int live_view_new(struct live_view **view, struct err *err);
void live_view_free(struct live_view *view);
void live_view_free_scope(struct live_view **view);

/* Reads the database at monotonic time `mono_us`. `station`: of this station only, or NULL. The
 * first look takes what is there as known: only its newest entries appear among the events. */
int live_view_look(struct live_view *view, struct store *store, const char *station,
                   int64_t mono_us, struct err *err);

/* Appends the lines of what changed in the last look, oldest first, each with its newline. */
void live_view_changes(const struct live_view *view, struct strbuf *to);

/* Appends one line: state of the stations, bays by state, rates, swaps, alerts, quarantine. */
void live_view_summary(const struct live_view *view, struct strbuf *to);

/* Appends a screen of at most `rows` lines of at most `columns`; returns its number of lines. */
size_t live_view_screen(const struct live_view *view, size_t columns, size_t rows,
                        struct strbuf *to);

#endif
