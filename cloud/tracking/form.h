/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exchange event as text outside of station messages: a line of the CSV of
 * requirements/battery-tracking.md (export and import), and the JSON object in which an operator's
 * or an import's event stands in event_log and travels to the bridge. All pure.
 */
#ifndef SWAPSTACK_TRACKING_FORM_H
#define SWAPSTACK_TRACKING_FORM_H

#include "store/exchange.h"
#include "tracking/csv.h"
#include "tracking/tracking.h"
#include <cjson/cJSON.h>

#define FORM_CSV_HEADER                                                                            \
    "task_id,bid,station_id,vid,event,event_time,start_time,end_time,battery_version,soc,soh,"     \
    "comments"
#define FORM_CSV_FIELDS 12

/* Owns its texts; absent: "", STORE_NULL, NAN. */
struct exchange_form {
    char task_id[33]; /* of an exported event; "": made from the identity */
    char bid[65], station_id[65], vid[65], event[9];
    char request_id[65], user_id[65], battery_version[65];
    char comments[384];
    int64_t event_time_us, slot;
    double soc, soh, capacity_kwh;
};

void form_init(struct exchange_form *form);
/* ERR_INVALID with a sentence that names the field: bid, station_id, event and event_time must be
 * there, numbers in their range, texts without control characters. */
int form_check(const struct exchange_form *form, struct err *err);
/* The form as tracking takes it; valid as long as the form. */
struct tracking_exchange form_exchange(const struct exchange_form *form);

/* Appends a row as one CSV record. Times as RFC 3339 UTC with microseconds, so that an identity
 * outlives the way out and back. */
void form_write_csv(struct strbuf *to, const struct exchange_row *row);
/* Is this the header that export writes? */
bool form_is_csv_header(const struct csv_reader *record);
/* Reads and checks a record. start_time and end_time are results of pairing and not read; of the
 * comments only what pairing and limits will not say again. */
int form_read_csv(const struct csv_reader *record, struct exchange_form *form, struct err *err);

/* As a new object (NULL: out of memory), absent fields left out; and back, with form_check. */
cJSON *form_to_json(const struct exchange_form *form);
int form_from_json(const cJSON *object, struct exchange_form *form, struct err *err);

#endif
