/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/place.h"

#include "base/nearest.h"
#include "drivers/address.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_DEFAULT = 502, UNIT_MAX = 247, UNIT_DEVICE = 255 };

static const char right_bus[] =
    "tcp:ADDRESS:PORT or /dev/NAME@BAUD-FORMAT is needed (tcp:192.168.1.5:502, "
    "/dev/ttyS1@9600-8E1)";

/* tcp:192.168.1.5:502. Names are not looked up: a station must not wait for a name server. */
static int take_tcp(const char *text, struct modbus_bus_place *bus, struct err *err)
{
    size_t length = strcspn(text, ":");
    int64_t port = PORT_DEFAULT;
    struct in_addr address;
    if (length >= sizeof bus->name)
        return err_set(err, ERR_CONFIG, "bus=tcp:%s: %s", text, right_bus);
    memcpy(bus->name, text, length);
    bus->name[length] = '\0';
    if (inet_pton(AF_INET, bus->name, &address) != 1)
        return err_set(err, ERR_CONFIG, "bus=tcp:%s: \"%s\" is no IPv4 address (192.168.1.5)", text,
                       bus->name);
    if (text[length] == ':' && !address_integer(text + length + 1, 1, 65535, &port))
        return err_set(err, ERR_CONFIG, "bus=tcp:%s: a port from 1 to 65535 is needed", text);
    bus->tcp = true;
    bus->port = (int)port;
    return 0;
}

/* 9600-8E1 */
static int take_line(const char *text, struct modbus_bus_place *bus, struct err *err)
{
    static const int bauds[] = {1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200};
    char *end = NULL;
    long baud = strtol(text, &end, 10);
    for (size_t i = 0; i < sizeof bauds / sizeof bauds[0]; i++) {
        if (bauds[i] == baud)
            bus->baud = (int)baud;
    }
    if (bus->baud == 0)
        return err_set(err, ERR_CONFIG,
                       "bus=%s@%s: the speed is one of 1200, 2400, 4800, 9600, 19200, 38400, "
                       "57600, 115200",
                       bus->name, text);
    if (end[0] != '-' || end[1] != '8' || end[2] == '\0' || strchr("NEO", end[2]) == NULL ||
        (end[3] != '1' && end[3] != '2') || end[4] != '\0')
        return err_set(err, ERR_CONFIG,
                       "bus=%s@%s: behind the speed stands 8 bits, parity N, E or O, stop bits 1 "
                       "or 2, as in -8E1",
                       bus->name, text);
    bus->parity = end[2];
    bus->stop_bits = end[3] - '0';
    return 0;
}

static int take_bus(const char *text, struct modbus_bus_place *bus, struct err *err)
{
    if (strncmp(text, "tcp:", 4) == 0)
        return take_tcp(text + 4, bus, err);
    const char *at = strchr(text, '@');
    size_t length = at != NULL ? (size_t)(at - text) : 0;
    if (strncmp(text, "/dev/", 5) != 0 || length <= 5 || length >= sizeof bus->name)
        return err_set(err, ERR_CONFIG, "bus=%s: %s", text, right_bus);
    memcpy(bus->name, text, length);
    bus->name[length] = '\0';
    return take_line(at + 1, bus, err);
}

/* A plain word: it becomes the name of a file. */
static int take_map(const char *text, struct modbus_place *place, struct err *err)
{
    size_t length = strlen(text);
    bool plain =
        length > 0 && text[0] != '.' &&
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == length;
    if (!plain || length >= sizeof place->map)
        return err_set(err, ERR_CONFIG,
                       "map=%.60s: the name of a map file without .ini is needed (letters, digits, "
                       "'.', '_', '-', at most %d)",
                       text, MODBUS_MAP_NAME_SIZE - 1);
    memcpy(place->map, text, length + 1);
    return 0;
}

static int take_number(const struct address_word *word, int64_t highest, int *to, struct err *err)
{
    int64_t number;
    if (!address_integer(word->value, 1, highest, &number))
        return err_set(err, ERR_CONFIG, "%s=%s: a whole number from 1 to %lld is needed", word->key,
                       word->value, (long long)highest);
    *to = (int)number;
    return 0;
}

enum { KEY_BUS, KEY_UNIT, KEY_MAP, KEY_CHANNEL, KEY_RS485, KEY_COUNT };

static int find_key(const struct address_word *word, struct err *err)
{
    static const char *const keys[KEY_COUNT] = {"bus", "unit", "map", "channel", "rs485"};
    const char *typed = *word->key != '\0' ? word->key : word->value;
    struct nearest nearest = nearest_to(typed);
    for (int i = 0; i < KEY_COUNT; i++) {
        bool bare = i == KEY_RS485;
        if (strcmp(keys[i], typed) == 0 && bare == (*word->key == '\0'))
            return i;
        nearest_offer(&nearest, keys[i]);
    }
    const char *meant = nearest_word(&nearest);
    return err_set(err, ERR_CONFIG, "%s%s%s: bus=, unit=, map=, channel= and rs485 are known%s%s%s",
                   word->key, *word->key != '\0' ? "=" : "", word->value,
                   meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static int take_word(int key, const struct address_word *word, struct modbus_place *place,
                     struct err *err)
{
    switch (key) {
    case KEY_BUS:
        return take_bus(word->value, &place->bus, err);
    case KEY_UNIT:
        return take_number(word, UNIT_DEVICE, &place->unit, err);
    case KEY_MAP:
        return take_map(word->value, place, err);
    case KEY_CHANNEL:
        return take_number(word, MODBUS_CHANNELS_MAX, &place->channel, err);
    default:
        place->bus.rs485 = true;
        return 0;
    }
}

int modbus_place_parse(const char *address, struct modbus_place *place, struct err *err)
{
    *place = (struct modbus_place){.channel = 1};
    uint32_t seen = 0;
    struct address_word word;
    int code;
    if (*address == '\0')
        return err_set(err, ERR_CONFIG, "the address is missing: bus=… unit=… map=…");
    while ((code = address_next(&address, &word, err)) == 1) {
        int key = find_key(&word, err);
        if (key >= 0 && seen & UINT32_C(1) << key)
            return err_set(err, ERR_CONFIG, "%s is given twice",
                           *word.key != '\0' ? word.key : word.value);
        code = key < 0 ? key : take_word(key, &word, place, err);
        if (code != 0)
            return code;
        seen |= UINT32_C(1) << key;
    }
    if (code != 0)
        return err != NULL ? err->code = ERR_CONFIG : ERR_CONFIG;
    static const char *const needed[] = {"bus", "unit", "map"};
    for (int i = 0; i < 3; i++) {
        if (!(seen & UINT32_C(1) << i))
            return err_set(err, ERR_CONFIG, "%s= is missing in the address", needed[i]);
    }
    if (place->unit > UNIT_MAX && !(place->bus.tcp && place->unit == UNIT_DEVICE))
        return err_set(err, ERR_CONFIG, "unit=%d: units are 1 to %d%s", place->unit, UNIT_MAX,
                       place->bus.tcp ? ", and 255 for the device itself" : " on a tty");
    if (place->bus.rs485 && place->bus.tcp)
        return err_set(err, ERR_CONFIG, "rs485 is for a tty, not for TCP");
    return 0;
}

bool modbus_bus_is_same(const struct modbus_bus_place *a, const struct modbus_bus_place *b)
{
    return a->tcp == b->tcp && a->port == b->port && strcmp(a->name, b->name) == 0;
}

bool modbus_bus_is_alike(const struct modbus_bus_place *a, const struct modbus_bus_place *b)
{
    return a->baud == b->baud && a->parity == b->parity && a->stop_bits == b->stop_bits &&
           a->rs485 == b->rs485;
}

void modbus_bus_text(const struct modbus_bus_place *bus, char *to, size_t size)
{
    if (bus->tcp)
        (void)snprintf(to, size, "%s:%d", bus->name, bus->port);
    else
        (void)snprintf(to, size, "%s", bus->name);
}
