/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What chargers are asked for: the least of what pack, bay, command and cell voltage allow, and the
 * bay's share of the station's power cap.
 */
#ifndef SWAPSTACK_CORE_CHARGE_POWER_H
#define SWAPSTACK_CORE_CHARGE_POWER_H

#include "core/station.h"

/* How much power (kW, DC) each bay may take now; [0] is slot 1. INFINITY without a cap, 0 for bays
 * that do not charge.
 *
 * The cap is shared max-min fair (core/share.h). A bay may take more than before only as far as the
 * others were seen to take less: set-points fall at once, but currents follow later, and the sum of
 * what flows and what is asked for never exceeds the cap. */
void charge_allot(const struct core_step *step, double allowed_kw[IO_BAYS_MAX]);

/* The charger's request of a bay that may take allowed_kw (also noted in charge.asked_a, asked_kw
 * and capped). */
void charge_set_points(const struct core_step *step, struct bay *bay, double allowed_kw,
                       struct io_bay_request *out);

#endif
