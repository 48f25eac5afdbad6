/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/cell.h"

#include <assert.h>
#include <math.h>

static const struct cell_kind kinds[] = {
    {.chemistry = IO_CHEMISTRY_NMC,
     .ocv_v = {3.00, 3.30, 3.43, 3.50, 3.54, 3.57, 3.59, 3.61, 3.63, 3.65, 3.68,
               3.72, 3.76, 3.81, 3.86, 3.91, 3.96, 4.01, 4.06, 4.11, 4.18},
     .charge_v = 4.20,
     .max_v = 4.25,
     .min_v = 2.80,
     .resistance_ohm_ah = 0.130,
     .fade_per_cycle = 8e-5,
     .series = 96,
     .rated_kwh = 60},
    {.chemistry = IO_CHEMISTRY_LFP,
     .ocv_v = {2.600, 3.000, 3.150, 3.200, 3.235, 3.255, 3.270, 3.280, 3.285, 3.288, 3.290,
               3.293, 3.298, 3.310, 3.322, 3.326, 3.328, 3.330, 3.333, 3.340, 3.400},
     .charge_v = 3.60,
     .max_v = 3.65,
     .min_v = 2.40,
     .resistance_ohm_ah = 0.120,
     .fade_per_cycle = 5e-5,
     .series = 112,
     .rated_kwh = 50},
};

const struct cell_kind *cell_kind_of(enum io_chemistry chemistry)
{
    return chemistry == IO_CHEMISTRY_LFP ? &kinds[1] : &kinds[0];
}

/* Segment of the OCV curve that `soc` lies in, and the share of it that lies below. */
static int segment_of(double soc, double *share)
{
    double position = fmin(fmax(soc, 0), 1) * (CELL_OCV_POINTS - 1);
    int segment = (int)position;
    if (segment > CELL_OCV_POINTS - 2)
        segment = CELL_OCV_POINTS - 2;
    *share = position - segment;
    return segment;
}

double cell_ocv_v(const struct cell_kind *kind, double soc)
{
    double share;
    int i = segment_of(soc, &share);
    return kind->ocv_v[i] + (kind->ocv_v[i + 1] - kind->ocv_v[i]) * share;
}

double cell_ocv_integral_v(const struct cell_kind *kind, double soc)
{
    double share, sum = 0;
    int segment = segment_of(soc, &share);
    for (int i = 0; i < segment; i++)
        sum += (kind->ocv_v[i] + kind->ocv_v[i + 1]) / 2;
    double end_v = kind->ocv_v[segment] + (kind->ocv_v[segment + 1] - kind->ocv_v[segment]) * share;
    sum += (kind->ocv_v[segment] + end_v) / 2 * share;
    return sum / (CELL_OCV_POINTS - 1);
}

double cell_resistance_ohm(const struct cell_kind *kind, double capacity_ah, double temp_c,
                           double health)
{
    assert(capacity_ah > 0);
    /* Arrhenius: about 1.9 times at 0 °C, 0.7 times at 45 °C. */
    double cold = exp(2000 * (1 / (temp_c + 273.15) - 1 / 298.15));
    double aged = 1 + 2 * (1 - fmin(fmax(health, 0), 1));
    return kind->resistance_ohm_ah / capacity_ah * cold * aged;
}
