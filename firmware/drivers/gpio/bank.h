/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine's GPIO chips as a struct of function pointers: the kernel's character devices
 * (chardev.h), or a bank of chips in a test. On and off are logical: the bank applies active_low.
 */
#ifndef SWAPSTACK_DRIVERS_GPIO_BANK_H
#define SWAPSTACK_DRIVERS_GPIO_BANK_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GPIO_NAME_SIZE      32 /* the kernel's, with its NUL */
#define GPIO_REQUEST_LINES  64 /* most lines of one request, as the kernel's */
#define GPIO_FILE_TEXT_SIZE 64

struct gpio_chip {
    char name[GPIO_NAME_SIZE];   /* "gpiochip0" */
    char label[GPIO_NAME_SIZE];  /* "pinctrl-bcm2711", may be "" */
    char device[GPIO_NAME_SIZE]; /* the device that it belongs to, "4804c000.gpio"; "": not known */
    uint32_t lines;
};

enum gpio_bias { GPIO_BIAS_AS_IS, GPIO_BIAS_PULL_UP, GPIO_BIAS_PULL_DOWN, GPIO_BIAS_DISABLED };
enum gpio_drive { GPIO_DRIVE_PUSH_PULL, GPIO_DRIVE_OPEN_DRAIN, GPIO_DRIVE_OPEN_SOURCE };

/* How a line is used. */
struct gpio_mode {
    bool output;
    bool active_low;
    bool edges; /* inputs: every change is an event */
    enum gpio_bias bias;
    enum gpio_drive drive;
    uint32_t debounce_us; /* 0: none */
};

/* Lines of one chip with one mode, taken together. */
struct gpio_request {
    uint32_t offsets[GPIO_REQUEST_LINES];
    size_t count;
    struct gpio_mode mode;
    uint64_t values; /* outputs: what they begin with; bit i belongs to offsets[i] */
};

struct gpio_bank {
    void *self;
    /* What chip number `chip` is, from 0. ERR_NOT_FOUND after the last, its sentence says what kept
     * others from being seen, if anything did. */
    int (*chip_info)(void *self, size_t chip, struct gpio_chip *info, struct err *err);
    /* Name ("" when it has none) and present user ("") of a line. */
    int (*line_info)(void *self, size_t chip, uint32_t offset, char name[GPIO_NAME_SIZE],
                     char user[GPIO_NAME_SIZE], struct err *err);
    /* Takes lines; outputs have their first values before anybody sees them. *handle stands for
     * them in the calls below. ERR_BUSY: somebody else has one of them; ERR_REFUSED: the chip
     * cannot do what `mode` asks for. */
    int (*request)(void *self, size_t chip, const struct gpio_request *request, int *handle,
                   struct err *err);
    /* States of all lines of a request. */
    int (*get)(void *self, int handle, uint64_t *values, struct err *err);
    /* Sets the outputs in `mask`. */
    int (*set)(void *self, int handle, uint64_t mask, uint64_t values, struct err *err);
    /* Takes the oldest change that has not been taken: 1, its line (index in the request) and new
     * state; 0: none; negative: the chip is gone. */
    int (*next_edge)(void *self, int handle, size_t *line, bool *on, struct err *err);
    /* Descriptor that is readable while next_edge has something to give, owned by the bank; -1:
     * there is none. */
    int (*wake_fd)(void *self);
    /* The text of the one small file that `pattern` (glob(7)) matches. ERR_NOT_FOUND: none does;
     * ERR_INVALID: several do; ERR_IO. */
    int (*read_file)(void *self, const char *pattern, char text[GPIO_FILE_TEXT_SIZE],
                     struct err *err);
    /* Gives all lines back and releases everything. */
    void (*close)(void *self);
};

#endif
