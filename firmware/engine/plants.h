/* SPDX-License-Identifier: Apache-2.0 */
/* The drivers that a board names, opened. */
#ifndef SWAPSTACK_ENGINE_PLANTS_H
#define SWAPSTACK_ENGINE_PLANTS_H

#include "drivers/board.h"
#include "engine/engine.h"
#include "engine/roles.h"

struct plants {
    size_t count;
    struct engine_plant list[ENGINE_PLANTS_MAX];
    struct plant_roles roles[ENGINE_PLANTS_MAX]; /* of each */
};

/* Opens each driver of the board once. On an error everything is closed again. */
int plants_open(struct plants *plants, const struct board *board, const struct env *env,
                struct err *err);
/* Closes them: outputs go to their safe level. May be called twice. */
void plants_close(struct plants *plants);

#endif
