/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/form_internal.h"

#include "base/utf8.h"
#include "protocol/timestamp.h"
#include "protocol/topic.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

void form_init(struct exchange_form *form)
{
    *form = (struct exchange_form){.event_time_us = STORE_NULL,
                                   .slot = STORE_NULL,
                                   .soc = NAN,
                                   .soh = NAN,
                                   .capacity_kwh = NAN};
}

/* The texts of a form, for every walk over them; the comments are the last. */
struct text_field {
    const char *name;
    size_t offset, size;
};
#define FIELD(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct exchange_form, name), sizeof((struct exchange_form *)0)->name       \
    }
static const struct text_field TEXTS[] = {
    FIELD(task_id),    FIELD(bid),     FIELD(station_id),      FIELD(vid),      FIELD(event),
    FIELD(request_id), FIELD(user_id), FIELD(battery_version), FIELD(comments),
};
#define TEXT_COUNT (sizeof TEXTS / sizeof TEXTS[0])

static const char *text_of(const struct exchange_form *form, const struct text_field *field)
{
    return (const char *)form + field->offset;
}

int form_put_text(struct exchange_form *form, const char *name, const char *text, struct err *err)
{
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (strcmp(TEXTS[i].name, name) != 0)
            continue;
        size_t length = strlen(text);
        if (length >= TEXTS[i].size)
            return err_set(err, ERR_INVALID, "%s: %zu bytes, at most %zu are right", name, length,
                           TEXTS[i].size - 1);
        memcpy((char *)form + TEXTS[i].offset, text, length + 1);
        return 0;
    }
    return err_set(err, ERR_INVALID, "%s: an exchange has no such field", name);
}

static bool is_hex(const char *text)
{
    return strspn(text, "0123456789abcdef") == strlen(text);
}

static int check_range(const char *name, double value, double most, struct err *err)
{
    if (isnan(value) || (value >= 0 && value <= most))
        return 0;
    return err_set(err, ERR_INVALID, "%s: %g is outside 0..%g", name, value, most);
}

static int check_texts(const struct exchange_form *form, struct err *err)
{
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        const char *text = text_of(form, &TEXTS[i]);
        if (!utf8_is_valid(text))
            return err_set(err, ERR_INVALID, "%s: is not UTF-8", TEXTS[i].name);
        /* Names; what a person wrote as a comment may have lines. */
        for (; *text && i < TEXT_COUNT - 1; text++)
            if ((unsigned char)*text < 0x20 || *text == 0x7f)
                return err_set(err, ERR_INVALID, "%s: contains a control character", TEXTS[i].name);
    }
    return 0;
}

int form_check(const struct exchange_form *form, struct err *err)
{
    int status = check_texts(form, err);
    if (status < 0)
        return status;
    if (form->task_id[0] && (strlen(form->task_id) != 32 || !is_hex(form->task_id)))
        return err_set(err, ERR_INVALID, "task_id: must be empty or 32 lower-case hex digits");
    if (!form->bid[0])
        return err_set(err, ERR_INVALID, "bid: is missing");
    if (!device_is_valid(form->station_id))
        return err_set(err, ERR_INVALID, "station_id \"%s\": 1 to 64 of A-Za-z0-9._- are right",
                       form->station_id);
    if (strcmp(form->event, EXCHANGE_ON_LOAD) != 0 && strcmp(form->event, EXCHANGE_OFF_LOAD) != 0)
        return err_set(err, ERR_INVALID, "event \"%s\": must be %s or %s", form->event,
                       EXCHANGE_ON_LOAD, EXCHANGE_OFF_LOAD);
    if (form->event_time_us == STORE_NULL)
        return err_set(err, ERR_INVALID, "event_time: is missing");
    if (form->slot != STORE_NULL && (form->slot < 1 || form->slot > 1000))
        return err_set(err, ERR_INVALID, "slot: must be from 1 to 1000");
    status = check_range("soc", form->soc, 100, err);
    if (status == 0)
        status = check_range("soh", form->soh, 150, err);
    return status == 0 ? check_range("capacity_kwh", form->capacity_kwh, 10000, err) : status;
}

struct tracking_exchange form_exchange(const struct exchange_form *form)
{
    return (struct tracking_exchange){.task_id = form->task_id,
                                      .bid = form->bid,
                                      .station_id = form->station_id,
                                      .vid = form->vid,
                                      .event = form->event,
                                      .event_time_us = form->event_time_us,
                                      .request_id = form->request_id,
                                      .user_id = form->user_id,
                                      .comments = form->comments,
                                      .slot = form->slot,
                                      .soc_percent = form->soc,
                                      .soh_percent = form->soh,
                                      .capacity_kwh = form->capacity_kwh,
                                      .battery_version = form->battery_version};
}

int form_put_time(struct exchange_form *form, const char *text, struct err *err)
{
    struct timestamp time;
    int status = timestamp_parse(text, strlen(text), &time, err);
    if (status < 0)
        return err_prefix(err, "event_time \"%.40s\": ", text);
    if (time.precision != TIMESTAMP_EXACT)
        return err_set(err, ERR_INVALID, "event_time %s: a date alone does not order events", text);
    form->event_time_us = time.us;
    return 0;
}

static const char *const NUMBERS[] = {"soc", "soh", "capacity_kwh"};

static cJSON *add_numbers(cJSON *object, const struct exchange_form *form)
{
    const double values[] = {form->soc, form->soh, form->capacity_kwh};
    for (size_t i = 0; i < 3 && object; i++)
        if (!isnan(values[i]) && !cJSON_AddNumberToObject(object, NUMBERS[i], values[i]))
            return NULL;
    if (object && form->slot != STORE_NULL &&
        !cJSON_AddNumberToObject(object, "slot", (double)form->slot))
        return NULL;
    return object;
}

cJSON *form_to_json(const struct exchange_form *form)
{
    char time[TIMESTAMP_TEXT_SIZE];
    cJSON *object = cJSON_CreateObject();
    timestamp_format_us(form->event_time_us, time);
    bool made = object && cJSON_AddStringToObject(object, "event_time", time);
    for (size_t i = 0; i < TEXT_COUNT && made; i++) {
        const char *text = text_of(form, &TEXTS[i]);
        made = !text[0] || cJSON_AddStringToObject(object, TEXTS[i].name, text);
    }
    if (made && add_numbers(object, form))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static int put_item(struct exchange_form *form, const cJSON *item, struct err *err)
{
    double *const numbers[] = {&form->soc, &form->soh, &form->capacity_kwh};
    const char *name = item->string;
    if (cJSON_IsString(item))
        return strcmp(name, "event_time") == 0 ? form_put_time(form, item->valuestring, err)
                                               : form_put_text(form, name, item->valuestring, err);
    if (!cJSON_IsNumber(item))
        return err_set(err, ERR_INVALID, "%s: must be a text or a number", name);
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(name, NUMBERS[i]) == 0) {
            *numbers[i] = item->valuedouble;
            return 0;
        }
    }
    double slot = item->valuedouble;
    if (strcmp(name, "slot") != 0 || slot != floor(slot) || fabs(slot) > 1e6)
        return err_set(err, ERR_INVALID, "%s: no number of an exchange", name);
    form->slot = (int64_t)slot;
    return 0;
}

int form_from_json(const cJSON *object, struct exchange_form *form, struct err *err)
{
    form_init(form);
    if (!cJSON_IsObject(object))
        return err_set(err, ERR_INVALID, "an exchange is a JSON object");
    const cJSON *item;
    int status = 0;
    cJSON_ArrayForEach(item, object)
    {
        status = status == 0 ? put_item(form, item, err) : status;
    }
    return status < 0 ? status : form_check(form, err);
}
