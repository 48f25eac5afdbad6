/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/map.h"

#include "base/file.h"
#include "base/scope.h"
#include <stdio.h>

/* A map has some dozens of lines. */
enum { FILE_MAX_BYTES = 64 * 1024, PATH_SIZE = 640 };

#define NAME(name, kind) #name,
#define KIND(name, kind) MODBUS_KIND_##kind,

const char *modbus_read_name(enum modbus_read read)
{
    static const char *const names[] = {MODBUS_READS(NAME)};
    return read < MODBUS_READ_COUNT ? names[read] : "?";
}

const char *modbus_write_name(enum modbus_write write)
{
    static const char *const names[] = {MODBUS_WRITES(NAME)};
    return write < MODBUS_WRITE_COUNT ? names[write] : "?";
}

enum modbus_kind modbus_read_kind(enum modbus_read read)
{
    static const enum modbus_kind kinds[] = {MODBUS_READS(KIND)};
    return read < MODBUS_READ_COUNT ? kinds[read] : MODBUS_KIND_COUNT;
}

void modbus_map_init(struct modbus_map *map)
{
    *map = (struct modbus_map){.max_registers = 125, .timeout_ms = 250};
}

int modbus_map_load(const char *folder, const char *name, struct modbus_map *map, struct err *err)
{
    const char *const between[] = {"", "../maps/"};
    char path[PATH_SIZE];
    int code = ERR_NOT_FOUND;
    for (size_t i = 0; i < 2 && code == ERR_NOT_FOUND; i++) {
        SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
        struct err reason = {0};
        if ((size_t)snprintf(path, sizeof path, "%s/%s%s.ini", folder, between[i], name) >=
            sizeof path)
            return err_set(err, ERR_CONFIG, "%s: the path is too long", folder);
        code = file_read(path, FILE_MAX_BYTES, &text, &reason);
        if (code == 0)
            return modbus_map_parse(strbuf_text(&text), text.length, path, map, err);
        if (code != ERR_NOT_FOUND)
            return err_set(err, code, "%s", reason.text);
    }
    return err_set(err, ERR_NOT_FOUND, "map=%s: there is no %s.ini in %s nor in %s/../maps", name,
                   name, folder, folder);
}
