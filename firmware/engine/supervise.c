/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/supervise.h"

void supervise_init(struct supervise *supervise)
{
    *supervise = (struct supervise){.safe = true};
}

void supervise_connected(struct supervise *supervise, int64_t now_us)
{
    supervise->connected = true;
    supervise->registered = false;
    supervise->health_us = supervise->stable_us = now_us;
}

void supervise_lost(struct supervise *supervise)
{
    supervise->connected = supervise->registered = false;
    supervise->safe = true;
}

void supervise_alive(struct supervise *supervise, bool registration, int64_t now_us)
{
    if (registration)
        supervise->registered = true;
    supervise->health_us = now_us;
}

bool supervise_step(struct supervise *supervise, int64_t now_us, int64_t timeout_us,
                    int64_t settle_us)
{
    bool silent = now_us - supervise->health_us > timeout_us;
    if (!supervise->connected || !supervise->registered || silent) {
        if (silent) /* once it speaks again it has to stay for the settling time */
            supervise->stable_us = now_us;
        supervise->safe = true;
    } else if (supervise->safe &&
               (!supervise->seen || now_us - supervise->stable_us >= settle_us)) {
        supervise->safe = false;
        supervise->seen = true;
    }
    return supervise->safe;
}
