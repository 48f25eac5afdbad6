/* SPDX-License-Identifier: Apache-2.0 */
/* swap-modbus: what a Modbus device says, for technicians. */
#include "base/args.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include "drivers/address.h"
#include "modbustool/show.h"
#include <string.h>

static const struct args_option OPTIONS[] = {
    {"maps", "DIR", "folder of the map files (default: /etc/swapstack/maps)", NULL, NULL},
    {"function", "N", "registers: 1 coils, 2 discrete inputs, 3 holding, 4 input (default: 3)",
     NULL, NULL},
    {"from", "ADDRESS", "registers: the first, from 0, decimal or 0x… (default: 0)", NULL, NULL},
    {"count", "N", "registers: how many, 1 to 125 (default: 10)", NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static const struct args_spec SPEC = {
    .program = "swap-modbus",
    .synopsis =
        "read bus=… unit=… map=… [channel=…] [rs485] [--maps DIR]\n"
        "       swap-modbus registers bus=… unit=… [--function N] [--from ADDRESS] [--count N]",
    .summary = "Reads a meter, charger or sensor with its map file (map=sunspec: without one) and\n"
               "prints its values, or prints bare registers for a map that is to be written. The\n"
               "address is that of board.ini. Never writes. A tty has one master: stop the engine\n"
               "before reading a bus that it uses.",
    .options = OPTIONS,
    .takes_words = true,
};

static void args_scope(struct args **args)
{
    args_free(*args);
}

static int take_number(const struct args *args, const char *option, int64_t lowest, int64_t highest,
                       int64_t fallback, int64_t *to, struct err *err)
{
    const char *text = args_value(args, option);
    *to = fallback;
    if (text == NULL || address_integer(text, lowest, highest, to))
        return 0;
    return err_set(err, ERR_USAGE, "--%s %s: a whole number from %lld to %lld is needed", option,
                   text, (long long)lowest, (long long)highest);
}

static int take_range(const struct args *args, struct show_range *range, struct err *err)
{
    int64_t function, from, count;
    int code = take_number(args, "function", 1, 4, 3, &function, err);
    if (code == 0)
        code = take_number(args, "from", 0, 65535, 0, &from, err);
    if (code == 0)
        code = take_number(args, "count", 1, 125, 10, &count, err);
    if (code == 0 && from + count > 65536)
        code = err_set(err, ERR_USAGE, "--from %lld --count %lld: there are 65536 registers",
                       (long long)from, (long long)count);
    if (code == 0)
        *range =
            (struct show_range){(enum modbus_function)function, (uint16_t)from, (uint16_t)count};
    return code;
}

/* The words behind the verb are an address; bare registers need no map. */
static int take_place(const struct args *args, bool needs_map, struct modbus_place *place,
                      struct err *err)
{
    SCOPE_STRBUF struct strbuf address = STRBUF_INIT;
    for (int i = 1; i < args_word_count(args); i++)
        strbuf_printf(&address, "%s ", args_word(args, i));
    if (!needs_map)
        strbuf_append_text(&address, "map=none");
    if (strbuf_failed(&address))
        return err_set(err, ERR_NOMEM, "no memory for the address");
    int code = modbus_place_parse(strbuf_text(&address), place, err);
    return code == 0 ? 0 : err_set(err, ERR_USAGE, "%s", err->text);
}

static int run(const struct args *args, struct err *err)
{
    const char *verb = args_word_count(args) > 0 ? args_word(args, 0) : "";
    const char *maps = args_value(args, "maps");
    bool values = strcmp(verb, "read") == 0;
    struct modbus_place place;
    struct show_range range;
    struct modbus_link link;
    if (!values && strcmp(verb, "registers") != 0)
        return err_set(err, ERR_USAGE, "the first word is the verb: read or registers");
    int code = take_range(args, &range, err);
    if (code == 0)
        code = take_place(args, values, &place, err);
    if (code == 0)
        code = modbus_link_new(&link, &place.bus, err);
    if (code != 0)
        return code;
    code = values ? show_values(&link, &place, maps != NULL ? maps : "/etc/swapstack/maps", stdout,
                                err)
                  : show_registers(&link, &place, &range, stdout, err);
    link.free(link.self);
    return code;
}

int main(int argc, char **argv)
{
    SCOPE(args_scope) struct args *args = NULL;
    struct err err = {0};
    if (args_parse(&args, &SPEC, argc, argv, &err) || run(args, &err))
        return args_fail(&SPEC, &err);
    return 0;
}
