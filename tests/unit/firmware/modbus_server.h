/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real libmodbus server in a thread of the test, over loopback TCP or the master side of a pseudo
 * terminal, that can also hang, refuse and go away; and a station of the modbus driver alone.
 * Needs cmocka.h before it.
 */
#ifndef SWAPSTACK_TESTS_MODBUS_SERVER_H
#define SWAPSTACK_TESTS_MODBUS_SERVER_H

#include "base/clock.h"
#include "drivers/board.h"
#include "drivers/modbus/modbus.h"
#include <errno.h>
#include <math.h>
#include <modbus.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVER_CLIENTS = 8, SERVER_LOG = 256 };

struct server {
    modbus_t *modbus;
    bool tcp;
    int port;
    int listener, clients[SERVER_CLIENTS]; /* -1: none; with RTU clients[0] is the terminal */
    pthread_t thread;
    pthread_mutex_t mutex; /* all that follows */
    modbus_mapping_t *mapping;
    bool stop, silent;
    int refusing;  /* the exception that it answers with; 0: none */
    int only_unit; /* 0: it answers for every unit */
    int requests;
    struct {
        int function, address, value;
    } written[SERVER_LOG];
    int written_count;
};

/* Keeps what a request writes, so that a test sees in which order. */
static inline void server_note(struct server *server, const uint8_t *request)
{
    const uint8_t *at = request + modbus_get_header_length(server->modbus);
    if ((at[0] != 5 && at[0] != 6 && at[0] != 16) || server->written_count == SERVER_LOG)
        return;
    const uint8_t *value = at[0] == 16 ? at + 6 : at + 3;
    server->written[server->written_count].function = at[0];
    server->written[server->written_count].address = at[1] << 8 | at[2];
    server->written[server->written_count++].value = value[0] << 8 | value[1];
}

static inline void server_answer(struct server *server, int *client)
{
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_set_socket(server->modbus, *client);
    int length = modbus_receive(server->modbus, request);
    if (length < 0) {
        if (server->tcp) {
            close(*client);
            *client = -1;
        } else {
            modbus_flush(server->modbus);
        }
        return;
    }
    if (length == 0 && !server->tcp) {
        /* For another unit. libmodbus would take the next request for that unit's answer. */
        modbus_free(server->modbus);
        server->modbus = modbus_new_rtu("/dev/null", 115200, 'E', 8, 1);
        modbus_set_slave(server->modbus, server->only_unit);
        return;
    }
    int unit = length > 0 ? request[modbus_get_header_length(server->modbus) - 1] : 0;
    pthread_mutex_lock(&server->mutex);
    bool mine = length > 0 && (server->only_unit == 0 || server->only_unit == unit);
    server->requests += mine;
    if (mine && !server->silent && server->refusing)
        modbus_reply_exception(server->modbus, request, (unsigned)server->refusing);
    else if (mine && !server->silent) {
        server_note(server, request);
        modbus_reply(server->modbus, request, length, server->mapping);
    }
    pthread_mutex_unlock(&server->mutex);
}

static inline void *server_work(void *self)
{
    struct server *server = self;
    for (;;) {
        struct pollfd fds[SERVER_CLIENTS + 1] = {{.fd = server->listener, .events = POLLIN}};
        for (int i = 0; i < SERVER_CLIENTS; i++)
            fds[i + 1] = (struct pollfd){.fd = server->clients[i], .events = POLLIN};
        (void)poll(fds, SERVER_CLIENTS + 1, 20);
        pthread_mutex_lock(&server->mutex);
        bool stop = server->stop;
        pthread_mutex_unlock(&server->mutex);
        if (stop)
            return NULL;
        for (int i = 0; i < SERVER_CLIENTS; i++) {
            if (server->clients[i] >= 0 && fds[i + 1].revents != 0)
                server_answer(server, &server->clients[i]);
        }
        for (int i = 0; fds[0].revents != 0 && i < SERVER_CLIENTS; i++) {
            if (server->clients[i] >= 0)
                continue;
            server->clients[i] = accept(server->listener, NULL, NULL);
            break;
        }
    }
}

static inline void server_run(struct server *server)
{
    server->stop = false;
    assert_int_equal(pthread_create(&server->thread, NULL, server_work, server), 0);
}

/* Listens on a free port, or again on its own. */
static inline void server_listen(struct server *server)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    server->modbus = modbus_new_tcp("127.0.0.1", server->port);
    assert_non_null(server->modbus);
    server->listener = modbus_tcp_listen(server->modbus, SERVER_CLIENTS);
    assert_true(server->listener >= 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    server_run(server);
}

/* `mapping` becomes the server's. */
static inline void server_init(struct server *server, modbus_mapping_t *mapping)
{
    *server = (struct server){.tcp = true, .listener = -1, .mapping = mapping};
    for (int i = 0; i < SERVER_CLIENTS; i++)
        server->clients[i] = -1;
    assert_non_null(mapping);
    pthread_mutex_init(&server->mutex, NULL);
}

/* Ends the thread and all connections; the registers stay. */
static inline void server_go(struct server *server)
{
    pthread_mutex_lock(&server->mutex);
    server->stop = true;
    pthread_mutex_unlock(&server->mutex);
    pthread_join(server->thread, NULL);
    for (int i = 0; server->tcp && i < SERVER_CLIENTS; i++) {
        if (server->clients[i] >= 0)
            close(server->clients[i]);
        server->clients[i] = -1;
    }
    if (server->listener >= 0)
        close(server->listener);
    server->listener = -1;
    modbus_free(server->modbus);
}

static inline void server_free(struct server *server)
{
    server_go(server);
    modbus_mapping_free(server->mapping);
    pthread_mutex_destroy(&server->mutex);
}

/* Does something with the registers while the server does not. */
#define WITH_SERVER(server, ...)                                                                   \
    do {                                                                                           \
        pthread_mutex_lock(&(server)->mutex);                                                      \
        __VA_ARGS__;                                                                               \
        pthread_mutex_unlock(&(server)->mutex);                                                    \
    } while (0)

static inline int server_coil(struct server *server, int address)
{
    int value;
    WITH_SERVER(server, value = server->mapping->tab_bits[address]);
    return value;
}

static inline int server_register(struct server *server, int address)
{
    int value;
    WITH_SERVER(server, value = server->mapping->tab_registers[address]);
    return value;
}

/* Requests to its units so far, and those that it did and that write. */
static inline int server_requests(struct server *server)
{
    int value;
    WITH_SERVER(server, value = server->requests);
    return value;
}

static inline int server_writes(struct server *server)
{
    int value;
    WITH_SERVER(server, value = server->written_count);
    return value;
}

/* --- a station of the modbus driver --- */

struct station {
    struct board board;
    struct env env;
    struct env_real real;
    void *driver;
    struct io_readings readings;
    struct io_requests requests;
    int64_t worst_us; /* longest call of the driver */
};

static inline void station_init(struct station *station, int bays)
{
    *station = (struct station){.real.clock = CLOCK_REAL};
    env_real_init(&station->env, &station->real);
    snprintf(station->board.folder, sizeof station->board.folder, "%s", SOURCE_DIR "/boards/maps");
    station->board.bay_count = bays;
    for (int i = 0; i < bays; i++) {
        station->board.bays[i].power_max_kw = 40;
        station->board.bays[i].current_max_a = 150;
        station->board.bays[i].voltage_max_v = 500;
    }
}

/* Closes the driver, when it is open. */
static inline void station_close(struct station *station)
{
    if (station->driver != NULL)
        modbus_driver.close(station->driver);
    station->driver = NULL;
}

__attribute__((format(printf, 2, 3))) static inline void bind_role(struct board_binding *binding,
                                                                   const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(binding->address, sizeof binding->address, format, arguments);
    va_end(arguments);
    snprintf(binding->driver, sizeof binding->driver, "modbus");
}

static inline void station_open(struct station *station)
{
    struct err err = {0};
    if (modbus_driver.open(&station->driver, &station->board, &station->env, &err) != 0)
        fail_msg("%s", err.text);
}

/* One step of the engine, at its time `now_us`. */
static inline void station_step(struct station *station)
{
    struct err err = {0};
    int64_t before_us = clock_mono_us();
    station->readings.now_us = before_us;
    assert_int_equal(modbus_driver.read(station->driver, before_us, &station->readings, &err), 0);
    assert_int_equal(modbus_driver.write(station->driver, before_us, &station->requests,
                                         &station->readings, &err),
                     0);
    int64_t took_us = clock_mono_us() - before_us;
    if (took_us > station->worst_us)
        station->worst_us = took_us;
}

static inline double age_s(const struct station *station, int64_t at_us)
{
    return (double)(station->readings.now_us - at_us) / 1e6;
}

/* Steps until a condition holds; fails after a time that no busy machine needs. */
#define WAIT_FOR(station, condition)                                                               \
    do {                                                                                           \
        int64_t deadline_us_ = clock_mono_us() + 30 * CLOCK_US_PER_SECOND;                         \
        while (station_step(station), !(condition)) {                                              \
            if (clock_mono_us() > deadline_us_)                                                    \
                fail_msg("%s: not within 30 s", #condition);                                       \
            (void)poll(NULL, 0, 5);                                                                \
        }                                                                                          \
    } while (0)

/* The same without steps: the engine hangs. */
#define WAIT_WITHOUT_STEPS(condition)                                                              \
    do {                                                                                           \
        int64_t deadline_us_ = clock_mono_us() + 30 * CLOCK_US_PER_SECOND;                         \
        while (!(condition)) {                                                                     \
            if (clock_mono_us() > deadline_us_)                                                    \
                fail_msg("%s: not within 30 s", #condition);                                       \
            (void)poll(NULL, 0, 5);                                                                \
        }                                                                                          \
    } while (0)

/* Registers of boards/maps/charger-example.ini, from 0. */
static inline void charger_say(struct server *server, uint16_t volts10, int16_t amps10)
{
    uint16_t *input = server->mapping->tab_input_registers;
    input[100] = volts10;
    input[101] = (uint16_t)amps10;
    input[102] = 0;
    input[103] = 12345; /* W */
    input[104] = 2301;
    input[105] = 182;
    input[106] = input[107] = 0;
    input[108] = 1;
    input[109] = 2; /* 65538 × 0.1 kWh */
    input[110] = 0x7702;
    input[111] = 0;
    server->mapping->tab_input_bits[8] = 1; /* active low: no fault */
}

#endif
