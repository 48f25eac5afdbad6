/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "console/files.h"
#include "console/screen.h"
#include "engine/intent.h"
#include "protocol/timestamp.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define STATE_MAX_BYTES (64u << 20)

/* Everything that a state file holds. */
struct state {
    struct station station;
    struct handover handover;
    struct intent_config config;
};

static void free_state(struct state **state)
{
    if (*state)
        handover_free(&(*state)->handover);
    free(*state);
}

static int load(const char *folder, struct state **to, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    SCOPE_STRBUF struct strbuf path = STRBUF_INIT;
    strbuf_printf(&path, "%s/" INTENT_NAME, folder);
    if (access(strbuf_text(&path), R_OK) < 0 && errno == EACCES)
        return err_set(err, ERR_PERMISSION, "%s: this user may not read it", strbuf_text(&path));
    int code = file_read(strbuf_text(&path), STATE_MAX_BYTES, &text, err);
    if (code)
        return code;
    SCOPE(free_state) struct state *state = calloc(1, sizeof *state);
    if (!state)
        return err_set(err, ERR_NOMEM, "out of memory");
    /* How many bays the board has is not known here; the state names those that matter. */
    station_init(&state->station, IO_BAYS_MAX, "00000000");
    struct intent intent = {&state->station, &state->handover, &state->config, 0};
    code = intent_decode(strbuf_text(&text), text.length, &intent, err);
    if (code) {
        (void)err_prefix(err, "%s: ", strbuf_text(&path));
        return code;
    }
    *to = SCOPE_STEAL(state);
    return 0;
}

int files_check_engine(const char *folder, struct err *err)
{
    SCOPE(free_state) struct state *state = NULL;
    return load(folder, &state, err);
}

static void show_bay(FILE *to, const struct bay *bay)
{
    static const char *const CUSTODY[] = {"", "waits for a battery of ", "was offered to "};
    if (!bay->bid[0] && !bay->maintenance && bay->custody.kind == CUSTODY_NONE)
        return;
    screen_print_indented(to, 12, "  bay %-3d   pack %s%s%s%s%s%s%s\n", bay->slot,
                          bay->bid[0] ? bay->bid : "none", bay->maintenance ? ", maintenance" : "",
                          bay->custody.kind != CUSTODY_NONE ? ", " : "", CUSTODY[bay->custody.kind],
                          bay->custody.vehicle,
                          bay->charge.status == SESSION_IN_PROGRESS ? ", was charging" : "",
                          bay->reservation.until_us ? ", reserved" : "");
}

int files_show_engine(FILE *to, const char *folder, struct err *err)
{
    SCOPE(free_state) struct state *state = NULL;
    int code = load(folder, &state, err);
    if (code)
        return code;
    const struct station *station = &state->station;
    screen_print(to, "The engine's state file %s/%s says (boot %" PRId64 "):\n", folder,
                 INTENT_NAME, state->handover.boot);
    if (station->maintenance)
        screen_print(to, "  the station is in maintenance\n");
    if (station->swap.step != SWAP_IDLE)
        screen_print_indented(to, 4, "  a swap was under way: %s, vehicle %s, user %s\n",
                              machine_state_name(&SWAP_MACHINE, (int)station->swap.step),
                              station->swap.vehicle, station->swap.user);
    for (int i = 0; i < station->bay_count; i++)
        show_bay(to, &station->bays[i]);
    for (int i = 0; i < station->faults.count; i++) {
        const struct fault *fault = &station->faults.list[i];
        screen_print(to, "  latched   %s in %s %d: %s\n", fault_name(fault->code),
                     fault->slot ? "bay" : "station", fault->slot, fault_kind(fault->code)->info);
    }
    screen_print(to, "  %zu events wait for the monitor\n", state->handover.count);
    return 0;
}
