/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/custody.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *named(const char *vid)
{
    return vid[0] ? vid : "(not said)";
}

bool custody_contradicts(const struct exchange_row *before, const struct exchange_row *row,
                         const struct pairing *pairing, char sentence[REMARK_SIZE])
{
    assert(!before || strcmp(before->bid, row->bid) == 0);
    sentence[0] = '\0';
    if (!before)
        return false;
    bool on_load = pairing_is_on_load(row), was_on_load = pairing_is_on_load(before);
    if (on_load && was_on_load)
        (void)snprintf(sentence, REMARK_SIZE,
                       EXCHANGE_CUSTODY "%s was put into vehicle %s while it was in vehicle %s",
                       row->bid, named(row->vid), named(before->vid));
    else if (!on_load && was_on_load && strcmp(row->vid, before->vid) != 0)
        (void)snprintf(sentence, REMARK_SIZE,
                       EXCHANGE_CUSTODY "%s was taken out of vehicle %s while it was in vehicle %s",
                       row->bid, named(row->vid), named(before->vid));
    else if (!on_load && !was_on_load && !pairing->failed)
        (void)snprintf(sentence, REMARK_SIZE,
                       EXCHANGE_CUSTODY
                       "%s was taken out of vehicle %s after it had been taken out of vehicle %s",
                       row->bid, named(row->vid), named(before->vid));
    return sentence[0] != '\0';
}
