/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the board parser: the values of a board.ini with the lines that they stand in. Two steps
 * share it: board_parse.c reads text into it, board_build.c makes the board of it.
 */
#ifndef SWAPSTACK_DRIVERS_BOARD_PARSE_H
#define SWAPSTACK_DRIVERS_BOARD_PARSE_H

#include "base/config.h"
#include "drivers/board.h"
#include "drivers/board_keys.h"

#define BOARD_SOURCE_WORD 64

struct board_seen {
    char section[BOARD_SOURCE_WORD], name[BOARD_SOURCE_WORD];
    int line;
};

struct board_source {
    struct config *config;            /* all sections but [bay N] */
    struct config *bays[IO_BAYS_MAX]; /* section `bay` of each [bay N]; NULL: it has none */
    struct board_seen *seen;          /* owned */
    size_t seen_count, seen_capacity;
    /* While reading: */
    const char *text;
    size_t length, at;
    int line;
    bool skip; /* in an unknown section */
    bool no_memory;
    const char *origin;
    struct board_report *report;
};

/* Reads the text; mistakes go to `report`. ERR_NOMEM, else 0. Release in each case. `text`,
 * `origin` and `report` must outlive the source. */
int board_source_read(struct board_source *source, const char *text, size_t length,
                      const char *origin, struct board_report *report, struct err *err);
void board_source_free(struct board_source *source);
/* Line of a key, 0 when it was not given. */
int board_source_line(const struct board_source *source, const char *section, const char *name);

/* Makes the board of what was read; mistakes go to the source's report. */
void board_build(const struct board_source *source, struct board *board);

#endif
