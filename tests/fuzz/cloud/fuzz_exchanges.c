/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a CSV of exchanges, as `swapctl import exchanges` reads them: every record is a good
 * event or a sentence with its line, and a good event is the same after its way through JSON (to
 * the bridge and into event_log) and through the CSV that export writes. */
#include "protocol/json.h"
#include "tracking/export.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static bool same_number(double a, double b)
{
    return (isnan(a) && isnan(b)) || a == b;
}

static bool same_form(const struct exchange_form *a, const struct exchange_form *b)
{
    return strcmp(a->task_id, b->task_id) == 0 && strcmp(a->bid, b->bid) == 0 &&
           strcmp(a->station_id, b->station_id) == 0 && strcmp(a->vid, b->vid) == 0 &&
           strcmp(a->event, b->event) == 0 && a->event_time_us == b->event_time_us &&
           strcmp(a->battery_version, b->battery_version) == 0 && same_number(a->soc, b->soc) &&
           same_number(a->soh, b->soh) && strcmp(a->comments, b->comments) == 0;
}

static void through_json(const struct exchange_form *form)
{
    struct exchange_form back;
    cJSON *object = form_to_json(form), *read = NULL;
    char *text = cJSON_PrintUnformatted(object);
    require(text && json_parse(text, strlen(text), &read, NULL) == 0);
    require(form_from_json(read, &back, NULL) == 0 && same_form(form, &back));
    cJSON_Delete(object);
    cJSON_Delete(read);
    cJSON_free(text);
}

static void copy(char *to, size_t size, const char *text)
{
    require(strlen(text) < size);
    memcpy(to, text, strlen(text) + 1);
}

static void through_csv(const struct exchange_form *form)
{
    SCOPE_STRBUF struct strbuf line = STRBUF_INIT;
    SCOPE(csv_reader_free) struct csv_reader record = CSV_READER_INIT;
    struct exchange_row row = {
        .start_time_us = STORE_NULL, .end_time_us = STORE_NULL, .slot = STORE_NULL};
    struct exchange_form back;
    copy(row.task_id, sizeof row.task_id, form->task_id);
    copy(row.bid, sizeof row.bid, form->bid);
    copy(row.station_id, sizeof row.station_id, form->station_id);
    copy(row.vid, sizeof row.vid, form->vid);
    copy(row.event, sizeof row.event, form->event);
    copy(row.battery_version, sizeof row.battery_version, form->battery_version);
    copy(row.comments, sizeof row.comments, form->comments);
    row.event_time_us = form->event_time_us;
    row.soc = form->soc;
    row.soh = form->soh;
    form_write_csv(&line, &row);
    for (size_t i = 0; i < line.length; i++)
        require(csv_feed(&record, (unsigned char)line.text[i]) == (i + 1 == line.length));
    require(form_read_csv(&record, &back, NULL) == 0 && same_form(form, &back));
}

static int take_good(void *self, const struct exchange_form *form, int64_t line, struct err *err)
{
    (void)err;
    require(line > *(int64_t *)self && form_check(form, NULL) == 0);
    *(int64_t *)self = line;
    through_json(form);
    through_csv(form);
    return 0;
}

static void take_bad(void *self, int64_t line, const char *reason)
{
    require(line > *(int64_t *)self && reason[0] != '\0');
    *(int64_t *)self = line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t line = 1; /* the header's */
    struct import_reader reader = {.each = take_good, .bad = take_bad, .self = &line};
    struct err err = {0};
    if (size == 0)
        return 0; /* fmemopen has no empty file */
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
    require(file != NULL);
    if (tracking_read_csv(file, &reader, &err) < 0)
        require(err.text[0] != '\0');
    (void)fclose(file);
    return 0;
}
