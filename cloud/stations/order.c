/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/order.h"

#include "store/store.h"
#include <assert.h>

bool order_has_place(const struct order_place *place)
{
    return place->journal_number > 0 && place->boot != STORE_NULL && place->up != STORE_NULL;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int order_compare(const struct order_place *a, const struct order_place *b)
{
    assert(order_has_place(a) && order_has_place(b));
    int result = compare(a->journal_number, b->journal_number);
    if (result == 0)
        result = compare(a->boot, b->boot);
    return result != 0 ? result : compare(a->up, b->up);
}

bool order_replaces(const struct order_place *place, const struct order_place *current)
{
    if (!order_has_place(place) || !order_has_place(current))
        return true;
    return order_compare(place, current) >= 0;
}
