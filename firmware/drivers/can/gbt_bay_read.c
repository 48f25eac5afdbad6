/* SPDX-License-Identifier: Apache-2.0 */
/* The pack's readings out of what it says in GB/T 27930. */
#include "drivers/can/gbt_bay.h"

#include "base/clock.h"
#include "core/text.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>

/* BCS and BSM are good for 5 s, BCL for 1 s (tables 17, 18); the core knows one limit, that of BCL.
 */
#define SLOWER_US (4 * CLOCK_US_PER_SECOND)

/* Only what the protocol of the station allows in a serial: A-Za-z0-9._- */
static void append_serial(char to[IO_ID_SIZE], const char *from)
{
    size_t length = strlen(to);
    for (; *from && length < IO_ID_SIZE - 1; from++)
        if (isalnum((unsigned char)*from) || strchr("._-", *from))
            to[length++] = *from;
    to[length] = '\0';
}

void gbt_bay_name(const struct gbt_brm *brm, enum can_bid bid, char to[IO_ID_SIZE])
{
    char number[24];
    to[0] = '\0';
    bool numbered = brm->pack_number > 0 && (brm->maker[0] || !brm->vin[0]);
    if (bid == CAN_BID_SERIAL && numbered) {
        append_serial(to, brm->maker);
        if (to[0])
            append_serial(to, "-");
        (void)snprintf(number, sizeof number, "%lld", (long long)brm->pack_number);
        append_serial(to, number);
        return;
    }
    append_serial(to, brm->vin);
}

static enum io_chemistry chemistry_of(uint8_t code)
{
    switch (code) { /* table 11, SPN 2566; the limits of other kinds are not known to the core */
    case 3:
        return IO_CHEMISTRY_LFP;
    case 6:
        return IO_CHEMISTRY_NMC;
    case 8:
        return IO_CHEMISTRY_LTO;
    default:
        return IO_CHEMISTRY_UNKNOWN;
    }
}

/* The software version is of no known form: its bytes up to the padding, in hexadecimal. */
static void software_version(const uint8_t bytes[8], char to[IO_ID_SIZE])
{
    size_t count = 8;
    while (count > 0 && bytes[count - 1] == 0xFF)
        count--;
    to[0] = '\0';
    for (size_t i = 0; i < count; i++)
        (void)snprintf(to + 2 * i, IO_ID_SIZE - 2 * i, "%02X", bytes[i]);
}

static void read_identity(const struct gbt_bay *bay, struct io_pack *pack)
{
    gbt_bay_name(&bay->brm, bay->bid, pack->bid);
    append_serial(pack->vin, bay->brm.vin);
    software_version(bay->brm.software, pack->version);
    pack->chemistry = chemistry_of(bay->brm.chemistry);
    pack->rated_v = bay->brm.rated_v;
    pack->rated_ah = bay->brm.rated_ah;
    pack->rated_kwh = bay->brm.rated_v * bay->brm.rated_ah / 1000;
    pack->cycles = bay->brm.cycles;
    if (bay->parameters && isfinite(bay->bcp.energy_kwh))
        pack->rated_kwh = bay->bcp.energy_kwh;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t age_of(const struct gbt_bay *bay, int64_t now_us)
{
    const int64_t *heard_us = bay->charger.link.heard_us;
    enum gbt_charger_state state = bay->charger.state;
    if (state != GBT_CHARGER_CHARGING && state != GBT_CHARGER_PAUSED)
        return bay->heard_us;
    int64_t at_us = least(heard_us[GBT_BCL], heard_us[GBT_BCS] + SLOWER_US);
    if (heard_us[GBT_BSM] != GBT_NEVER)
        at_us = least(at_us, heard_us[GBT_BSM] + SLOWER_US);
    return least(at_us, now_us);
}

/* Before BSM nothing speaks against charging; the machine gives no power before it. */
static bool permits(const struct gbt_bay *bay, int64_t now_us)
{
    const struct gbt_charger *charger = &bay->charger;
    if (bay->faults || now_us < bay->cool_us || !bay->parameters ||
        !gbt_charger_fits(&bay->settings, &bay->bcp))
        return false;
    switch (charger->state) {
    case GBT_CHARGER_CHARGING:
        return charger->permit || charger->link.heard_us[GBT_BSM] == GBT_NEVER;
    case GBT_CHARGER_PAUSED:
    case GBT_CHARGER_ERROR:
    case GBT_CHARGER_FAILED:
        return false;
    default:
        return true;
    }
}

static void read_cells(const struct gbt_charger *charger, struct io_pack *pack)
{
    const int64_t *heard_us = charger->link.heard_us;
    if (heard_us[GBT_BSM] != GBT_NEVER) {
        pack->resting = heard_us[GBT_BCS] == GBT_NEVER; /* which tells the cells */
        pack->temp_max_c = charger->bsm.max_temperature_c;
        pack->temp_min_c = charger->bsm.min_temperature_c;
    }
    if (heard_us[GBT_BCS] != GBT_NEVER)
        pack->cell_max_v = charger->bcs.max_cell_v;
    if (heard_us[GBT_BMV] != GBT_NEVER)
        pack->cell_min_v = charger->min_cell_v;
    if (heard_us[GBT_BSD] != GBT_NEVER) {
        pack->cell_max_v = charger->bsd.max_cell_v;
        pack->cell_min_v = charger->bsd.min_cell_v;
    }
}

void gbt_bay_read(void *self, int64_t now_us, struct io_pack *pack)
{
    const struct gbt_bay *bay = self;
    /* What it measured before its silence says nothing of now, whatever else it sends since. */
    bool measured = bay->current_a == 0 ||
                    now_us - bay->measured_us <= bay->settings.times.bcs_ms * CLOCK_US_PER_MS;
    *pack = (struct io_pack){.rated_v = NAN,
                             .rated_ah = NAN,
                             .rated_kwh = NAN,
                             .pack_v = bay->voltage_v,
                             .pack_a = measured ? bay->current_a : NAN,
                             .soc_percent = bay->soc_percent,
                             .soh_percent = NAN,
                             .cell_max_v = NAN,
                             .cell_min_v = NAN,
                             .temp_max_c = NAN,
                             .temp_min_c = NAN,
                             .capacity_kwh = NAN,
                             .energy_added_kwh = bay->energy_kwh,
                             .resting = true,
                             .cycles = -1};
    if (!bay->here || bay->heard_us == 0)
        return;
    pack->at_us = age_of(bay, now_us);
    if (bay->identified && bay->parameters)
        read_identity(bay, pack);
    read_cells(&bay->charger, pack);
    pack->permit = permits(bay, now_us);
    pack->faults = bay->faults;
    /* Nothing until the pack has told what it wants; the machine keeps what it bears. */
    const struct gbt_charger_output *output = &bay->charger.output;
    pack->request_v = output->on ? output->voltage_v : 0;
    pack->request_a = output->on ? output->current_a : 0;
}
