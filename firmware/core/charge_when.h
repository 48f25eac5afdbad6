/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When automatic charging runs: within the charge windows; outside of them only as many packs as
 * are missing from the stock of READY ones that settings.min_ready asks for. A session by command
 * runs at any time.
 */
#ifndef SWAPSTACK_CORE_CHARGE_WHEN_H
#define SWAPSTACK_CORE_CHARGE_WHEN_H

#include "core/station.h"

/* Whether this bay's pack may charge by itself now, as far as windows and stock are concerned.
 *
 * Outside the windows the packs that are missing are, in this order: those that charge already,
 * those with the highest state of charge (whole percent), the lowest slot. */
bool charge_is_due(const struct core_step *step, const struct bay *bay);

#endif
