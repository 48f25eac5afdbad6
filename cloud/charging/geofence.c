/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/geofence.h"

#include <math.h>

#define EARTH_RADIUS_M 6378168.0 /* of PostgreSQL's earthdistance, which the model asks */

static double radians(double degrees)
{
    return degrees * acos(-1) / 180;
}

/* Haversine: exact enough down to millimetres, where the cosine rule is not. */
double geofence_distance_m(double latitude, double longitude, double to_latitude,
                           double to_longitude)
{
    double north = sin(radians(to_latitude - latitude) / 2);
    double east = sin(radians(to_longitude - longitude) / 2);
    double chord = north * north + cos(radians(latitude)) * cos(radians(to_latitude)) * east * east;
    return 2 * EARTH_RADIUS_M * asin(fmin(1, sqrt(chord)));
}

size_t geofence_nearest(const struct geofence_circle *circles, size_t count, double latitude,
                        double longitude)
{
    size_t nearest = GEOFENCE_NONE;
    double least_m = INFINITY;
    for (size_t i = 0; i < count; i++) {
        double distance_m =
            geofence_distance_m(latitude, longitude, circles[i].latitude, circles[i].longitude);
        if (distance_m < circles[i].radius_m && distance_m < least_m) {
            nearest = i;
            least_m = distance_m;
        }
    }
    return nearest;
}
