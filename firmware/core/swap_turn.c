/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is in a swap: the order of In-Out and Out-In, sets, and sets that fell short. */
#include "core/safety.h"
#include "core/swap_steps.h"

int swap_return_slot(const struct swap *swap)
{
    return swap->returned < SWAP_SET_MAX ? swap->return_slots[swap->returned] : 0;
}

int swap_dispense_slot(const struct swap *swap)
{
    return swap->given < SWAP_SET_MAX ? swap->dispense_slots[swap->given] : 0;
}

void swap_go_on(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    bool takes = swap->returned < swap->to_return, gives = swap->given < swap->to_give;
    if (gives && (swap->order == SWAP_OUT_IN || !takes)) {
        swap_choose_battery(step);
    } else if (takes) {
        swap_choose_bay(step);
    } else if (swap->reason[0]) {
        swap_fail(step, swap->reason);
    } else {
        swap->exchanged = true;
        swap_enter(step, SWAP_LEAVING);
    }
}

void swap_fall_short(struct core_step *step, int pairs, const char *reason)
{
    struct swap *swap = &step->station->swap;
    if (pairs == 0 || swap->to_return == 0 || swap->to_give == 0) {
        swap_fail(step, reason);
        return;
    }
    swap_note(swap, reason);
    swap->to_return = swap->to_give = pairs;
    swap_go_on(step);
}
