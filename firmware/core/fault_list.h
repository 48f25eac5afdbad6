/* SPDX-License-Identifier: Apache-2.0 */
/* The table of faults for people: docs/faults.md, and `swap-engine --faults` at the station. */
#ifndef SWAPSTACK_CORE_FAULT_LIST_H
#define SWAPSTACK_CORE_FAULT_LIST_H

#include "base/strbuf.h"
#include <stdio.h>

/* Appends the whole page as Markdown, readable as it is. */
void fault_list(struct strbuf *to);
/* Prints it. Negative when that fails. */
int fault_list_print(FILE *to);

#endif
