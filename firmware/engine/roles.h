/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which readings belong to which role of a board, so that several drivers serve one station: each
 * fills readings of its own, and here they are put together. Pure.
 *
 * The station's inputs share one age, and so do door, lock, contactor and sensors of a bay: it is
 * that of the oldest, because a decision rests on all of them (design/hardware.md rule 7).
 */
#ifndef SWAPSTACK_ENGINE_ROLES_H
#define SWAPSTACK_ENGINE_ROLES_H

#include "core/io.h"
#include "drivers/board.h"

/* What one driver serves: bit 1 << enum board_station_role, 1 << enum board_bay_role. */
struct plant_roles {
    uint32_t station;
    uint32_t bays[IO_BAYS_MAX];
};

/* The roles that `board` gives to the driver of that name. */
void roles_of(struct plant_roles *roles, const struct board *board, const char *driver);

/* Begins to put together the readings of a step. */
void roles_begin(struct io_readings *merged, int64_t now_us);
/* Takes over what `roles` (NULL: all of them) serve. */
void roles_take(const struct plant_roles *roles, const struct io_readings *from,
                struct io_readings *merged);
/* After the last one. A group of inputs that nobody serves was never heard. */
void roles_end(struct io_readings *merged);

#endif
