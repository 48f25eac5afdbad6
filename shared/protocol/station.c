/* SPDX-License-Identifier: Apache-2.0 */
/* STATION_INFO: the station object with its bays, and one battery or an array of them. */
#include "protocol/parts.h"

#include <stdlib.h>
#include <string.h>

typedef struct message_station station;
typedef struct message_bay bay;

static const struct field bay_fields[] = {
    INTEGER_FIELD("slot", bay, slot, 1, MESSAGE_BAYS_MAX, FIELD_REQUIRED),
    TEXT_FIELD("state", bay, state, FIELD_ANY),
    TEXT_FIELD("door", bay, door, FIELD_ANY),
    TEXT_FIELD("lock", bay, lock, FIELD_ANY),
    REAL_FIELD("temp", bay, temp_c, -273, 1000, FIELD_ANY),
    PLAIN_FIELD("smoke", FIELD_TRI, bay, smoke, FIELD_ANY),
    PLAIN_FIELD("fan", FIELD_TRI, bay, fan, FIELD_ANY),
    PLAIN_FIELD("chargerOnline", FIELD_TRI, bay, charger_online, FIELD_ANY),
    FIELDS_END,
};

static const struct field counts_fields[] = {
    INTEGER_FIELD("empty", station, count_empty, 0, 100000, FIELD_ANY),
    INTEGER_FIELD("charging", station, count_charging, 0, 100000, FIELD_ANY),
    INTEGER_FIELD("ready", station, count_ready, 0, 100000, FIELD_ANY),
    INTEGER_FIELD("faulty", station, count_faulty, 0, 100000, FIELD_ANY),
    FIELDS_END,
};

static const struct field meter_fields[] = {
    REAL_FIELD("importWh", station, meter_import_wh, 0, 1e15, FIELD_ANY),
    FIELDS_END,
};

static const struct field journal_fields[] = {
    INTEGER_FIELD("depth", station, journal_depth, 0, FIELD_INTEGER_MAX, FIELD_ANY),
    PLAIN_FIELD("oldest", FIELD_TIME_US, station, journal_oldest_us, FIELD_ANY),
    INTEGER_FIELD("dropped", station, journal_dropped, 0, FIELD_INTEGER_MAX, FIELD_ANY),
    INTEGER_FIELD("dead", station, journal_dead, 0, FIELD_INTEGER_MAX, FIELD_ANY),
    FIELDS_END,
};

const struct field message_station_fields[] = {
    TEXT_FIELD("state", station, state, .choices = "ACTIVE|CHARGING|STOPPED|FAULTY|DISCONNECTED"),
    TEXT_FIELD("mode", station, mode, .choices = "normal|safe|maintenance|emergency"),
    TEXT_FIELD("gate", station, gate, FIELD_ANY),
    GROUP_FIELD("counts", counts_fields),
    GROUP_FIELD("meter", meter_fields),
    REAL_FIELD("latitude", station, latitude, -90, 90, FIELD_ANY),
    REAL_FIELD("longitude", station, longitude, -180, 180, FIELD_ANY),
    TEXT_FIELD("fw", station, fw, FIELD_ANY),
    TEXT_FIELD("board", station, board, FIELD_ANY),
    GROUP_FIELD("journal", journal_fields),
    FIELDS_END,
};

void message_bay_init(struct message_bay *to)
{
    memset(to, 0, sizeof *to);
    fields_init(bay_fields, to);
}

static int decode_bays(const cJSON *object, struct message_station *to, struct path *path,
                       struct err *err)
{
    const cJSON *array, *item;
    int result = json_member_array(object, "bays", MESSAGE_BAYS_MAX, &array, path, err);
    if (result != 0 || array == NULL || array->child == NULL)
        return result;
    to->bays = calloc((size_t)cJSON_GetArraySize(array), sizeof *to->bays);
    if (to->bays == NULL)
        return err_set(err, ERR_NOMEM, "no memory for bays");
    size_t member = path_enter(path, "bays", -1);
    cJSON_ArrayForEach(item, array)
    {
        size_t element = path_enter(path, NULL, (int)to->bay_count);
        result = object_decode(bay_fields, item, &to->bays[to->bay_count++], path, err);
        if (result != 0)
            return result;
        path_leave(path, element);
    }
    path_leave(path, member);
    return 0;
}

static int decode_station(const cJSON *object, struct message_station *to, struct path *path,
                          struct err *err)
{
    size_t member = path_enter(path, "station", -1);
    int result = object_decode(message_station_fields, object, to, path, err);
    if (result == 0)
        result = decode_bays(object, to, path, err);
    if (result == 0)
        result = config_member_decode(object, &to->config, path, err);
    to->present = result == 0;
    path_leave(path, member);
    return result;
}

/* The bare form has one battery, which without a slot is that of bay 1. */
static int decode_batteries(const cJSON *value, struct message_station_info *to, struct path *path,
                            struct err *err)
{
    bool single = !cJSON_IsArray(value);
    int count = single ? 1 : cJSON_GetArraySize(value);
    if (count > MESSAGE_BAYS_MAX)
        return path_refuse(path, "battery", err, "%d elements, at most %d are allowed", count,
                           MESSAGE_BAYS_MAX);
    if (count == 0)
        return 0;
    to->batteries = calloc((size_t)count, sizeof *to->batteries);
    if (to->batteries == NULL)
        return err_set(err, ERR_NOMEM, "no memory for batteries");
    size_t member = path_enter(path, "battery", -1);
    const cJSON *item = single ? value : value->child;
    for (int i = 0; i < count; i++, item = item->next) {
        size_t element = single ? path->length : path_enter(path, NULL, i);
        struct message_battery *battery = &to->batteries[to->battery_count++];
        int result = object_decode(message_battery_fields, item, battery, path, err);
        if (result != 0)
            return result;
        path_leave(path, element);
    }
    path_leave(path, member);
    if (single && to->batteries[0].slot == MESSAGE_ABSENT)
        to->batteries[0].slot = 1;
    return 0;
}

int station_info_decode(const cJSON *data, struct message *message, struct path *path,
                        struct err *err)
{
    struct message_station_info *to = &message->data.station_info;
    const cJSON *object = json_member(data, "station");
    const cJSON *batteries = json_member(data, "battery");
    if (object == NULL && batteries == NULL)
        return path_refuse(path, NULL, err, "neither station nor battery is there");
    int result = object != NULL ? decode_station(object, &to->station, path, err) : 0;
    if (result == 0 && batteries != NULL)
        result = decode_batteries(batteries, to, path, err);
    return result;
}

/* An array of objects as member `name`; `stride` is the size of one element. */
static int encode_array(const char *name, const struct field *fields, const void *elements,
                        size_t stride, size_t count, struct object_writer *writer,
                        struct path *path, struct err *err)
{
    if (count > MESSAGE_BAYS_MAX)
        return path_refuse(path, name, err, "%zu elements, at most %d are allowed", count,
                           MESSAGE_BAYS_MAX);
    object_key(writer, name);
    strbuf_append_char(writer->to, '[');
    size_t member = path_enter(path, name, -1);
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (i > 0)
            strbuf_append_char(writer->to, ',');
        size_t element = path_enter(path, NULL, (int)i);
        result = object_encode(fields, (const char *)elements + i * stride, writer->to, path, err);
        path_leave(path, element);
    }
    path_leave(path, member);
    strbuf_append_char(writer->to, ']');
    return result;
}

static int encode_station(const struct message_station *from, struct object_writer *writer,
                          struct path *path, struct err *err)
{
    struct object_writer inner;
    object_key(writer, "station");
    object_begin(&inner, writer->to);
    size_t member = path_enter(path, "station", -1);
    int result = fields_encode(message_station_fields, from, &inner, path, err);
    if (result == 0 && from->bay_count > 0)
        result = encode_array("bays", bay_fields, from->bays, sizeof *from->bays, from->bay_count,
                              &inner, path, err);
    if (result == 0)
        result = config_member_encode(&from->config, &inner, path, err);
    path_leave(path, member);
    object_end(&inner);
    return result;
}

int station_info_encode(const struct message *message, struct object_writer *writer,
                        struct path *path, struct err *err)
{
    const struct message_station_info *from = &message->data.station_info;
    int result = from->station.present ? encode_station(&from->station, writer, path, err) : 0;
    /* Always an array: only the object form has a slot by default. */
    if (result == 0 && (from->battery_count > 0 || !from->station.present))
        result = encode_array("battery", message_battery_fields, from->batteries,
                              sizeof *from->batteries, from->battery_count, writer, path, err);
    return result;
}
