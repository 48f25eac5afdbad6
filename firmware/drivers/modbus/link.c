/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/link.h"

#include "base/log.h"
#include "base/scope.h"
#include <errno.h>
#include <modbus.h>

struct wire {
    modbus_t *modbus;
    struct modbus_bus_place place;
    bool is_open, warned_rs485;
};

/* The whole answer must be there within the time: with a time-out from byte to byte a device that
 * trickles could hold its bus for half a minute. */
static void set_timeout(const struct wire *wire, int timeout_ms)
{
    (void)modbus_set_response_timeout(wire->modbus, (uint32_t)timeout_ms / 1000,
                                      (uint32_t)timeout_ms % 1000 * 1000);
    (void)modbus_set_byte_timeout(wire->modbus, 0, 0);
}

static void wire_close(void *self)
{
    struct wire *wire = self;
    if (wire->is_open)
        modbus_close(wire->modbus);
    wire->is_open = false;
}

static void wire_free(void *self)
{
    struct wire *wire = self;
    wire_close(wire);
    modbus_free(wire->modbus);
    free(wire);
}

static int wire_connect(void *self, int timeout_ms, struct err *err)
{
    struct wire *wire = self;
    if (wire->is_open)
        return 0;
    set_timeout(wire, timeout_ms);
    if (modbus_connect(wire->modbus) != 0) {
        int cause = errno;
        char name[MODBUS_BUS_NAME_SIZE + 8];
        modbus_bus_text(&wire->place, name, sizeof name);
        return err_set(err, ERR_UNAVAILABLE, "%s cannot be opened: %s", name,
                       modbus_strerror(cause));
    }
    wire->is_open = true;
    /* A pseudo-terminal, and an adapter that turns the transceiver itself, know no RS-485 mode. */
    if (wire->place.rs485 && modbus_rtu_set_serial_mode(wire->modbus, MODBUS_RTU_RS485) != 0 &&
        !wire->warned_rs485) {
        log_warning("modbus", "%s: the tty knows no RS-485 mode: %s", wire->place.name,
                    modbus_strerror(errno));
        wire->warned_rs485 = true;
    }
    return 0;
}

/* What went wrong with a request. Whatever may still be under way is thrown away with the
 * connection, or from the tty's buffer. */
static int conclude(struct wire *wire, int cause, struct err *err)
{
    /* A gateway says that the device behind it does not answer. */
    if (cause == EMBXGPATH || cause == EMBXGTAR)
        return err_set(err, ERR_TIMEOUT, "no answer: %s", modbus_strerror(cause));
    if (cause >= EMBXILFUN && cause < EMBXGPATH)
        return err_set(err, ERR_REFUSED, "exception %d: %s", cause - MODBUS_ENOBASE,
                       modbus_strerror(cause));
    bool broken = cause > EMBXGTAR && cause <= EMBBADSLAVE;
    if (wire->place.tcp || (!broken && cause != ETIMEDOUT))
        wire_close(wire);
    else
        (void)modbus_flush(wire->modbus);
    if (cause == ETIMEDOUT)
        return err_set(err, ERR_TIMEOUT, "no answer");
    return err_set(err, broken ? ERR_PROTOCOL : ERR_UNAVAILABLE, "%s", modbus_strerror(cause));
}

static int prepare(struct wire *wire, int unit, int timeout_ms, struct err *err)
{
    int code = wire_connect(wire, timeout_ms, err);
    if (code != 0)
        return code;
    set_timeout(wire, timeout_ms);
    if (modbus_set_slave(wire->modbus, unit) != 0)
        return err_set(err, ERR_INVALID, "unit %d: %s", unit, modbus_strerror(errno));
    return 0;
}

static int wire_read(void *self, int unit, int timeout_ms, enum modbus_function function,
                     uint16_t address, uint16_t count, uint16_t *to, struct err *err)
{
    struct wire *wire = self;
    uint8_t bits[MODBUS_MAX_READ_REGISTERS];
    int got = -1;
    if (count > MODBUS_MAX_READ_REGISTERS)
        return err_set(err, ERR_INVALID, "%d registers are too many", count);
    int code = prepare(wire, unit, timeout_ms, err);
    if (code != 0)
        return code;
    errno = EINVAL;
    if (function == MODBUS_READ_COILS)
        got = modbus_read_bits(wire->modbus, address, count, bits);
    else if (function == MODBUS_READ_INPUTS)
        got = modbus_read_input_bits(wire->modbus, address, count, bits);
    else if (function == MODBUS_READ_HOLDING)
        got = modbus_read_registers(wire->modbus, address, count, to);
    else if (function == MODBUS_READ_INPUT)
        got = modbus_read_input_registers(wire->modbus, address, count, to);
    if (got != count)
        return conclude(wire, got < 0 ? errno : EMBBADDATA, err);
    for (int i = 0; function <= MODBUS_READ_INPUTS && i < count; i++)
        to[i] = bits[i];
    return 0;
}

static int wire_write(void *self, int unit, int timeout_ms, enum modbus_function function,
                      uint16_t address, uint16_t count, const uint16_t *from, struct err *err)
{
    struct wire *wire = self;
    int put = -1;
    int code = prepare(wire, unit, timeout_ms, err);
    if (code != 0)
        return code;
    errno = EINVAL;
    if (function == MODBUS_WRITE_COIL)
        put = modbus_write_bit(wire->modbus, address, from[0] != 0);
    else if (function == MODBUS_WRITE_REGISTER)
        put = modbus_write_register(wire->modbus, address, from[0]);
    else if (function == MODBUS_WRITE_REGISTERS)
        put = modbus_write_registers(wire->modbus, address, count, from);
    return put == count ? 0 : conclude(wire, put < 0 ? errno : EMBBADDATA, err);
}

int modbus_link_new(struct modbus_link *link, const struct modbus_bus_place *place, struct err *err)
{
    *link = (struct modbus_link){0};
    SCOPE_FREE struct wire *wire = calloc(1, sizeof *wire);
    if (wire == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the bus %s", place->name);
    wire->place = *place;
    wire->modbus =
        place->tcp ? modbus_new_tcp(place->name, place->port)
                   : modbus_new_rtu(place->name, place->baud, place->parity, 8, place->stop_bits);
    if (wire->modbus == NULL)
        return err_set(err, ERR_SYSTEM, "bus %s: %s", place->name, modbus_strerror(errno));
    *link = (struct modbus_link){SCOPE_STEAL(wire), wire_connect, wire_read,
                                 wire_write,        wire_close,   wire_free};
    return 0;
}
