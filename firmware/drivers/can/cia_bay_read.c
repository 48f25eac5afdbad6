/* SPDX-License-Identifier: Apache-2.0 */
/* The pack's readings out of the objects of CiA 418, in the units of the device's scale. */
#include "drivers/can/cia_bay.h"

#include "base/clock.h"
#include "core/text.h"
#include <ctype.h>
#include <math.h>

#define CHARGER_STALE_US (1 * CLOCK_US_PER_SECOND)

static const struct scale {
    double temperature_c, voltage_v, request_a; /* per count */
    int ready;                                  /* bit of 6000h, -1: it has none */
} SCALES[] = {
    [CAN_SCALE_CIA418] = {0.125, 1.0 / 1024, 1.0 / 16, 0},
    /* 6000h says 1 while it is discharged and 0 else; 6070h is not documented and ignored */
    [CAN_SCALE_ADRD5161] = {1, 0.001, NAN, -1},
};

static const struct scale *scale_of(const struct cia_bay *bay)
{
    return &SCALES[bay->address.scale];
}

static double number(const struct cia_bay *bay, enum cia418_object object, double per_count)
{
    const struct cia418_value *value = &bay->client.values[object];
    return value->heard_us && !value->missing ? (double)value->number * per_count : NAN;
}

double cia_bay_voltage_v(const struct cia_bay *bay)
{
    return number(bay, CIA418_VOLTAGE, scale_of(bay)->voltage_v);
}

double cia_bay_current_a(const struct cia_bay *bay, int64_t now_us)
{
    const struct io_charger *charger = &bay->station.charger;
    double own_a = number(bay, CIA418_CURRENT, 1e-6);
    if (isfinite(own_a))
        return own_a;
    if (!bay->station.contactor_closed)
        return 0; /* nothing else is connected to it */
    bool fresh = charger->at_us > 0 && now_us - charger->at_us <= CHARGER_STALE_US;
    return fresh ? charger->dc_a : NAN;
}

/* 418, or 419 for devices that call themselves chargers (ADRD5161). */
static bool is_known_profile(const struct cia_bay *bay)
{
    int64_t profile = bay->client.values[CIA418_DEVICE_TYPE].number & 0xFFFF;
    return profile == 418 || profile == 419;
}

bool cia_bay_permits(const struct cia_bay *bay)
{
    const struct cia418_client *client = &bay->client;
    const struct cia418_value *status = &client->values[CIA418_STATUS];
    int ready = scale_of(bay)->ready;
    return client->state == CIA418_CLIENT_PRESENT && is_known_profile(bay) && status->heard_us &&
           client->values[CIA418_ERROR_REGISTER].number == 0 &&
           (ready < 0 || (status->number >> ready & 1));
}

/* The oldest of what every round reads: all of it must be fresh. */
static int64_t age_of(const struct cia_bay *bay)
{
    int64_t at_us = INT64_MAX;
    static const enum cia418_object OBJECTS[] = {CIA418_ERROR_REGISTER, CIA418_STATUS,
                                                 CIA418_TEMPERATURE,    CIA418_VOLTAGE,
                                                 CIA418_REQUEST,        CIA418_SOC};
    for (size_t i = 0; i < sizeof OBJECTS / sizeof *OBJECTS; i++) {
        const struct cia418_value *value = &bay->client.values[OBJECTS[i]];
        if (!value->missing && value->heard_us < at_us)
            at_us = value->heard_us;
    }
    return at_us == INT64_MAX ? 0 : at_us;
}

static double charge_v(const struct cia_bay *bay)
{
    /* End of charging per cell; below the core's limits of the cell. */
    static const double CELL_V[] = {[IO_CHEMISTRY_UNKNOWN] = NAN,
                                    [IO_CHEMISTRY_LFP] = 3.60,
                                    [IO_CHEMISTRY_NMC] = 4.20,
                                    [IO_CHEMISTRY_LTO] = 2.80};
    if (isfinite(bay->address.charge_v))
        return bay->address.charge_v;
    return number(bay, CIA418_CELLS, CELL_V[bay->address.chemistry]);
}

static void read_request(const struct cia_bay *bay, struct io_pack *pack)
{
    double most_a = number(bay, CIA418_MAX_CURRENT, 1);
    double wanted_a = number(bay, CIA418_REQUEST, scale_of(bay)->request_a);
    pack->request_v = charge_v(bay);
    if (most_a <= 0) /* not set */
        most_a = NAN;
    pack->request_a = isnan(wanted_a) ? most_a : fmin(wanted_a, most_a);
}

static void read_cells(const struct cia_bay *bay, struct io_pack *pack)
{
    for (int i = CIA418_CELL1; i <= CIA418_CELL4; i++) {
        double cell_v = number(bay, (enum cia418_object)i, 0.001);
        pack->cell_max_v = fmax(pack->cell_max_v, cell_v);
        pack->cell_min_v = fmin(pack->cell_min_v, cell_v);
    }
}

static const double NOMINAL_V[] = {[IO_CHEMISTRY_UNKNOWN] = NAN,
                                   [IO_CHEMISTRY_LFP] = 3.2,
                                   [IO_CHEMISTRY_NMC] = 3.65,
                                   [IO_CHEMISTRY_LTO] = 2.3};

static void read_identity(const struct cia_bay *bay, struct io_pack *pack)
{
    char serial[CIA418_TEXT_SIZE];
    size_t length = 0;
    double total_ah = number(bay, CIA418_TOTAL_CHARGE, 1);
    int64_t type = bay->client.values[CIA418_TYPE].number;
    cia418_client_serial(&bay->client, serial);
    for (const char *at = serial; *at && length < IO_ID_SIZE - 1; at++)
        if (isalnum((unsigned char)*at) || strchr("._-", *at))
            pack->bid[length++] = *at;
    TEXT_SET(pack->version, bay->client.software);
    bool right_type = bay->address.type < 0 || type == bay->address.type;
    pack->chemistry = right_type ? bay->address.chemistry : IO_CHEMISTRY_UNKNOWN;
    pack->rated_ah = number(bay, CIA418_CAPACITY, 1);
    pack->rated_v = number(bay, CIA418_CELLS, NOMINAL_V[bay->address.chemistry]);
    pack->rated_kwh = pack->rated_v * pack->rated_ah / 1000;
    if (total_ah >= 0 && pack->rated_ah > 0)
        pack->cycles = (int64_t)(total_ah / pack->rated_ah); /* equivalent full ones */
}

static struct io_pack look(const struct cia_bay *bay)
{
    double temp_c = number(bay, CIA418_TEMPERATURE, scale_of(bay)->temperature_c);
    struct io_pack pack = {.rated_v = NAN,
                           .rated_ah = NAN,
                           .rated_kwh = NAN,
                           .soc_percent = number(bay, CIA418_SOC, 1),
                           .soh_percent = NAN,
                           .cell_max_v = NAN,
                           .cell_min_v = NAN,
                           .cells_untold = bay->address.scale == CAN_SCALE_CIA418,
                           .temp_max_c = temp_c,
                           .temp_min_c = temp_c,
                           .capacity_kwh = NAN,
                           .cycles = -1};
    if (is_known_profile(bay))
        read_identity(bay, &pack);
    read_cells(bay, &pack);
    read_request(bay, &pack);
    pack.faults = (uint32_t)(bay->client.values[CIA418_ERROR_REGISTER].number & 0xFF);
    return pack;
}

void cia_bay_read(void *self, int64_t now_us, struct io_pack *pack)
{
    struct cia_bay *bay = self;
    int64_t at_us = bay->client.state == CIA418_CLIENT_PRESENT ? age_of(bay) : 0;
    if (at_us > 0) { /* since it was met, all has been read */
        bay->known = look(bay);
        bay->known.at_us = at_us;
        bay->known.pack_v = cia_bay_voltage_v(bay);
    }
    bay->known.permit = at_us > 0 && !bay->lost && cia_bay_permits(bay);
    bay->lost = bay->lost && at_us == 0;
    bay->known.pack_a = cia_bay_current_a(bay, now_us);
    bay->known.energy_added_kwh = bay->energy_kwh;
    *pack = bay->known;
}
