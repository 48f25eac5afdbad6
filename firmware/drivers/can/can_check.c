/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the addresses that a board gives to the driver `can`. Pure. */
#include "core/text.h"
#include "drivers/can/can.h"
#include "drivers/can/can_address.h"

#include "drivers/board.h"

static const char ROLES[] =
    "driver = can: this driver serves the role pack only (a charger of CiA 419 does not tell what "
    "it puts out: use modbus, or gpio for single lines)";

static bool is_ours(const struct board_binding *binding)
{
    return text_equal(binding->driver, can_driver.name);
}

static void check_roles(const struct board *board, struct board_report *report)
{
    char role[48];
    for (int i = 0; i < BOARD_STATION_ROLE_COUNT; i++)
        if (is_ours(&board->station[i]))
            board_report_add(report, board->origin, board->station[i].line,
                             board_station_role_name((enum board_station_role)i), "%s", ROLES);
    for (int bay = 0; bay < board->bay_count; bay++)
        for (int i = 0; i < BOARD_BAY_ROLE_COUNT; i++) {
            const struct board_binding *binding = &board->bays[bay].roles[i];
            if (i == BOARD_BAY_ROLE_pack || !is_ours(binding))
                continue;
            (void)snprintf(role, sizeof role, "bay %d %s", bay + 1,
                           board_bay_role_name((enum board_bay_role)i));
            board_report_add(report, board->origin, binding->line, role, "%s", ROLES);
        }
}

/* Can both packs be told apart? NULL, or what is wrong. */
static const char *conflict(const struct can_address *a, const struct can_address *b)
{
    if (!can_address_same_bus(a, b))
        return NULL;
    if (!text_equal(a->record, b->record))
        return "one bus is recorded in one file: give both the same record";
    if (a->profile == CAN_PROFILE_GBT27930 && b->profile == CAN_PROFILE_GBT27930)
        return "the addresses of GB/T 27930 are fixed: each bay needs a bus of its own, as in "
               "bus=can{slot}";
    if (a->profile != b->profile)
        return "a bus of GB/T 27930 has two nodes, charger and pack, and no others";
    if (a->node == b->node)
        return "two packs with one node on one bus: give each its own, as in node=0x1{slot}";
    return NULL;
}

void can_check(const struct board *board, struct board_report *report)
{
    struct can_address addresses[IO_BAYS_MAX];
    bool good[IO_BAYS_MAX] = {false};
    char role[48];
    check_roles(board, report);
    for (int bay = 0; bay < board->bay_count; bay++) {
        const struct board_binding *binding = &board->bays[bay].roles[BOARD_BAY_ROLE_pack];
        struct err err = {0};
        if (!is_ours(binding))
            continue;
        (void)snprintf(role, sizeof role, "bay %d pack", bay + 1);
        if (can_address_parse(&addresses[bay], binding->address, bay + 1, &err)) {
            board_report_add(report, board->origin, binding->address_line, role, "%s", err.text);
            continue;
        }
        good[bay] = true;
        for (int other = 0; other < bay; other++) {
            const char *text = good[other] ? conflict(&addresses[other], &addresses[bay]) : NULL;
            if (!text)
                continue;
            board_report_add(report, board->origin, binding->address_line, role,
                             "bay %d has bus=%s too: %s", other + 1, addresses[bay].bus, text);
            break;
        }
    }
}
