/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a map file to a map; a line of [read] or [write] is map_value.c's. */
#include "drivers/modbus/map_value.h"

#include "base/ini_text.h"
#include "base/nearest.h"
#include "drivers/address.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct modbus_map *map;
    enum map_base base;
    uint32_t seen; /* keys of [device] */
    struct map_draft reads[MODBUS_READ_COUNT], writes[MODBUS_WRITE_COUNT];
};

/* Keys of [device] that are whole numbers. */
static const struct {
    const char *name;
    size_t offset;
    int lowest, highest;
} numbers[] = {
    {"max_registers", offsetof(struct modbus_map, max_registers), 1, 125},
    {"max_gap", offsetof(struct modbus_map, max_gap), 0, 16},
    {"poll_ms", offsetof(struct modbus_map, poll_ms), 20, 60000},
    {"timeout_ms", offsetof(struct modbus_map, timeout_ms), 50, MODBUS_TIMEOUT_MAX_MS},
    {"pause_ms", offsetof(struct modbus_map, pause_ms), 0, 50},
    {"rewrite_ms", offsetof(struct modbus_map, rewrite_ms), 0, 60000},
};
enum { NUMBER_COUNT = sizeof numbers / sizeof numbers[0] };

/* Keys of [device] that are words; their numbers follow those of `numbers`. */
static const char *const texts[] = {"title", "source", "word_order", "address_base"};
enum { TEXT_TITLE, TEXT_SOURCE, TEXT_WORD_ORDER, TEXT_ADDRESS_BASE, TEXT_COUNT };

static int unknown(const struct ini_place *place, const char *name, struct nearest *nearest,
                   struct err *err)
{
    const char *meant = nearest_word(nearest);
    return err_set(err, ERR_CONFIG, "%s: [%s] %s: there is no such key%s%s%s", place->where,
                   place->section, name, meant ? "; did you mean " : "", meant ? meant : "",
                   meant ? "?" : "");
}

static int twice(const struct ini_place *place, const char *name, struct err *err)
{
    return err_set(err, ERR_CONFIG, "%s: [%s] %s is given twice", place->where, place->section,
                   name);
}

static int wrong(const struct ini_place *place, const char *name, const char *value,
                 const char *right, struct err *err)
{
    return err_set(err, ERR_CONFIG, "%s: [%s] %s = %.60s: %s", place->where, place->section, name,
                   value, right);
}

static int take_number(struct reading *reading, const struct ini_place *place, int index,
                       const char *value, struct err *err)
{
    int64_t number = 0;
    if (!address_integer(value, numbers[index].lowest, numbers[index].highest, &number)) {
        char right[80];
        (void)snprintf(right, sizeof right, "a whole number from %d to %d is needed",
                       numbers[index].lowest, numbers[index].highest);
        return wrong(place, numbers[index].name, value, right, err);
    }
    *(int *)((char *)reading->map + numbers[index].offset) = (int)number;
    return 0;
}

static int take_text(struct reading *reading, const struct ini_place *place, int index,
                     const char *value, struct err *err)
{
    struct modbus_map *map = reading->map;
    if (index == TEXT_TITLE) {
        if ((size_t)snprintf(map->title, sizeof map->title, "%s", value) < sizeof map->title)
            return 0;
        return wrong(place, "title", value, "the title is too long", err);
    }
    if (index == TEXT_WORD_ORDER) {
        map->little_words = strcmp(value, "little") == 0;
        if (map->little_words || strcmp(value, "big") == 0)
            return 0;
        return wrong(place, "word_order", value, "big (high word first) or little is needed", err);
    }
    if (index == TEXT_ADDRESS_BASE) {
        static const char *const bases[] = {"0", "1", "modicon"};
        for (int i = 0; i < 3; i++) {
            if (strcmp(value, bases[i]) == 0) {
                reading->base = (enum map_base)i;
                return 0;
            }
        }
        return wrong(place, "address_base", value, "0, 1 or modicon is needed", err);
    }
    return 0; /* TEXT_SOURCE is for people */
}

static int take_device(struct reading *reading, const struct ini_place *place, const char *name,
                       const char *value, struct err *err)
{
    struct nearest nearest = nearest_to(name);
    for (int i = 0; i < NUMBER_COUNT + TEXT_COUNT; i++) {
        const char *key = i < NUMBER_COUNT ? numbers[i].name : texts[i - NUMBER_COUNT];
        nearest_offer(&nearest, key);
        if (strcmp(key, name) != 0)
            continue;
        if (reading->seen & UINT32_C(1) << i)
            return twice(place, name, err);
        reading->seen |= UINT32_C(1) << i;
        return i < NUMBER_COUNT ? take_number(reading, place, i, value, err)
                                : take_text(reading, place, i - NUMBER_COUNT, value, err);
    }
    return unknown(place, name, &nearest, err);
}

static enum modbus_kind write_kind(int index)
{
#define KIND(name, kind) MODBUS_KIND_##kind,
    static const enum modbus_kind kinds[] = {MODBUS_WRITES(KIND)};
#undef KIND
    return kinds[index];
}

static int take_line(struct reading *reading, const struct ini_place *place, bool writes,
                     const char *name, const char *value, struct err *err)
{
    struct nearest nearest = nearest_to(name);
    int count = writes ? MODBUS_WRITE_COUNT : MODBUS_READ_COUNT;
    for (int i = 0; i < count; i++) {
        const char *key = writes ? modbus_write_name((enum modbus_write)i)
                                 : modbus_read_name((enum modbus_read)i);
        nearest_offer(&nearest, key);
        if (strcmp(key, name) != 0)
            continue;
        struct map_draft *draft = writes ? &reading->writes[i] : &reading->reads[i];
        if (draft->value.used)
            return twice(place, name, err);
        enum modbus_kind kind = writes ? write_kind(i) : modbus_read_kind((enum modbus_read)i);
        if (map_value_parse(value, kind, writes, place->line, draft, err) == 0)
            return 0;
        return err_prefix(err, "%s: [%s] %s: ", place->where, place->section, name);
    }
    return unknown(place, name, &nearest, err);
}

/* ini_text_take */
static int take(void *self, const struct ini_place *place, const char *name, const char *value,
                struct err *err)
{
    struct reading *reading = self;
    if (strcmp(place->section, "device") == 0)
        return take_device(reading, place, name, value, err);
    if (strcmp(place->section, "read") == 0 || strcmp(place->section, "write") == 0)
        return take_line(reading, place, place->section[0] == 'w', name, value, err);
    return err_set(err, ERR_CONFIG,
                   "%s: %s stands in [%s]; the sections are [device], [read] and "
                   "[write]",
                   place->where, name, place->section);
}

static int finish(struct reading *reading, const char *origin, struct err *err)
{
    struct modbus_map *map = reading->map;
    bool any = false;
    for (int i = 0; i < MODBUS_READ_COUNT + MODBUS_WRITE_COUNT; i++) {
        int write = i - MODBUS_READ_COUNT;
        const struct map_draft *draft = write < 0 ? &reading->reads[i] : &reading->writes[write];
        struct modbus_value *value = write < 0 ? &map->reads[i] : &map->writes[write];
        if (!draft->value.used)
            continue;
        any = true;
        if (map_value_finish(draft, reading->base, value, err) == 0 &&
            modbus_type_registers(value->type) > map->max_registers)
            (void)err_set(err, ERR_CONFIG, "the type is longer than max_registers = %d",
                          map->max_registers);
        if (err->code != 0)
            return err_prefix(err, "%s:%d: [%s] %s: ", origin, draft->value.line,
                              write < 0 ? "read" : "write",
                              write < 0 ? modbus_read_name((enum modbus_read)i)
                                        : modbus_write_name((enum modbus_write)write));
    }
    if (!any)
        return err_set(err, ERR_CONFIG, "%s: no value stands in [read] or [write]", origin);
    return 0;
}

int modbus_map_parse(const char *text, size_t length, const char *origin, struct modbus_map *map,
                     struct err *err)
{
    struct err own = {0};
    struct reading reading = {.map = map};
    modbus_map_init(map);
    int code = ini_text_read(text, length, origin, take, &reading, &own);
    if (code == 0)
        code = finish(&reading, origin, &own);
    if (code != 0)
        return err_set(err, code, "%s", own.text);
    return 0;
}
