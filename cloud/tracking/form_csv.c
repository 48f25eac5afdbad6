/* SPDX-License-Identifier: Apache-2.0 */
/* The CSV of tracking/form.h. */
#include "protocol/timestamp.h"
#include "tracking/form_internal.h"
#include "tracking/remarks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum column {
    TASK_ID,
    BID,
    STATION_ID,
    VID,
    EVENT,
    EVENT_TIME,
    START_TIME,
    END_TIME,
    BATTERY_VERSION,
    SOC,
    SOH,
    COMMENTS
};
static const char *const NAMES[FORM_CSV_FIELDS] = {
    "task_id",    "bid",      "station_id",      "vid", "event", "event_time",
    "start_time", "end_time", "battery_version", "soc", "soh",   "comments"};

static void write_time(struct strbuf *to, int64_t us)
{
    char text[TIMESTAMP_TEXT_SIZE] = "";
    if (us != STORE_NULL)
        timestamp_format_us(us, text);
    csv_write_field(to, text, false);
}

static void write_number(struct strbuf *to, double value)
{
    char text[40] = "";
    /* 15 digits read as people wrote them; 17 only where those would not give the same number. */
    if (!isnan(value) && (snprintf(text, sizeof text, "%.15g", value), strtod(text, NULL) != value))
        (void)snprintf(text, sizeof text, "%.17g", value);
    csv_write_field(to, text, false);
}

void form_write_csv(struct strbuf *to, const struct exchange_row *row)
{
    csv_write_field(to, row->task_id, true);
    csv_write_field(to, row->bid, false);
    csv_write_field(to, row->station_id, false);
    csv_write_field(to, row->vid, false);
    csv_write_field(to, row->event, false);
    write_time(to, row->event_time_us);
    write_time(to, row->start_time_us);
    write_time(to, row->end_time_us);
    csv_write_field(to, row->battery_version, false);
    write_number(to, row->soc);
    write_number(to, row->soh);
    csv_write_field(to, row->comments, false);
    csv_write_end(to);
}

bool form_is_csv_header(const struct csv_reader *record)
{
    bool same = !record->fault && record->count == FORM_CSV_FIELDS;
    for (size_t i = 0; i < FORM_CSV_FIELDS && same; i++)
        same = strcmp(csv_field(record, i), NAMES[i]) == 0;
    return same;
}

static int read_number(const struct csv_reader *record, enum column column, double *to,
                       struct err *err)
{
    const char *text = csv_field(record, column);
    char *end = NULL;
    *to = NAN;
    if (!text[0])
        return 0;
    errno = 0;
    *to = strtod(text, &end);
    /* strtod also takes blanks, hexadecimals, "nan" and "inf", which no export writes. */
    if (*end != '\0' || errno != 0 || strspn(text, "0123456789.eE+-") != strlen(text))
        return err_set(err, ERR_INVALID, "%s \"%.40s\": not a number", NAMES[column], text);
    return 0;
}

int form_read_csv(const struct csv_reader *record, struct exchange_form *form, struct err *err)
{
    static const enum column texts[] = {TASK_ID, BID, STATION_ID, VID, EVENT, BATTERY_VERSION};
    form_init(form);
    if (record->fault)
        return err_set(err, ERR_INVALID, "%s", record->fault);
    if (record->count != FORM_CSV_FIELDS)
        return err_set(err, ERR_INVALID, "%zu fields, %d are right", record->count,
                       FORM_CSV_FIELDS);
    int status = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == 0; i++)
        status = form_put_text(form, NAMES[texts[i]], csv_field(record, texts[i]), err);
    const char *time = csv_field(record, EVENT_TIME);
    if (status == 0 && time[0])
        status = form_put_time(form, time, err);
    if (status == 0)
        status = read_number(record, SOC, &form->soc, err);
    if (status == 0)
        status = read_number(record, SOH, &form->soh, err);
    if (status == 0)
        status = form_put_text(form, "comments", remarks_own(csv_field(record, COMMENTS)), err);
    return status < 0 ? status : form_check(form, err);
}
