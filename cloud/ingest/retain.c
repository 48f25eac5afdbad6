/* SPDX-License-Identifier: Apache-2.0 */
/* Retention beside the messages: small steps with pauses between them, each a transaction. */
#include "base/log.h"
#include "ingest/ingest_internal.h"

#define STEP_EVERY_US  CLOCK_US_PER_SECOND
#define AFTER_ERROR_US (60 * CLOCK_US_PER_SECOND)

void ingest_retain(struct ingest *ingest)
{
    const struct env *env = ingest->env;
    int64_t mono_us = env->mono_us(env->self), plant_us = env->plant_us(env->self);
    struct retention_done done = {0};
    struct err err = {0};
    if (mono_us - ingest->retained_mono_us < STEP_EVERY_US ||
        !retention_is_due(ingest->retention, plant_us))
        return;
    ingest->retained_mono_us = mono_us;
    int status = ingest_begin(ingest, &err);
    if (status == 0)
        status = retention_step(ingest->retention, plant_us, &done, &err);
    if (status == 0)
        status = ingest_commit(ingest, &err);
    if (status == 0)
        return;
    ingest_abort(ingest);
    ingest->retained_mono_us = mono_us + AFTER_ERROR_US;
    log_warning("retention", "nothing is removed for now: %s", err.text);
}
