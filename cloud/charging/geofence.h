/* SPDX-License-Identifier: Apache-2.0 */
/* The geofence of a place (section 2 of design/charging.md): among those whose centre is nearer
 * than their radius, the one with the nearest centre. Pure. */
#ifndef SWAPSTACK_CHARGING_GEOFENCE_H
#define SWAPSTACK_CHARGING_GEOFENCE_H

#include <stddef.h>

struct geofence_circle {
    double latitude, longitude; /* degrees */
    double radius_m;
};

#define GEOFENCE_NONE ((size_t)-1)

/* Index of the circle; of equally near ones the first. GEOFENCE_NONE when the place is in none, or
 * not known (NAN). */
size_t geofence_nearest(const struct geofence_circle *circles, size_t count, double latitude,
                        double longitude);

/* Great circle, on the sphere that the model uses. */
double geofence_distance_m(double latitude, double longitude, double to_latitude,
                           double to_longitude);

#endif
