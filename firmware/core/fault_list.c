/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fault_list.h"
#include "base/err.h"
#include "base/scope.h"
#include "core/fault.h"

static const char HEAD[] =
    "# Faults\n"
    "\n"
    "Every fault that a station reports (FAULT, type 18), printed by `swap-engine --faults` from\n"
    "`firmware/core/fault_table.h`. Times and values in brackets are keys of `[limits]` of the\n"
    "engine's configuration; the numbers here are their defaults.\n"
    "\n"
    "- A fault is one record with a time and a count. It ends once its cause was gone for 5 s\n"
    "  [fault_hold_s]. Each return doubles that time, up to 300 s [fault_flap_s].\n"
    "- A latched fault stays until a person at the station confirms it (`swap-engine\n"
    "  --acknowledge`, or the console), and its cause is gone. It survives restarts.\n"
    "- Severity: critical needs somebody now, error needs somebody, warning is for information.\n";

static void add_section(struct strbuf *to, const char *title, enum fault_of of)
{
    strbuf_printf(to, "\n## %s\n", title);
    for (int code = 0; code < FAULT_COUNT; code++) {
        const struct fault_kind *kind = fault_kind((enum fault_code)code);
        if (kind->of != of)
            continue;
        strbuf_printf(to, "\n### %s\n\n%s%s, %s: %s.\n\n", kind->name, kind->severity,
                      kind->latched ? ", latched" : "", fault_effect_text(kind->effect),
                      kind->info);
        strbuf_printf(to, "- Cause: %s\n- Firmware: %s\n- Check: %s\n", kind->cause, kind->does,
                      kind->check);
    }
}

void fault_list(struct strbuf *to)
{
    strbuf_append_text(to, HEAD);
    add_section(to, "Of the station", FAULT_OF_STATION);
    add_section(to, "Of a bay", FAULT_OF_BAY);
    add_section(to, "Raised by swap-monitor", FAULT_OF_MONITOR);
}

int fault_list_print(FILE *to)
{
    SCOPE_STRBUF struct strbuf page = STRBUF_INIT;
    fault_list(&page);
    if (strbuf_failed(&page))
        return ERR_NOMEM;
    return fputs(strbuf_text(&page), to) < 0 || fflush(to) ? ERR_SYSTEM : 0;
}
