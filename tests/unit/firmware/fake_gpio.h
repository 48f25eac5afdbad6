/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bank of GPIO chips in memory, for tests: levels are physical, lines are told by name. It counts
 * calls, can lose a chip, has chips without interrupts, and looks after two motors' outputs never
 * being on together.
 */
#ifndef SWAPSTACK_TESTS_FAKE_GPIO_H
#define SWAPSTACK_TESTS_FAKE_GPIO_H

#include "drivers/gpio/bank.h"
#include <stdio.h>
#include <string.h>

#define FAKE_CHIPS    3
#define FAKE_LINES    64
#define FAKE_REQUESTS 80
#define FAKE_EDGES    1024
#define FAKE_FILES    4

struct fake_line {
    char name[GPIO_NAME_SIZE], user[GPIO_NAME_SIZE];
    bool high;   /* physical level */
    bool output; /* somebody drives it */
    struct gpio_mode mode;
    int request; /* -1: free */
    size_t index;
};

struct fake_chip {
    struct gpio_chip info;
    struct fake_line lines[FAKE_LINES];
    bool gone;          /* every call fails */
    bool no_interrupts; /* refuses edges and debouncing */
    bool no_bias;
};

struct fake_request {
    size_t chip, count;
    struct gpio_request wanted;
    struct {
        size_t line;
        bool on;
    } edges[FAKE_EDGES];
    size_t edge_count, edge_at;
};

struct fake_gpio {
    size_t chip_count;
    struct fake_chip chips[FAKE_CHIPS];
    size_t request_count;
    struct fake_request requests[FAKE_REQUESTS];
    struct {
        char path[64], text[GPIO_FILE_TEXT_SIZE];
        bool broken;
    } files[FAKE_FILES];
    size_t sets, gets, file_reads;
    size_t fail_request; /* this request (from 1) is out of order; 0: none */
    bool closed;
    /* Two lines that must never be on at the same time. */
    const char *motor[2];
    bool collided;
};

static inline struct fake_line *fake_line(struct fake_gpio *fake, const char *name)
{
    for (size_t chip = 0; chip < fake->chip_count; chip++)
        for (uint32_t i = 0; i < fake->chips[chip].info.lines; i++)
            if (strcmp(fake->chips[chip].lines[i].name, name) == 0)
                return &fake->chips[chip].lines[i];
    fail_msg("there is no line %s", name);
    return NULL;
}

/* Adds a chip with lines of these names; "" has none. */
static inline struct fake_chip *fake_add_chip(struct fake_gpio *fake, const char *name,
                                              const char *label, const char *const *lines,
                                              uint32_t count)
{
    struct fake_chip *chip = &fake->chips[fake->chip_count++];
    snprintf(chip->info.name, sizeof chip->info.name, "%s", name);
    snprintf(chip->info.label, sizeof chip->info.label, "%s", label);
    chip->info.lines = count;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(chip->lines[i].name, GPIO_NAME_SIZE, "%s", lines[i]);
        chip->lines[i].request = -1;
    }
    return chip;
}

/* The logical state of a line, as its request sees it. */
static inline bool fake_is_on(const struct fake_line *line)
{
    return line->high != line->mode.active_low;
}

static inline bool fake_on(struct fake_gpio *fake, const char *name)
{
    return fake_is_on(fake_line(fake, name));
}

/* The world changes an input's physical level. */
static inline void fake_level(struct fake_gpio *fake, const char *name, bool high)
{
    struct fake_line *line = fake_line(fake, name);
    bool changed = line->high != high;
    line->high = high;
    if (!changed || line->request < 0 || !line->mode.edges)
        return;
    struct fake_request *request = &fake->requests[line->request];
    assert_true(request->edge_count < FAKE_EDGES);
    request->edges[request->edge_count].line = line->index;
    request->edges[request->edge_count++].on = fake_is_on(line);
}

static inline void fake_file(struct fake_gpio *fake, const char *path, const char *text)
{
    for (size_t i = 0; i < FAKE_FILES; i++) {
        if (*fake->files[i].path && strcmp(fake->files[i].path, path) != 0)
            continue;
        snprintf(fake->files[i].path, sizeof fake->files[i].path, "%s", path);
        fake->files[i].broken = text == NULL;
        snprintf(fake->files[i].text, sizeof fake->files[i].text, "%s", text ? text : "");
        return;
    }
    fail_msg("too many files");
}

/* --- struct gpio_bank --- */

static inline int fake_chip_info(void *self, size_t chip, struct gpio_chip *info, struct err *err)
{
    const struct fake_gpio *fake = self;
    if (chip >= fake->chip_count)
        return err_set(err, ERR_NOT_FOUND, "/dev/gpiochip9 cannot be opened");
    *info = fake->chips[chip].info;
    return 0;
}

static inline int fake_line_info(void *self, size_t chip, uint32_t offset,
                                 char name[GPIO_NAME_SIZE], char user[GPIO_NAME_SIZE],
                                 struct err *err)
{
    const struct fake_gpio *fake = self;
    if (fake->chips[chip].gone)
        return err_set(err, ERR_UNAVAILABLE, "the chip is gone");
    memcpy(name, fake->chips[chip].lines[offset].name, GPIO_NAME_SIZE);
    memcpy(user, fake->chips[chip].lines[offset].user, GPIO_NAME_SIZE);
    return 0;
}

static inline void fake_drive(struct fake_gpio *fake, struct fake_line *line, bool on)
{
    line->high = on != line->mode.active_low;
    if (fake->motor[0] && fake_on(fake, fake->motor[0]) && fake_on(fake, fake->motor[1]))
        fake->collided = true;
}

static inline int fake_request_lines(void *self, size_t number, const struct gpio_request *wanted,
                                     int *handle, struct err *err)
{
    struct fake_gpio *fake = self;
    struct fake_chip *chip = &fake->chips[number];
    if (fake->fail_request && fake->request_count + 1 == fake->fail_request)
        return err_set(err, ERR_UNAVAILABLE, "the line cannot be taken: out of order");
    for (size_t i = 0; i < wanted->count; i++)
        if (chip->lines[wanted->offsets[i]].user[0])
            return err_set(err, ERR_BUSY, "the line is in use");
    if (chip->no_interrupts && (wanted->mode.edges || wanted->mode.debounce_us))
        return err_set(err, ERR_REFUSED, "the chip has no interrupt for this line");
    if (chip->no_bias && wanted->mode.bias != GPIO_BIAS_AS_IS)
        return err_set(err, ERR_REFUSED, "the chip cannot use the line so");
    assert_true(fake->request_count < FAKE_REQUESTS);
    struct fake_request *request = &fake->requests[fake->request_count];
    *request = (struct fake_request){.chip = number, .count = wanted->count, .wanted = *wanted};
    for (size_t i = 0; i < wanted->count; i++) {
        struct fake_line *line = &chip->lines[wanted->offsets[i]];
        snprintf(line->user, sizeof line->user, "swap-engine");
        line->request = (int)fake->request_count;
        line->index = i;
        line->mode = wanted->mode;
        line->output = wanted->mode.output;
        if (line->output)
            fake_drive(fake, line, (wanted->values >> i & 1) != 0);
    }
    *handle = (int)fake->request_count++;
    return 0;
}

static inline struct fake_line *fake_of(struct fake_gpio *fake, int handle, size_t i)
{
    struct fake_request *request = &fake->requests[handle];
    return &fake->chips[request->chip].lines[request->wanted.offsets[i]];
}

static inline int fake_get(void *self, int handle, uint64_t *values, struct err *err)
{
    struct fake_gpio *fake = self;
    fake->gets++;
    if (fake->chips[fake->requests[handle].chip].gone)
        return err_set(err, ERR_IO, "lines cannot be read: No such device");
    *values = 0;
    for (size_t i = 0; i < fake->requests[handle].count; i++)
        *values |= (uint64_t)fake_is_on(fake_of(fake, handle, i)) << i;
    return 0;
}

static inline int fake_set(void *self, int handle, uint64_t mask, uint64_t values, struct err *err)
{
    struct fake_gpio *fake = self;
    fake->sets++;
    if (fake->chips[fake->requests[handle].chip].gone)
        return err_set(err, ERR_IO, "lines cannot be set: No such device");
    assert_true(fake->requests[handle].wanted.mode.output);
    for (size_t i = 0; i < fake->requests[handle].count; i++)
        if (mask >> i & 1)
            fake_drive(fake, fake_of(fake, handle, i), (values >> i & 1) != 0);
    return 0;
}

static inline int fake_next_edge(void *self, int handle, size_t *line, bool *on, struct err *err)
{
    struct fake_gpio *fake = self;
    struct fake_request *request = &fake->requests[handle];
    if (fake->chips[request->chip].gone)
        return err_set(err, ERR_IO, "edges cannot be read: No such device");
    if (request->edge_at == request->edge_count)
        return request->edge_at = request->edge_count = 0, 0;
    *line = request->edges[request->edge_at].line;
    *on = request->edges[request->edge_at++].on;
    return 1;
}

static inline int fake_wake_fd(void *self)
{
    (void)self;
    return 77;
}

static inline int fake_read_file(void *self, const char *pattern, char text[GPIO_FILE_TEXT_SIZE],
                                 struct err *err)
{
    struct fake_gpio *fake = self;
    fake->file_reads++;
    for (size_t i = 0; i < FAKE_FILES; i++) {
        if (strcmp(fake->files[i].path, pattern) != 0)
            continue;
        if (fake->files[i].broken)
            return err_set(err, ERR_IO, "%s cannot be read", pattern);
        memcpy(text, fake->files[i].text, GPIO_FILE_TEXT_SIZE);
        return 0;
    }
    return err_set(err, ERR_NOT_FOUND, "there is no file %s", pattern);
}

static inline void fake_close(void *self)
{
    ((struct fake_gpio *)self)->closed = true;
}

static inline struct gpio_bank fake_bank(struct fake_gpio *fake)
{
    return (struct gpio_bank){fake,           fake_chip_info, fake_line_info, fake_request_lines,
                              fake_get,       fake_set,       fake_next_edge, fake_wake_fd,
                              fake_read_file, fake_close};
}

#endif
