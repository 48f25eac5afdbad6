/* SPDX-License-Identifier: Apache-2.0 */
/* From what a line of a map said to the value: the way addresses are counted, defaults, and all
 * that must fit together. */
#include "drivers/modbus/map_value.h"

/* Modicon's way: the first digit names the table, the others count from 1 (40001 is holding
 * register 0); with six digits 400001 to 465536. */
static int find_table(int64_t written, int64_t *table, int64_t *number)
{
    int64_t unit = written > 99999 ? 100000 : 10000;
    *table = written / unit;
    *number = written % unit;
    return *number >= 1 && *number <= 65536 &&
                   (*table == 0 || *table == 1 || *table == 3 || *table == 4)
               ? 0
               : ERR_CONFIG;
}

/* The function that reads or writes a table; 0: there is none. */
static enum modbus_function function_of(int64_t table, const struct map_draft *draft)
{
    bool several = modbus_type_registers(draft->value.type) > 1;
    if (draft->writes)
        return table == 0   ? MODBUS_WRITE_COIL
               : table != 4 ? MODBUS_CONSTANT
               : several    ? MODBUS_WRITE_REGISTERS
                            : MODBUS_WRITE_REGISTER;
    static const enum modbus_function readers[] = {MODBUS_READ_COILS, MODBUS_READ_INPUTS,
                                                   MODBUS_CONSTANT, MODBUS_READ_INPUT,
                                                   MODBUS_READ_HOLDING};
    return readers[table];
}

/* Whether a function reaches a table: both ways to write registers reach table 4. */
static bool reaches(enum modbus_function function, enum modbus_function table)
{
    bool registers = function == MODBUS_WRITE_REGISTER || function == MODBUS_WRITE_REGISTERS;
    return function == table ||
           (registers && (table == MODBUS_WRITE_REGISTER || table == MODBUS_WRITE_REGISTERS));
}

static int finish_address(const struct map_draft *draft, enum map_base base, int64_t written,
                          struct modbus_value *value, int64_t *address, struct err *err)
{
    *address = base == MAP_BASE_1 ? written - 1 : written;
    if (base == MAP_BASE_MODICON) {
        int64_t table, number;
        if (find_table(written, &table, &number) != 0)
            return err_set(err, ERR_CONFIG,
                           "address %lld is none of Modicon's way: 00001, 10001, 30001, 40001 and "
                           "on are the tables",
                           (long long)written);
        enum modbus_function function = function_of(table, draft);
        if (function == MODBUS_CONSTANT)
            return err_set(err, ERR_CONFIG, "address %lld cannot be written", (long long)written);
        if (draft->has_function && !reaches(draft->value.function, function))
            return err_set(err, ERR_CONFIG, "address %lld is not reached by function %d",
                           (long long)written, (int)draft->value.function);
        if (!draft->has_function)
            value->function = function;
        *address = number - 1;
    }
    if (*address < 0 || *address > UINT16_MAX)
        return err_set(err, ERR_CONFIG, "address %lld is beyond the 65536 that there are",
                       (long long)written);
    return 0;
}

static bool is_bits(enum modbus_function function)
{
    return function == MODBUS_READ_COILS || function == MODBUS_READ_INPUTS ||
           function == MODBUS_WRITE_COIL;
}

static int finish_type(const struct map_draft *draft, struct modbus_value *value, struct err *err)
{
    bool bits = is_bits(value->function);
    bool number = draft->kind <= MODBUS_KIND_C;
    if (!draft->has_type) {
        if (number && !bits)
            return err_set(err, ERR_CONFIG,
                           "type is missing: u16, s16, u32, s32, u64, s64, f32 or "
                           "f64");
        value->type = bits ? MODBUS_TYPE_BIT : MODBUS_TYPE_U16;
    }
    if (bits != (value->type == MODBUS_TYPE_BIT))
        return err_set(err, ERR_CONFIG,
                       bits ? "functions 1, 2 and 5 go with type=bit"
                            : "type=bit goes with functions 1, 2 and 5; in a register mask=0x0004 "
                              "picks a bit");
    if (number && bits)
        return err_set(err, ERR_CONFIG, "one bit is no measure");
    bool real = value->type == MODBUS_TYPE_F32 || value->type == MODBUS_TYPE_F64;
    if (real && !number)
        return err_set(err, ERR_CONFIG, "f32 and f64 are for measures only");
    if (value->function == MODBUS_WRITE_REGISTER && modbus_type_registers(value->type) > 1)
        return err_set(err, ERR_CONFIG,
                       "function=6 writes one register; function=16 is needed for this type");
    return 0;
}

static int finish_kind(const struct map_draft *draft, struct modbus_value *value, struct err *err)
{
    uint64_t most = UINT64_MAX >> (64 - 16 * modbus_type_registers(value->type));
    if (value->type == MODBUS_TYPE_BIT)
        most = 1;
    value->mask &= most;
    /* "-1" in a map means all bits of the type. */
    if ((int64_t)value->invalid < 0)
        value->invalid &= most;
    if (value->mask == 0)
        return err_set(err, ERR_CONFIG, "mask picks no bit of the type");
    if (value->has_equals && (value->equals & ~value->mask) != 0)
        return err_set(err, ERR_CONFIG, "equals has bits that the mask leaves out: it is never so");
    if (value->invalid > most || value->on > most || value->off > most)
        return err_set(err, ERR_CONFIG, "a raw value has more bits than the type");
    if (draft->kind == MODBUS_KIND_SWITCH && value->on == value->off)
        return err_set(err, ERR_CONFIG, "on and off are the same");
    if (draft->kind == MODBUS_KIND_WATCHDOG && !draft->has_every)
        return err_set(err, ERR_CONFIG, "every_ms is missing: how often it is written");
    if (draft->kind == MODBUS_KIND_WATCHDOG && value->feed > (int64_t)most && most <= INT64_MAX)
        return err_set(err, ERR_CONFIG, "value has more bits than the type");
    return 0;
}

int map_value_finish(const struct map_draft *draft, enum map_base base, struct modbus_value *value,
                     struct err *err)
{
    *value = draft->value;
    if (draft->has_constant) {
        if (draft->has_address || draft->has_function || draft->has_power || draft->has_flag ||
            draft->has_scaling)
            return err_set(err, ERR_CONFIG, "constant stands alone: nothing is read then");
        value->function = MODBUS_CONSTANT;
        value->constant *= draft->unit_factor;
        return 0;
    }
    if (!draft->has_address)
        return err_set(err, ERR_CONFIG, "address is missing");
    if (!draft->has_function && base != MAP_BASE_MODICON)
        return err_set(err, ERR_CONFIG, "function is missing: %s",
                       draft->writes ? "5, 6 or 16" : "1, 2, 3 or 4");
    int64_t address = 0, power = -1;
    int code = finish_address(draft, base, draft->address, value, &address, err);
    if (code == 0 && draft->has_power)
        code = finish_address(draft, base, draft->power_address, value, &power, err);
    if (code == 0)
        code = finish_type(draft, value, err);
    if (code == 0)
        code = finish_kind(draft, value, err);
    if (code != 0)
        return code;
    if (address + modbus_type_registers(value->type) > 65536)
        return err_set(err, ERR_CONFIG, "the value reaches beyond the last register");
    value->address = (uint16_t)address;
    value->scale_address = (int32_t)power;
    value->scale *= draft->unit_factor;
    value->offset *= draft->unit_factor;
    return 0;
}
