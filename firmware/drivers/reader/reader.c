/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/reader/reader.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "drivers/address.h"
#include "drivers/reader/lines.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define AGAIN_US CLOCK_US_PER_SECOND /* plant */

static const struct {
    int64_t baud;
    speed_t speed;
} SPEEDS[] = {{1200, B1200},   {2400, B2400},   {4800, B4800},   {9600, B9600},
              {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}};

struct reader_address {
    char path[ADDRESS_VALUE_SIZE];
    speed_t speed;
    bool answers;
};

struct reader {
    struct reader_address address;
    int fd; /* -1: not open */
    int64_t again_us;
    bool told; /* that it cannot be opened */
    struct reader_lines lines;
    char notice[IO_ID_SIZE]; /* said last */
};

static bool find_speed(const char *text, speed_t *speed)
{
    int64_t baud;
    if (!address_integer(text, 1, 1000000, &baud))
        return false;
    for (size_t i = 0; i < sizeof SPEEDS / sizeof *SPEEDS; i++) {
        if (SPEEDS[i].baud == baud) {
            *speed = SPEEDS[i].speed;
            return true;
        }
    }
    return false;
}

/* Pure. ERR_CONFIG with a sentence. */
static int parse_address(const char *text, struct reader_address *to, struct err *err)
{
    struct address_word word;
    int rc;
    *to = (struct reader_address){.speed = B9600};
    while ((rc = address_next(&text, &word, err)) == 1) {
        if (word.key[0] == '\0' && word.value[0] == '/' && to->path[0] == '\0')
            memcpy(to->path, word.value, sizeof to->path);
        else if (strcmp(word.key, "baud") == 0) {
            if (!find_speed(word.value, &to->speed))
                return err_set(err, ERR_CONFIG,
                               "baud=%s: 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200 are "
                               "right",
                               word.value);
        } else if (strcmp(word.key, "answers") == 0) {
            to->answers = strcmp(word.value, "on") == 0;
            if (!to->answers && strcmp(word.value, "off") != 0)
                return err_set(err, ERR_CONFIG, "answers=%s: on or off are right", word.value);
        } else
            return err_set(err, ERR_CONFIG,
                           "%s%s%s is not understood: /dev/NAME baud=9600 answers=on", word.key,
                           word.key[0] ? "=" : "", word.value);
    }
    if (rc < 0)
        return rc;
    return to->path[0] ? 0 : err_set(err, ERR_CONFIG, "which device? /dev/NAME baud=9600");
}

static void reader_check(const struct board *board, struct board_report *report)
{
    struct reader_address address;
    for (int i = 0; i < BOARD_STATION_ROLE_COUNT; i++) {
        const struct board_binding *binding = &board->station[i];
        const char *role = board_station_role_name((enum board_station_role)i);
        struct err err = {0};
        if (strcmp(binding->driver, reader_driver.name) != 0)
            continue;
        if (i != BOARD_ROLE_reader)
            board_report_add(report, board->origin, binding->line, role,
                             "driver = reader: it serves the role reader only");
        else if (parse_address(binding->address, &address, &err) < 0)
            board_report_add(report, board->origin, binding->address_line, role, "%s", err.text);
    }
    for (int bay = 0; bay < board->bay_count; bay++) {
        for (int i = 0; i < BOARD_BAY_ROLE_COUNT; i++) {
            const struct board_binding *binding = &board->bays[bay].roles[i];
            char role[48];
            if (strcmp(binding->driver, reader_driver.name) != 0)
                continue;
            (void)snprintf(role, sizeof role, "bay %d %s", bay + 1,
                           board_bay_role_name((enum board_bay_role)i));
            board_report_add(report, board->origin, binding->line, role,
                             "driver = reader: it serves the role reader only");
        }
    }
}

/* --- the device --- */

static void close_device(struct reader *reader, int64_t now_us)
{
    (void)close(reader->fd);
    reader->fd = -1;
    reader->again_us = now_us + AGAIN_US;
    reader_lines_reset(&reader->lines);
}

/* Raw bytes at the speed; what was typed before we listened is nobody's wish. */
static int open_device(const struct reader_address *address)
{
    struct termios mode;
    int fd = open(address->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    bool good = tcgetattr(fd, &mode) == 0;
    if (good) {
        cfmakeraw(&mode);
        mode.c_cflag |= CLOCAL | CREAD;
        (void)cfsetispeed(&mode, address->speed);
        (void)cfsetospeed(&mode, address->speed);
        good = tcsetattr(fd, TCSANOW, &mode) == 0;
    }
    if (good) {
        (void)tcflush(fd, TCIFLUSH);
        return fd;
    }
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

static void look_for_device(struct reader *reader, int64_t now_us)
{
    if (now_us < reader->again_us)
        return;
    reader->again_us = now_us + AGAIN_US;
    reader->fd = open_device(&reader->address);
    if (reader->fd < 0 && !reader->told)
        log_warning("reader", "%s cannot be opened, it is tried again: %s", reader->address.path,
                    strerror(errno));
    reader->told = reader->fd < 0;
    if (reader->fd >= 0)
        log_info("reader", "%s is open", reader->address.path);
}

static void hear(struct reader *reader, int64_t now_us)
{
    char bytes[256];
    /* A device that never falls silent must not hold up the loop. */
    for (int i = 0; i < 16; i++) {
        ssize_t length = read(reader->fd, bytes, sizeof bytes);
        if (length < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (length <= 0) {
            log_warning("reader", "%s is gone", reader->address.path);
            close_device(reader, now_us);
            return;
        }
        reader_lines_feed(&reader->lines, bytes, (size_t)length, now_us);
    }
}

static bool reader_pump(void *self, int64_t now_us, int64_t *next_us)
{
    struct reader *reader = self;
    int64_t before = reader->lines.number;
    if (reader->fd < 0)
        look_for_device(reader, now_us);
    if (reader->fd >= 0)
        hear(reader, now_us);
    *next_us = reader->fd < 0 ? reader->again_us : INT64_MAX;
    return reader->lines.number != before;
}

static int reader_wake_fd(void *self)
{
    return ((const struct reader *)self)->fd;
}

/* --- driver --- */

static int reader_open(void **self, const struct board *board, const struct env *env,
                       struct err *err)
{
    (void)env;
    *self = NULL;
    SCOPE_FREE struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return err_set(err, ERR_NOMEM, "no memory for the reader");
    int rc = parse_address(board->station[BOARD_ROLE_reader].address, &reader->address, err);
    if (rc < 0)
        return err_prefix(err, "%s: reader: ", board->origin);
    reader->fd = -1;
    *self = SCOPE_STEAL(reader);
    return 0;
}

static int reader_read(void *self, int64_t now_us, struct io_readings *readings, struct err *err)
{
    struct reader *reader = self;
    int64_t next_us;
    (void)err;
    (void)reader_pump(reader, now_us, &next_us);
    memcpy(readings->token, reader->lines.token, sizeof readings->token);
    readings->token_number = reader->lines.number;
    return 0;
}

/* Says an answer once. One that does not fit into the device's buffer is not worth waiting for. */
static int reader_write(void *self, int64_t now_us, const struct io_requests *requests,
                        const struct io_readings *readings, struct err *err)
{
    struct reader *reader = self;
    char line[IO_ID_SIZE + 2];
    (void)now_us;
    (void)readings;
    (void)err;
    if (strcmp(reader->notice, requests->notice) == 0)
        return 0;
    memcpy(reader->notice, requests->notice, sizeof reader->notice);
    if (!reader->address.answers || reader->fd < 0 || reader->notice[0] == '\0')
        return 0;
    int length = snprintf(line, sizeof line, "%s\r\n", reader->notice);
    if (write(reader->fd, line, (size_t)length) != length)
        log_debug("reader", "an answer was not written: %s", strerror(errno));
    return 0;
}

static void reader_close(void *self)
{
    struct reader *reader = self;
    if (reader->fd >= 0)
        (void)close(reader->fd);
    free(reader);
}

const struct driver_ops reader_driver = {
    .name = "reader",
    .check = reader_check,
    .open = reader_open,
    .read = reader_read,
    .write = reader_write,
    .pump = reader_pump,
    .wake_fd = reader_wake_fd,
    /* It has no time of its own: beside a simulated plant it follows that one's steps. */
    .steppable = true,
    .close = reader_close,
};
