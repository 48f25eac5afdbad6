/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as charging samples: read or refused with a sentence, and what was read has figures
 * that can be written as one JSON object. */
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
    evaluation_make(&samples, 0, &evaluation);
    evaluation_write(&evaluation, true, &answer);
    const struct evaluate_result *figures = &evaluation.figures;
    if (figures->start_date_us > figures->end_date_us || figures->charge_energy_added_kwh < 0 ||
        figures->charge_energy_used_kwh < 0 ||
        json_check(strbuf_text(&answer), answer.length, NULL) < 0)
        abort();
    samples_free(&samples);
    return 0;
}
