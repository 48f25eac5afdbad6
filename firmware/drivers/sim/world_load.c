/* SPDX-License-Identifier: Apache-2.0 */
/* The plant from JSON text. Nothing is taken over unless all of it is good. */
#include "drivers/sim/world.h"

#include "drivers/sim/world_check.h"
#include "drivers/sim/world_fields.h"
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int load_value(const struct field *field, const cJSON *item, void *at, const char *where,
                      struct err *err)
{
    if (item == NULL)
        return field->optional ? 0
                               : err_set(err, ERR_INVALID, "%s.%s is missing", where, field->name);
    double number = cJSON_GetNumberValue(item);
    switch (field->type) {
    case FIELD_REAL:
    case FIELD_INTEGER:
    case FIELD_INT:
        if (!(number >= field->min && number <= field->max) ||
            (field->type != FIELD_REAL && number != floor(number)))
            return err_set(err, ERR_INVALID, "%s.%s is not a number from %g to %g", where,
                           field->name, field->min, field->max);
        if (field->type == FIELD_REAL)
            *(double *)at = number;
        else if (field->type == FIELD_INTEGER)
            *(int64_t *)at = (int64_t)number;
        else
            *(int *)at = (int)number;
        return 0;
    case FIELD_BOOL:
        if (!cJSON_IsBool(item))
            return err_set(err, ERR_INVALID, "%s.%s is not true or false", where, field->name);
        *(bool *)at = cJSON_IsTrue(item) != 0;
        return 0;
    case FIELD_TEXT:
        if (!cJSON_IsString(item) || strlen(item->valuestring) >= IO_ID_SIZE)
            return err_set(err, ERR_INVALID, "%s.%s is not a text of at most %d bytes", where,
                           field->name, IO_ID_SIZE - 1);
        (void)snprintf(at, IO_ID_SIZE, "%s", item->valuestring);
        return 0;
    }
    return err_set(err, ERR_INVALID, "%s.%s is of unknown type", where, field->name);
}

static int load_object(const struct field *fields, const cJSON *json, void *object,
                       const char *where, struct err *err)
{
    if (!cJSON_IsObject(json))
        return err_set(err, ERR_INVALID, "%s is missing", where);
    for (const struct field *field = fields; field->name != NULL; field++) {
        int result = load_value(field, cJSON_GetObjectItemCaseSensitive(json, field->name),
                                (char *)object + field->offset, where, err);
        if (result != 0)
            return result;
    }
    return 0;
}

static int load_pack(const cJSON *json, bool has_pack, struct sim_pack *pack, const char *where,
                     struct err *err)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s.pack", where);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "pack");
    return has_pack ? load_object(PACK_FIELDS, item, pack, name, err) : 0;
}

static int load_bays(const cJSON *json, struct sim_world *world, struct err *err)
{
    const cJSON *bays = cJSON_GetObjectItemCaseSensitive(json, "bays");
    int count = cJSON_GetArraySize(bays);
    if (count != world->bay_count)
        return err_set(err, ERR_INVALID,
                       "the saved plant has %d bays, the board %d: use the state folder of this "
                       "board, or remove the file to begin with a new plant",
                       count, world->bay_count);
    int index = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, bays)
    {
        struct sim_bay *bay = &world->bays[index];
        char where[32];
        (void)snprintf(where, sizeof where, "bays[%d]", index++);
        *bay = (struct sim_bay){0};
        int result = load_object(BAY_FIELDS, item, bay, where, err);
        if (result == 0)
            result = load_object(CHARGER_FIELDS, cJSON_GetObjectItemCaseSensitive(item, "charger"),
                                 &bay->charger, where, err);
        if (result == 0)
            result = load_pack(item, bay->has_pack, &bay->pack, where, err);
        if (result != 0)
            return result;
    }
    return 0;
}

/* The packs of a vehicle; files from before there were sets have at most one, and say so. */
static int load_packs(const cJSON *json, struct sim_vehicle *vehicle, const char *where,
                      struct err *err)
{
    const cJSON *packs = cJSON_GetObjectItemCaseSensitive(json, "packs"), *item;
    if (packs == NULL) {
        vehicle->pack_count =
            cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "has_pack")) ? 1 : 0;
        return load_pack(json, vehicle->pack_count == 1, &vehicle->packs[0], where, err);
    }
    if (cJSON_GetArraySize(packs) > VEHICLE_PACKS_MAX)
        return err_set(err, ERR_INVALID, "%s.packs has more than %d of them", where,
                       VEHICLE_PACKS_MAX);
    cJSON_ArrayForEach(item, packs)
    {
        char name[64];
        (void)snprintf(name, sizeof name, "%s.packs[%d]", where, vehicle->pack_count);
        int result =
            load_object(PACK_FIELDS, item, &vehicle->packs[vehicle->pack_count++], name, err);
        if (result != 0)
            return result;
    }
    return 0;
}

static int load_vehicles(const cJSON *json, struct sim_world *world, struct err *err)
{
    const cJSON *vehicles = cJSON_GetObjectItemCaseSensitive(json, "vehicles");
    int count = cJSON_GetArraySize(vehicles);
    world->vehicles = calloc((size_t)count + 1, sizeof *world->vehicles);
    if (world->vehicles == NULL)
        return err_set(err, ERR_NOMEM, "no memory for %d vehicles", count);
    world->vehicle_capacity = (size_t)count + 1;
    const cJSON *item;
    cJSON_ArrayForEach(item, vehicles)
    {
        struct sim_vehicle *vehicle = &world->vehicles[world->vehicle_count];
        char where[32];
        (void)snprintf(where, sizeof where, "vehicles[%zu]", world->vehicle_count++);
        vehicle->set = 1; /* when the file is too old to say it */
        int result = load_object(VEHICLE_FIELDS, item, vehicle, where, err);
        if (result == 0)
            result = load_packs(item, vehicle, where, err);
        if (result != 0)
            return result;
    }
    return 0;
}

/* Fault states belong to one script; with another they begin anew. */
static int load_faults(const cJSON *json, struct sim_world *world, struct err *err)
{
    char mark[20];
    (void)snprintf(mark, sizeof mark, "%016" PRIx64, world->script_mark);
    const char *saved = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "script"));
    const cJSON *faults = cJSON_GetObjectItemCaseSensitive(json, "faults");
    if (saved == NULL || strcmp(saved, mark) != 0 ||
        (size_t)cJSON_GetArraySize(faults) != world->script.count)
        return 0;
    size_t index = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, faults)
    {
        struct fault_state *state = &world->faults[index++];
        int result = load_object(FAULT_FIELDS, item, state, "faults", err);
        if (result != 0)
            return result;
        const struct script_rule *rule = &world->script.rules[index - 1];
        if (state->fired && script_fault_scope(rule->fault) == SCRIPT_BAY &&
            (state->bay < 0 || state->bay >= world->bay_count))
            return err_set(err, ERR_INVALID, "faults[%zu].bay is no bay of the board", index - 1);
    }
    return 0;
}

/* What belongs together in a visit. */
static int check_visit(struct sim_world *world, struct err *err)
{
    struct sim_visit *visit = &world->visit;
    const struct sim_vehicle *vehicle = world_vehicle(world, visit->vehicle);
    if (visit->used < 0) /* the file is too old to say it */
        visit->used = vehicle != NULL && !visit->gave && !visit->took ? vehicle->pack_count : 0;
    if (visit->state == VISIT_NONE)
        return 0;
    if (vehicle == NULL || visit->bay >= world->bay_count || visit->gave_bay >= world->bay_count)
        return err_set(err, ERR_INVALID, "visit: the vehicle or the bay does not exist");
    if (visit->used > vehicle->pack_count ||
        (visit->state == VISIT_PUTTING && !world_may_put(world, vehicle)) ||
        (visit->state == VISIT_TAKING && !world_may_take(world, vehicle)))
        return err_set(err, ERR_INVALID, "visit: vehicle and bay do not match what it does");
    return 0;
}

/* The body between header and closing brace, once the check sum is right. */
static int find_body(const char *text, size_t length, const char **body, size_t *body_length,
                     struct err *err)
{
    char header[128];
    int size = snprintf(header, sizeof header, WORLD_HEADER, WORLD_VERSION, 0ULL);
    if (length < (size_t)size + 2)
        return err_set(err, ERR_INVALID, "the saved plant is cut off after %zu bytes", length);
    *body = text + size;
    *body_length = length - (size_t)size - 2;
    (void)snprintf(header, sizeof header, WORLD_HEADER, WORLD_VERSION,
                   (unsigned long long)world_check(*body, *body_length));
    if (memcmp(header, text, (size_t)size) == 0 && memcmp(text + length - 2, "}\n", 2) == 0)
        return 0;
    return err_set(err, ERR_INVALID,
                   "the saved plant is damaged or of another version (version %d with a right "
                   "check sum is read): restore the file, or remove it to begin with a new plant",
                   WORLD_VERSION);
}

int world_load(struct sim_world *world, const char *text, size_t length, struct err *err)
{
    const char *body = NULL;
    size_t body_length = 0;
    int result = find_body(text, length, &body, &body_length, err);
    if (result != 0)
        return result;
    cJSON *json = cJSON_ParseWithLength(body, body_length);
    struct sim_world *loaded = malloc(sizeof *loaded);
    if (json == NULL || loaded == NULL) {
        cJSON_Delete(json);
        free(loaded);
        return err_set(err, ERR_INVALID, "the saved plant is no JSON, or memory is short");
    }
    *loaded = *world;
    loaded->vehicles = NULL;
    loaded->visit.used = -1;
    loaded->vehicle_count = loaded->vehicle_capacity = 0;
    result = load_object(WORLD_FIELDS, json, loaded, "world", err);
    if (result == 0)
        result = load_object(VISIT_FIELDS, cJSON_GetObjectItemCaseSensitive(json, "visit"),
                             &loaded->visit, "visit", err);
    if (result == 0)
        result = load_bays(json, loaded, err);
    if (result == 0)
        result = load_vehicles(json, loaded, err);
    if (result == 0)
        result = load_faults(json, loaded, err);
    if (result == 0)
        result = check_visit(loaded, err);
    if (result == 0) {
        world_free(world);
        *world = *loaded;
        world_apply_faults(world);
    } else {
        world_free(loaded);
    }
    free(loaded);
    cJSON_Delete(json);
    return result;
}
