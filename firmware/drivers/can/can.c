/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's instance: buses, bays, and who hears what. */
#include "drivers/can/can.h"

#include "base/scope.h"
#include "can/canlog.h"
#include "core/text.h"
#include "drivers/board.h"
#include "drivers/can/can_address.h"
#include "drivers/can/cia_bay.h"
#include "drivers/can/gbt_bay.h"
#include <errno.h>
#include <math.h>
#include <sys/epoll.h>

struct can;

struct can_wire {
    struct can *can;
    struct canopener opener;    /* of the caller of can_open_with, or the machine's */
    struct can_address address; /* of the first bay on it: bus, interface, record */
    struct canport port;
};

struct can_bay {
    const struct can_profile *profile; /* NULL: not ours */
    struct can_wire *wire;
    union {
        struct gbt_bay gbt;
        struct cia_bay cia;
    } as; /* by its profile */
};

struct can {
    const struct env *env;
    int poll_fd;
    int bay_count;
    size_t wire_count;
    struct can_wire wires[IO_BAYS_MAX];
    struct can_bay bays[IO_BAYS_MAX];
};

/* --- opening --- */

static int64_t now_of(void *self)
{
    const struct can *can = self;
    return can->env->plant_us(can->env->self);
}

static bool is_file(const struct can_address *address)
{
    return strncmp(address->bus, CAN_FILE_PREFIX, strlen(CAN_FILE_PREFIX)) == 0;
}

/* The machine's: a network interface, or a capture. */
static int open_bus(void *self, const char *name, struct canbus *bus, int *fd, struct err *err)
{
    const struct can_wire *wire = self;
    if (is_file(&wire->address))
        return canlog_play(bus, name + strlen(CAN_FILE_PREFIX), wire->address.interface, now_of,
                           wire->can, err);
    int code = socketcan_open(bus, name, fd, err);
    if (code || !wire->address.record[0])
        return code;
    code = canlog_record(bus, wire->address.record, name, err);
    if (code)
        bus->close(bus->self);
    return code;
}

static struct can_wire *find_wire(struct can *can, const struct can_address *address)
{
    for (size_t i = 0; i < can->wire_count; i++)
        if (can_address_same_bus(&can->wires[i].address, address))
            return &can->wires[i];
    return NULL;
}

/* A bus that is not there yet (its interface comes up later) is tried again while running, and then
 * reported; one that can never work is an error. */
static int open_wire(struct can *can, const struct can_address *address,
                     const struct canopener *opener, struct can_wire **wire, struct err *err)
{
    *wire = find_wire(can, address);
    if (*wire)
        return 0;
    *wire = &can->wires[can->wire_count++];
    **wire = (struct can_wire){.can = can, .address = *address};
    (*wire)->opener = opener ? *opener : (struct canopener){*wire, open_bus};
    struct err why = {0};
    int code = canport_open(&(*wire)->port, address->bus, &(*wire)->opener, can->poll_fd, &why);
    if (code == 0 || (code == ERR_NOT_FOUND && !is_file(address)))
        return 0;
    return err_set(err, code, "%s", why.text);
}

static void init_gbt(struct can_bay *bay, const struct can_address *address,
                     const struct board_bay *limits, int slot)
{
    const double CURRENT_MAX_A = 400; /* that CML can say */
    const struct gbt_charger_settings settings = {.number = address->number,
                                                  .max_voltage_v = limits->voltage_max_v,
                                                  .min_voltage_v = limits->voltage_min_v,
                                                  .max_current_a =
                                                      fmin(limits->current_max_a, CURRENT_MAX_A),
                                                  .min_current_a = 0,
                                                  .reconnects = 3,
                                                  .times = GBT_CHARGER_TIMES_DEFAULT};
    bay->profile = &GBT_BAY_PROFILE;
    gbt_bay_init(&bay->as.gbt, slot, address->bid, &settings);
}

static int open_bay(struct can *can, const struct board *board, int index,
                    const struct canopener *opener, struct err *err)
{
    const struct board_binding *binding = &board->bays[index].roles[BOARD_BAY_ROLE_pack];
    struct can_bay *bay = &can->bays[index];
    struct can_address address;
    if (!text_equal(binding->driver, can_driver.name))
        return 0;
    int code = can_address_parse(&address, binding->address, index + 1, err);
    if (!code)
        code = open_wire(can, &address, opener, &bay->wire, err);
    if (code)
        return err_prefix(err, "%s:%d: bay %d pack: ", board->origin, binding->address_line,
                          index + 1);
    if (address.profile == CAN_PROFILE_GBT27930) {
        init_gbt(bay, &address, &board->bays[index], index + 1);
    } else {
        bay->profile = &CIA_BAY_PROFILE;
        cia_bay_init(&bay->as.cia, index + 1, &address);
    }
    return 0;
}

static void can_close(void *self)
{
    struct can *can = self;
    for (size_t i = 0; i < can->wire_count; i++)
        canport_close(&can->wires[i].port);
    if (can->poll_fd >= 0)
        (void)close(can->poll_fd);
    free(can);
}

int can_open_with(void **self, const struct board *board, const struct env *env,
                  const struct canopener *opener, struct err *err)
{
    *self = NULL;
    struct can *can = calloc(1, sizeof *can);
    if (can == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the driver can");
    can->env = env;
    can->bay_count = board->bay_count;
    can->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    int code = 0;
    if (can->poll_fd < 0)
        code = err_set_errno(err, ERR_SYSTEM, errno, "the buses cannot be watched");
    for (int i = 0; i < board->bay_count && !code; i++)
        code = open_bay(can, board, i, opener, err);
    if (code) {
        can_close(can);
        return code;
    }
    *self = can;
    return 0;
}

static int can_open(void **self, const struct board *board, const struct env *env, struct err *err)
{
    return can_open_with(self, board, env, NULL, err);
}

/* --- running --- */

static void take_frames(struct can_bay *bay, int64_t now_us)
{
    struct canframe frame;
    while (bay->profile->next(&bay->as, now_us, &frame))
        canport_send(&bay->wire->port, &frame);
}

/* Every frame goes to all bays of its bus; each knows what is for it. */
static void hear(struct can *can, struct can_wire *wire, int64_t now_us)
{
    struct canframe frame;
    while (canport_receive(&wire->port, now_us, &frame)) {
        for (int i = 0; i < can->bay_count; i++) {
            struct can_bay *bay = &can->bays[i];
            if (bay->wire != wire)
                continue;
            bay->profile->hear(&bay->as, &frame, now_us);
            take_frames(bay, now_us); /* before the next frame changes what is to be said */
        }
        canport_flush(&wire->port, now_us);
    }
}

static void say(struct can *can, int64_t now_us)
{
    for (int i = 0; i < can->bay_count; i++)
        if (can->bays[i].profile)
            take_frames(&can->bays[i], now_us);
    for (size_t i = 0; i < can->wire_count; i++)
        canport_flush(&can->wires[i].port, now_us);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool can_pump(void *self, int64_t now_us, int64_t *next_us)
{
    struct can *can = self;
    bool urgent = false;
    for (size_t i = 0; i < can->wire_count; i++)
        hear(can, &can->wires[i], now_us);
    *next_us = INT64_MAX;
    for (int i = 0; i < can->bay_count; i++) {
        struct can_bay *bay = &can->bays[i];
        if (bay->profile && bay->profile->due_us(&bay->as, now_us) <= now_us)
            bay->profile->tick(&bay->as, now_us);
    }
    say(can, now_us);
    for (int i = 0; i < can->bay_count; i++) {
        struct can_bay *bay = &can->bays[i];
        if (!bay->profile)
            continue;
        urgent |= bay->profile->take_alarm(&bay->as);
        *next_us = sooner(*next_us, bay->profile->due_us(&bay->as, now_us));
    }
    for (size_t i = 0; i < can->wire_count; i++)
        *next_us = sooner(*next_us, canport_due_us(&can->wires[i].port, now_us));
    return urgent;
}

static int can_read(void *self, int64_t now_us, struct io_readings *readings, struct err *err)
{
    struct can *can = self;
    (void)err;
    for (size_t i = 0; i < can->wire_count; i++)
        hear(can, &can->wires[i], now_us);
    for (int i = 0; i < can->bay_count; i++)
        if (can->bays[i].profile)
            can->bays[i].profile->read(&can->bays[i].as, now_us, &readings->bays[i].pack);
    return 0;
}

static int can_write(void *self, int64_t now_us, const struct io_requests *requests,
                     const struct io_readings *readings, struct err *err)
{
    struct can *can = self;
    (void)err;
    for (int i = 0; i < can->bay_count; i++) {
        struct can_bay *bay = &can->bays[i];
        const struct io_bay *in = &readings->bays[i];
        if (!bay->profile)
            continue;
        const struct can_station station = {
            .here = in->at_us > 0 && in->present && in->door == IO_DOOR_CLOSED && in->locked,
            .contactor_closed = in->contactor_closed,
            .emergency = readings->emergency_stop || readings->smoke,
            .charger = in->charger,
            .request = requests->bays[i],
            .wall_us = can->env->wall_us(can->env->self)};
        bay->profile->follow(&bay->as, &station, now_us);
    }
    say(can, now_us);
    return 0;
}

static int can_wake_fd(void *self)
{
    return ((struct can *)self)->poll_fd;
}

const struct driver_ops can_driver = {
    .name = "can",
    .check = can_check,
    .open = can_open,
    .read = can_read,
    .write = can_write,
    .pump = can_pump,
    .wake_fd = can_wake_fd,
    .close = can_close,
};
