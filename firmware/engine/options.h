/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's configuration keys, and what they and the board mean for its options. */
#ifndef SWAPSTACK_ENGINE_OPTIONS_H
#define SWAPSTACK_ENGINE_OPTIONS_H

#include "base/config.h"
#include "drivers/board.h"
#include "engine/engine.h"

extern const struct config_key ENGINE_KEYS[];
extern const size_t ENGINE_KEY_COUNT;

/* Fills limits, settings, times, ratings and texts; env, link and plants are the caller's. Texts
 * point into `board`. */
int options_read(struct engine_options *options, const struct config *config,
                 const struct board *board, struct err *err);

#endif
