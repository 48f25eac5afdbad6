/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/stock.h"

#include <stdlib.h>
#include <string.h>

static int parse_word(const char *word, size_t length, struct stock_item *item)
{
    if (length == 5 && memcmp(word, "empty", 5) == 0) {
        *item = (struct stock_item){.empty = true};
        return 0;
    }
    char copy[32];
    if (length < 5 || length >= sizeof copy)
        return -1;
    memcpy(copy, word, length);
    copy[length] = '\0';
    if (memcmp(copy, "nmc:", 4) == 0)
        item->chemistry = IO_CHEMISTRY_NMC;
    else if (memcmp(copy, "lfp:", 4) == 0)
        item->chemistry = IO_CHEMISTRY_LFP;
    else
        return -1;
    if (copy[4 + strspn(copy + 4, "0123456789.")] != '\0')
        return -1;
    char *end;
    item->empty = false;
    item->soc_percent = strtod(copy + 4, &end);
    return *end == '\0' && end != copy + 4 && item->soc_percent <= 100 ? 0 : -1;
}

int stock_parse(const char *text, int bay_count, struct stock *stock, struct err *err)
{
    *stock = (struct stock){0};
    int count = 0;
    for (const char *at = text + strspn(text, " \t"); *at != '\0'; at += strspn(at, " \t")) {
        size_t length = strcspn(at, " \t");
        if (count < bay_count && parse_word(at, length, &stock->items[count]) != 0)
            return err_set(err, ERR_CONFIG,
                           "packs: \"%.*s\" (bay %d) is none of nmc:PERCENT, lfp:PERCENT, empty",
                           (int)(length < 40 ? length : 40), at, count + 1);
        count++;
        at += length;
    }
    if (count != bay_count)
        return err_set(err, ERR_CONFIG, "packs: %d words for %d bays; one per bay is needed", count,
                       bay_count);
    return 0;
}
