/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be used is kept: the reason as a sentence, the raw bytes, bounded in number. */
#include "store/quarantine.h"
#include "base/log.h"
#include "ingest/ingest_internal.h"

int ingest_quarantine(struct ingest *ingest, const struct ingest_message *raw, const char *reason,
                      struct err *err)
{
    ingest->counters[COUNTER_QUARANTINED]++;
    log_debug("ingest", "quarantined topic=%s reason=%s", raw->topic, reason);
    return quarantine_add(ingest->store, raw->plant_us, raw->topic, reason, raw->payload,
                          raw->length, ingest->options.quarantine_bytes, err);
}
