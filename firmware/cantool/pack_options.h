/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `swap-can pack`. */
#ifndef SWAPSTACK_CANTOOL_PACK_OPTIONS_H
#define SWAPSTACK_CANTOOL_PACK_OPTIONS_H

#include "base/args.h"
#include "cantool/benchpack.h"

/* Rows for the table of options (base/args.h). */
#define PACK_OPTIONS                                                                               \
    {"profile", "NAME", "pack: gbt27930 or cia418 (needed)", NULL, NULL},                          \
        {"node", "N", "pack, cia418: node 1 to 127 (default 1)", NULL, NULL},                      \
        {"number", "N", "pack: of its serial BNCH-N (default 1)", NULL, NULL},                     \
        {"soc", "PERCENT", "pack: state of charge (default 50)", NULL, NULL},                      \
        {"chemistry", "KIND", "pack: nmc (default) or lfp", NULL, NULL},                           \
        {"cells", "N", "pack: cells in series (default 96)", NULL, NULL},                          \
        {"capacity", "AH", "pack: capacity (default 20)", NULL, NULL},                             \
        {"current", "A", "pack: what it wants at most (default 40)", NULL, NULL},                  \
    {                                                                                              \
        "temperature", "C", "pack: of its cells (default 25)", NULL, NULL                          \
    }

/* ERR_USAGE with a sentence that names the option and its range. */
int pack_options_read(struct benchpack_options *options, const struct args *args, struct err *err);

#endif
