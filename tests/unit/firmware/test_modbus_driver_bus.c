/* SPDX-License-Identifier: Apache-2.0 */
/* What a bus asks first: a wire of the test that takes its time and keeps what was asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "drivers/modbus/bus.h"
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { UNITS = 12, KEPT = 4096, ANSWER_MS = 4 };

struct asked {
    int unit;
    bool writes;
    uint16_t address, value;
};

struct wire {
    pthread_mutex_t mutex;
    struct asked asked[KEPT];
    int count, dead_unit;
    bool gone, freed;
};

static struct wire wire;
static struct modbus_bus *bus;
static int wake;

static int note(int unit, bool writes, uint16_t address, uint16_t value, struct err *err)
{
    int code = 0;
    pthread_mutex_lock(&wire.mutex);
    if (wire.gone)
        code = err_set(err, ERR_UNAVAILABLE, "gone");
    else if (unit == wire.dead_unit)
        code = err_set(err, ERR_TIMEOUT, "no answer");
    if (wire.count < KEPT)
        wire.asked[wire.count++] = (struct asked){unit, writes, address, value};
    pthread_mutex_unlock(&wire.mutex);
    (void)poll(NULL, 0, ANSWER_MS); /* the wire's time, not a wait for something */
    return code;
}

static int wire_connect(void *self, int timeout_ms, struct err *err)
{
    (void)self;
    (void)timeout_ms;
    (void)err;
    return 0;
}

static int wire_read(void *self, int unit, int timeout_ms, enum modbus_function function,
                     uint16_t address, uint16_t count, uint16_t *to, struct err *err)
{
    (void)self;
    (void)timeout_ms;
    (void)function;
    memset(to, 0, count * sizeof *to);
    return note(unit, false, address, 0, err);
}

static int wire_write(void *self, int unit, int timeout_ms, enum modbus_function function,
                      uint16_t address, uint16_t count, const uint16_t *from, struct err *err)
{
    (void)self;
    (void)timeout_ms;
    (void)function;
    (void)count;
    return note(unit, true, address, from[0], err);
}

static void wire_close(void *self)
{
    (void)self;
}

static void wire_free(void *self)
{
    ((struct wire *)self)->freed = true;
}

/* Set-points in registers 1 (V), 2 (A), 3 (on); readings in 10, 11. */
static const char map_text[] = "[device]\npoll_ms = 20\n"
                               "[read]\ndc_v = function=3 address=10 type=u16\n"
                               "dc_a = function=3 address=11 type=u16\n"
                               "[write]\ncharge_v = function=6 address=1 type=u16\n"
                               "charge_a = function=6 address=2 type=u16\n"
                               "on = function=6 address=3\n";

static int set_up(void **state)
{
    (void)state;
    struct modbus_bus_place place = {.tcp = true, .port = 1, .name = "test"};
    struct modbus_link link = {&wire, wire_connect, wire_read, wire_write, wire_close, wire_free};
    struct modbus_map map;
    struct modbus_point point;
    wire = (struct wire){.dead_unit = -1};
    pthread_mutex_init(&wire.mutex, NULL);
    wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (modbus_map_parse(map_text, sizeof map_text - 1, "m", &map, NULL) != 0 ||
        modbus_bus_new(&bus, &place, link, UNITS, wake, NULL) != 0)
        return -1;
    for (int unit = 1; unit <= UNITS; unit++) {
        struct modbus_place at = {.bus = place, .unit = unit, .channel = 1};
        struct modbus_served served = {.role = MODBUS_ROLE_CHARGER, .bay = unit - 1};
        if (modbus_point_init(&point, &served, &at, &map, NULL) != 0 ||
            modbus_bus_add(bus, &point) != unit - 1)
            return -1;
    }
    return modbus_bus_start(bus, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    modbus_bus_stop(bus);
    bool freed = wire.freed;
    pthread_mutex_destroy(&wire.mutex);
    close(wake);
    return freed ? 0 : -1;
}

/* How often a unit was asked for this address from request number `from` on; unit 0: any unit. */
static int times(int from, int unit, uint16_t address)
{
    int found = 0;
    pthread_mutex_lock(&wire.mutex);
    for (int i = from; i < wire.count; i++)
        found += (unit == 0 || wire.asked[i].unit == unit) && wire.asked[i].address == address;
    pthread_mutex_unlock(&wire.mutex);
    return found;
}

static int now_asked(void)
{
    pthread_mutex_lock(&wire.mutex);
    int count = wire.count;
    pthread_mutex_unlock(&wire.mutex);
    return count;
}

/* Orders for all, with a current that is another one in each step, up and down. */
static void order_all(bool on)
{
    static int step;
    step++;
    for (int i = 0; i < UNITS; i++) {
        struct modbus_order order = {
            .alive = true, .on = on, .charge_v = 400, .charge_a = 10 + step % 2};
        modbus_bus_order(bus, i, &order);
    }
}

#define WAIT_FOR(what, condition)                                                                  \
    do {                                                                                           \
        int64_t deadline_us_ = clock_mono_us() + 30 * CLOCK_US_PER_SECOND;                         \
        while (what, !(condition)) {                                                               \
            if (clock_mono_us() > deadline_us_)                                                    \
                fail_msg("%s: not within 30 s", #condition);                                       \
            (void)poll(NULL, 0, 2);                                                                \
        }                                                                                          \
    } while (0)

static void all_are_off_before_anything_else(void **state)
{
    (void)state;
    WAIT_FOR((void)0, now_asked() >= UNITS + 5);
    bool off[UNITS + 1] = {false};
    pthread_mutex_lock(&wire.mutex);
    for (int i = 0; i < UNITS; i++) {
        assert_true(wire.asked[i].writes && wire.asked[i].address == 3 && wire.asked[i].value == 0);
        off[wire.asked[i].unit] = true;
    }
    for (int i = UNITS; i < wire.count; i++)
        assert_false(wire.asked[i].writes); /* nobody has ordered anything */
    pthread_mutex_unlock(&wire.mutex);
    for (int unit = 1; unit <= UNITS; unit++)
        assert_true(off[unit]);
}

/* More set-points and readings than the wire carries: both go on, for everybody. */
static void set_points_and_readings_take_turns(void **state)
{
    (void)state;
    WAIT_FOR(order_all(true), times(0, 0, 3) >= 2 * UNITS);
    int from = now_asked();
    for (int unit = 1; unit <= UNITS; unit++)
        WAIT_FOR(order_all(true), times(from, unit, 2) >= 5 && times(from, unit, 10) >= 5);
}

static void off_overtakes_everything(void **state)
{
    (void)state;
    WAIT_FOR(order_all(true), times(0, 0, 3) >= 2 * UNITS);
    order_all(true);
    int from = now_asked();
    modbus_bus_order(bus, 6, &(struct modbus_order){.alive = true});
    WAIT_FOR((void)0, times(from, 7, 3) == 1);
    pthread_mutex_lock(&wire.mutex);
    int at = from;
    while (wire.asked[at].unit != 7 || wire.asked[at].address != 3)
        at++;
    /* One was under way, and the thread may just have begun another. */
    assert_true(at - from <= 2);
    assert_int_equal(wire.asked[at].value, 0);
    pthread_mutex_unlock(&wire.mutex);
    /* Its reading follows soon, and the engine is woken for it. */
    uint64_t count;
    (void)!read(wake, &count, sizeof count);
    WAIT_FOR((void)0, times(at, 7, 10) >= 1 && read(wake, &count, sizeof count) > 0);
}

static void a_dead_unit_is_asked_rarely(void **state)
{
    (void)state;
    pthread_mutex_lock(&wire.mutex);
    wire.dead_unit = 3;
    pthread_mutex_unlock(&wire.mutex);
    WAIT_FOR(order_all(true), times(0, 1, 10) >= 40);
    int dead = times(0, 3, 10) + times(0, 3, 3);
    assert_in_range(dead, 3, 25);
    struct modbus_reading reading;
    modbus_bus_reading(bus, 2, &reading);
    assert_true(!reading.online && reading.mono_us == 0);
    modbus_bus_reading(bus, 3, &reading);
    assert_true(reading.online && !reading.fault && reading.mono_us > 0);
}

static void a_wire_that_is_gone_loses_everybody(void **state)
{
    (void)state;
    struct modbus_reading reading;
    WAIT_FOR(order_all(true), times(0, 0, 3) >= 2 * UNITS && times(0, UNITS, 10) > 0);
    pthread_mutex_lock(&wire.mutex);
    wire.gone = true;
    pthread_mutex_unlock(&wire.mutex);
    for (int i = 0; i < UNITS; i++)
        WAIT_FOR((order_all(true), modbus_bus_reading(bus, i, &reading)), !reading.online);
    int from = now_asked();
    pthread_mutex_lock(&wire.mutex);
    wire.gone = false;
    pthread_mutex_unlock(&wire.mutex);
    for (int i = 0; i < UNITS; i++)
        WAIT_FOR((order_all(true), modbus_bus_reading(bus, i, &reading)), reading.online);
    /* What they hold is not known: voltage and switch are said again. */
    for (int unit = 1; unit <= UNITS; unit++)
        WAIT_FOR(order_all(true), times(from, unit, 1) >= 1 && times(from, unit, 3) >= 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_are_off_before_anything_else),
        TEST(set_points_and_readings_take_turns),
        TEST(off_overtakes_everything),
        TEST(a_dead_unit_is_asked_rarely),
        TEST(a_wire_that_is_gone_loses_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
