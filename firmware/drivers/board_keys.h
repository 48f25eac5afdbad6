/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of board.ini with their types, ranges and meanings, for the configuration module. Bay
 * keys stand twice: in section `bays`, and in `bay` for the sections [bay N]. */
#ifndef SWAPSTACK_DRIVERS_BOARD_KEYS_H
#define SWAPSTACK_DRIVERS_BOARD_KEYS_H

#include "base/config.h"

extern const struct config_key BOARD_KEYS[];
extern const size_t BOARD_KEY_COUNT;

/* Keys of the file with quantiles of real sessions (scripts/derive-quantiles). */
extern const struct config_key BOARD_SESSION_KEYS[];
extern const size_t BOARD_SESSION_KEY_COUNT;

#endif
