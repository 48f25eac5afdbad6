/* SPDX-License-Identifier: Apache-2.0 */
/* Samples and tariff as JSON, and samples as JSON Lines. */
#include "charging/samples_internal.h"

#include "protocol/json.h"
#include <math.h>
#include <string.h>

static struct samples_value value_of(const cJSON *json)
{
    if (!json || cJSON_IsNull(json))
        return (struct samples_value){.kind = SAMPLES_NULL};
    if (cJSON_IsNumber(json))
        return (struct samples_value){.kind = SAMPLES_NUMBER, .number = json->valuedouble};
    if (cJSON_IsString(json))
        return (struct samples_value){.kind = SAMPLES_TEXT, .text = json->valuestring};
    return (struct samples_value){.kind = SAMPLES_OTHER};
}

static int add_object(struct samples *to, const cJSON *object, const char *where, size_t at,
                      struct err *err)
{
    struct samples_value values[SAMPLES_FIELDS];
    if (!cJSON_IsObject(object)) {
        samples_refuse(to, where, at, "it is no object");
        return 0;
    }
    for (int i = 0; i < SAMPLES_FIELDS; i++)
        values[i] = value_of(cJSON_GetObjectItemCaseSensitive(object, samples_field_names[i]));
    return samples_add(to, values, where, at, err);
}

static int add_array(struct samples *to, const cJSON *array, struct err *err)
{
    const cJSON *item;
    size_t number = 0;
    int rc = 0;
    cJSON_ArrayForEach(item, array)
    {
        if (rc == 0)
            rc = add_object(to, item, "sample", ++number, err);
    }
    return rc;
}

static int read_money(const cJSON *tariff, const char *name, int64_t *money, struct err *err)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(tariff, name);
    *money = COST_NONE;
    if (!value || cJSON_IsNull(value))
        return 0;
    if (!cJSON_IsNumber(value))
        return err_set(err, ERR_INVALID, "tariff: %s is neither a number nor null", name);
    if (fabs(value->valuedouble) * COST_UNIT <= (double)COST_PRICE_MOST)
        *money = cost_from_number(value->valuedouble);
    if (*money == COST_NONE)
        return err_set(err, ERR_INVALID, "tariff: %s is beyond 99999.9999", name);
    return 0;
}

static int read_billing(const cJSON *tariff, enum cost_billing *billing, struct err *err)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(tariff, "billing_type");
    const char *name = cJSON_GetStringValue(type);
    *billing = COST_NOT_BILLED;
    if (!type || cJSON_IsNull(type))
        return 0;
    if (name && strcmp(name, "per_kwh") == 0)
        *billing = COST_PER_KWH;
    else if (name && strcmp(name, "per_minute") == 0)
        *billing = COST_PER_MINUTE;
    else
        return err_set(err, ERR_INVALID, "tariff: billing_type is \"per_kwh\" or \"per_minute\"");
    return 0;
}

static int read_tariff(struct samples *to, const cJSON *tariff, struct err *err)
{
    if (!tariff || cJSON_IsNull(tariff))
        return 0;
    if (!cJSON_IsObject(tariff))
        return err_set(err, ERR_INVALID, "tariff is neither an object nor null");
    const cJSON *free_charging = cJSON_GetObjectItemCaseSensitive(tariff, "free_supercharging");
    if (free_charging && !cJSON_IsBool(free_charging) && !cJSON_IsNull(free_charging))
        return err_set(err, ERR_INVALID, "tariff: free_supercharging is true, false or null");
    to->free_supercharging = cJSON_IsTrue(free_charging);
    int rc = read_billing(tariff, &to->tariff.billing, err);
    if (rc == 0)
        rc = read_money(tariff, "cost_per_unit", &to->tariff.cost_per_unit, err);
    if (rc == 0)
        rc = read_money(tariff, "session_fee", &to->tariff.session_fee, err);
    if (rc == 0 && to->tariff.session_fee != COST_NONE && to->tariff.session_fee < 0)
        rc = err_set(err, ERR_INVALID, "tariff: session_fee is below 0");
    return rc;
}

static int read_document(struct samples *to, const cJSON *root, struct err *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "samples");
    if (cJSON_IsArray(root))
        return add_array(to, root, err);
    if (!list && cJSON_HasObjectItem(root, samples_field_names[SAMPLES_DATE]))
        return add_object(to, root, "sample", 1, err); /* JSON Lines of one line */
    if (!cJSON_IsArray(list))
        return err_set(err, ERR_INVALID, "\"samples\" must be an array of samples");
    int rc = read_tariff(to, cJSON_GetObjectItemCaseSensitive(root, "tariff"), err);
    return rc < 0 ? rc : add_array(to, list, err);
}

static bool is_blank(const struct samples_line *line)
{
    for (size_t i = 0; i < line->length; i++)
        if (line->text[i] != ' ' && line->text[i] != '\t')
            return false;
    return true;
}

static int read_lines(const char *text, size_t length, struct samples *to, struct err *err)
{
    struct samples_line line;
    int rc = 0;
    size_t number = 0;
    for (size_t at = 0; rc == 0 && samples_next_line(text, length, &at, &line);) {
        SCOPE_JSON cJSON *object = NULL;
        struct err why = {0};
        number++;
        if (is_blank(&line))
            continue;
        int parsed = json_parse(line.text, line.length, &object, &why);
        if (parsed == ERR_NOMEM)
            return err_set(err, ERR_NOMEM, "line %zu: %s", number, why.text);
        if (parsed < 0)
            samples_refuse(to, "line", number, why.text);
        else
            rc = add_object(to, object, "line", number, err);
    }
    return rc;
}

/* Is the first line that is not blank a whole object, and is there more behind it? */
static bool is_lines(const char *text, size_t length)
{
    struct samples_line line = {0};
    size_t at = 0;
    while (samples_next_line(text, length, &at, &line))
        if (line.length > 0 && line.text[0] == '{')
            break;
    return line.length > 0 && at < length && json_check(line.text, line.length, NULL) == 0;
}

int samples_read_json(const char *text, size_t length, struct samples *to, struct err *err)
{
    SCOPE_JSON cJSON *root = NULL;
    struct err why = {0};
    int rc = json_parse_within(text, length, SAMPLES_MAX_BYTES, &root, &why);
    if (rc == 0)
        return read_document(to, root, err);
    if (rc == ERR_INVALID && is_lines(text, length))
        return read_lines(text, length, to, err);
    return err_set(err, rc, "samples: %s", why.text);
}
