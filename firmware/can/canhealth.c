/* SPDX-License-Identifier: Apache-2.0 */
#include "can/canhealth.h"

#include <linux/can/error.h>

const char *canhealth_text(enum canhealth_state state)
{
#define CANHEALTH_AS_TEXT(name, text) text,
    static const char *const TEXTS[] = {CANHEALTH_STATES(CANHEALTH_AS_TEXT)};
#undef CANHEALTH_AS_TEXT
    return state < CANHEALTH_COUNT ? TEXTS[state] : "?";
}

static bool enter(struct canhealth *health, enum canhealth_state state)
{
    bool changes = health->state != state;
    health->state = state;
    return changes;
}

/* The controller's state machine (error active, warning, passive) in the second data byte. */
static enum canhealth_state controller_state(const struct canhealth *health, uint8_t bits)
{
    if (bits & (CAN_ERR_CRTL_RX_PASSIVE | CAN_ERR_CRTL_TX_PASSIVE))
        return CANHEALTH_PASSIVE;
    if (bits & (CAN_ERR_CRTL_RX_WARNING | CAN_ERR_CRTL_TX_WARNING))
        return CANHEALTH_WARNING;
    if (bits & CAN_ERR_CRTL_ACTIVE)
        return CANHEALTH_GOOD;
    return health->state; /* an overflow: frames are lost, the bus is as it was */
}

bool canhealth_on_frame(struct canhealth *health, const struct canframe *frame)
{
    if (!frame->error) /* who hears is on the bus; whether it is heard, only the controller knows */
        return health->state >= CANHEALTH_OFF && enter(health, CANHEALTH_GOOD);
    health->errors++;
    if (frame->id & CAN_ERR_BUSOFF)
        return enter(health, CANHEALTH_OFF);
    if (frame->id & CAN_ERR_RESTARTED)
        return enter(health, CANHEALTH_GOOD);
    if (frame->id & CAN_ERR_CRTL)
        return enter(health, controller_state(health, frame->data[1]));
    if (frame->id & CAN_ERR_ACK)
        return enter(health, CANHEALTH_PASSIVE);
    return false;
}

bool canhealth_on_down(struct canhealth *health)
{
    return enter(health, CANHEALTH_DOWN);
}

bool canhealth_on_sent(struct canhealth *health)
{
    return health->state == CANHEALTH_DOWN && enter(health, CANHEALTH_GOOD);
}
