/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of tracking/area.h. */
#include "tracking/area.h"

#include "protocol/topic.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static cJSON *limit_to_json(const struct area_limit *limit)
{
    cJSON *object = cJSON_CreateObject();
    bool made = limit->station_id[0]
                    ? cJSON_AddStringToObject(object, "station", limit->station_id) != NULL
                    : cJSON_AddNumberToObject(object, "latitude", limit->latitude) &&
                          cJSON_AddNumberToObject(object, "longitude", limit->longitude) &&
                          cJSON_AddNumberToObject(object, "radius_m", limit->radius_m);
    if (made)
        return object;
    cJSON_Delete(object);
    return NULL;
}

cJSON *area_to_json(const struct area_limit *limits, size_t count)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < count && array; i++) {
        cJSON *item = limit_to_json(&limits[i]);
        if (item && cJSON_AddItemToArray(array, item))
            continue;
        cJSON_Delete(array);
        array = NULL;
    }
    return array;
}

static int check_number(const char *name, double value, double least, double most, struct err *err)
{
    if (value >= least && value <= most)
        return 0;
    return err_set(err, ERR_INVALID, "%s: a number from %g to %g is needed", name, least, most);
}

int area_limit_check(const struct area_limit *limit, struct err *err)
{
    if (limit->station_id[0] || isnan(limit->radius_m))
        return device_is_valid(limit->station_id)
                   ? 0
                   : err_set(err, ERR_INVALID, "station \"%s\": 1 to 64 of A-Za-z0-9._- are right",
                             limit->station_id);
    int status = check_number("latitude", limit->latitude, -90, 90, err);
    if (status == 0)
        status = check_number("longitude", limit->longitude, -180, 180, err);
    return status < 0 ? status : check_number("radius_m", limit->radius_m, 1, 2.1e7, err);
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

static int read_limit(const cJSON *object, struct area_limit *limit, struct err *err)
{
    const cJSON *station = cJSON_GetObjectItemCaseSensitive(object, "station");
    const char *text = cJSON_GetStringValue(station);
    *limit = (struct area_limit){.latitude = number(object, "latitude"),
                                 .longitude = number(object, "longitude"),
                                 .radius_m = number(object, "radius_m")};
    if (station)
        limit->radius_m = NAN;
    if (text && strlen(text) < sizeof limit->station_id)
        memcpy(limit->station_id, text, strlen(text) + 1);
    return area_limit_check(limit, err);
}

int area_from_json(const cJSON *array, struct area_limit *limits, size_t *count, struct err *err)
{
    const cJSON *item;
    *count = 0;
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) > AREA_LIMITS_MAX)
        return err_set(err, ERR_INVALID, "limits: an array of at most %d is right",
                       AREA_LIMITS_MAX);
    cJSON_ArrayForEach(item, array)
    {
        int status = read_limit(item, &limits[*count], err);
        if (status < 0)
            return err_prefix(err, "limits[%zu]: ", *count);
        ++*count;
    }
    return 0;
}
