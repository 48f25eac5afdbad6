/* SPDX-License-Identifier: Apache-2.0 */
#include "core/machine.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

int machine_find(const struct machine *machine, const char *name)
{
    for (int state = 0; state < machine->count; state++)
        if (strcmp(machine->names[state], name) == 0)
            return state;
    return -1;
}

_Noreturn void machine_broken(const char *condition, const char *file, int line)
{
    log_error("core", "invariant broken, stopping condition=\"%s\" at=%s:%d", condition, file,
              line);
    abort();
}
