/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an address of a gpio role, which the first byte picks: no crash, and either lines
 * or a mistake named. */
#include "drivers/gpio/plan.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct board board;
    static struct board_report report;
    if (length == 0)
        return 0;
    memset(&board, 0, sizeof board);
    report.count = 0;
    board.bay_count = 2;
    int role = bytes[0] % (BOARD_STATION_ROLE_COUNT + BOARD_BAY_ROLE_COUNT);
    bool bay = role >= BOARD_STATION_ROLE_COUNT;
    struct board_binding *binding =
        bay ? &board.bays[1].roles[role - BOARD_STATION_ROLE_COUNT] : &board.station[role];
    strcpy(binding->driver, "gpio");
    binding->address_line = 7;
    size_t size = length - 1 < BOARD_TEXT_SIZE - 1 ? length - 1 : BOARD_TEXT_SIZE - 1;
    memcpy(binding->address, bytes + 1, size);
    struct gpio_plan plan;
    if (gpio_plan(&plan, &board, &report, NULL) != 0)
        abort();
    if (report.count == 0 && plan.line_count + plan.thermometer_count == 0)
        abort(); /* each role needs something */
    for (size_t i = 0; i < plan.line_count; i++) {
        const struct gpio_spec *spec = &plan.lines[i].spec;
        if (*spec->chip == '\0' || (spec->offset < 0) != (*spec->line != '\0'))
            abort();
    }
    for (size_t i = 0; i < report.count && i < BOARD_MISTAKES_MAX; i++)
        if (report.mistakes[i].line != 7 || *report.mistakes[i].role == '\0')
            abort();
    gpio_plan_free(&plan);
    return 0;
}
