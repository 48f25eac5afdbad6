/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/accept.h"

#include <assert.h>

enum accept_verdict accept_judge(int64_t mark, int64_t seq, int64_t prev, int64_t *gap)
{
    assert(mark >= 0 && seq >= 1 && prev >= 0 && prev < seq); /* the decoder's ranges */
    *gap = 0;
    if (seq <= mark)
        return ACCEPT_REPEAT;
    if (prev > mark)
        return ACCEPT_MISSING;
    *gap = seq - mark - 1;
    return ACCEPT_NEW;
}
