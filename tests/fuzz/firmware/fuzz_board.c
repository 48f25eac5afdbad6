/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as board.ini and as fault script: no crash, and either a board or a mistake named. */
#include "drivers/board.h"
#include "drivers/sim/script.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct board_report report;
    static struct script script;
    struct board *board;
    struct err err = {0};
    int result = board_parse((const char *)bytes, length, "board.ini", &board, &report, &err);
    if ((result == 0) != (board != NULL) || (result == ERR_CONFIG) != (report.count > 0))
        abort();
    board_free(board);
    script_parse((const char *)bytes, length, IO_BAYS_MAX, &script);
    if (script.count > SCRIPT_RULES_MAX)
        abort();
    return 0;
}
