/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as charging samples: read or refused with a sentence, and what was read has figures
 * that can be written as JSON. */
#include "charging/evaluation.h"
#include "protocol/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct samples samples;
    struct evaluation evaluation;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    if (samples_parse((const char *)data, size, &samples, &err) < 0) {
        if (!err.text[0])
            abort();
        samples_free(&samples);
        return 0;
    }
    const struct evaluate2_limits limits = {EVALUATE2_GAP_DEFAULT_US, 100};
    evaluation_make(&samples, 0, &limits, &evaluation);
    strbuf_append_char(&answer, '[');
    evaluation_write(&evaluation, 1, true, &answer);
    strbuf_append_char(&answer, ',');
    evaluation_write(&evaluation, 2, true, &answer);
    strbuf_append_char(&answer, ']');
    const struct evaluate_result *figures = &evaluation.figures;
    const struct evaluate2_result *intervals = &evaluation.intervals;
    if (figures->start_date_us > figures->end_date_us || figures->charge_energy_added_kwh < 0 ||
        figures->charge_energy_used_kwh < 0 || intervals->added_kwh < 0 ||
        intervals->used_kwh < 0 || intervals->gap_kwh < 0 || intervals->by_meter_kwh < 0 ||
        json_check(strbuf_text(&answer), answer.length, NULL) < 0)
        abort();
    samples_free(&samples);
    return 0;
}
