/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line to the technician: a serial line, a terminal, or a plain pipe. On a terminal the console
 * takes every byte itself: Ctrl-C is a byte that ends what runs, so it works on a line that is
 * nobody's controlling terminal, and what is typed ahead is kept.
 */
#ifndef SWAPSTACK_CONSOLE_TERMINAL_H
#define SWAPSTACK_CONSOLE_TERMINAL_H

#include "base/err.h"
#include "base/strbuf.h"
#include <stdio.h>
#include <termios.h>

struct terminal {
    int fd;               /* for reading; owned only when the line was opened */
    FILE *in, *out;       /* `out` is owned when the line was opened, `in` always by stdio */
    bool is_terminal;     /* both sides */
    bool interrupted;     /* Ctrl-C came since terminal_begin_run */
    bool gone;            /* the line is gone */
    bool opened;          /* --tty */
    struct termios saved; /* as it was found */
    struct termios run;   /* while a verb runs */
    struct strbuf ahead;  /* typed while a verb ran */
    size_t ahead_taken;
};

/* "DEV" or "DEV@SPEED": the path (without "/dev/" it is taken below it) and a speed in baud that
 * the system knows; 115200 when none is given. ERR_USAGE. Pure. */
int terminal_parse(const char *text, char *path, size_t size, speed_t *speed, struct err *err);

/* Opens a serial line, 8N1, no modem lines, 80 columns when the size is not known. */
int terminal_open(struct terminal *terminal, const char *device, struct err *err);
/* Takes standard input and output. `quiet`: leaves them as they are (a single verb is run). */
void terminal_attach(struct terminal *terminal, bool quiet);
/* Puts everything back. */
void terminal_close(struct terminal *terminal);

/* Before a verb runs. */
void terminal_begin_run(struct terminal *terminal);

enum terminal_event {
    TERMINAL_READY,     /* `fd` is readable */
    TERMINAL_TIME,      /* the time is over */
    TERMINAL_INTERRUPT, /* Ctrl-C, or the line is gone */
};
/* Waits for `fd` (-1: none) or a time (ms, -1: none), while a verb runs. */
enum terminal_event terminal_wait(struct terminal *terminal, int fd, int timeout_ms);

/* The next byte typed, waiting for it; -1 at the end of the line's life. */
int terminal_next(struct terminal *terminal);

#endif
