/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published cases about tariffs entered by hand and applied retroactively, the efficiency of a
 * vehicle and geofences (shared/conformance/charging/rules.json).
 */
#include "cases.h"

#include "charging/efficiency.h"

static const cJSON *cases;

/* The cell of a table whose columns are named beside it. */
static const cJSON *cell(const cJSON *columns, const cJSON *row, const char *name)
{
    for (int i = 0; i < cJSON_GetArraySize(columns); i++)
        if (strcmp(cJSON_GetStringValue(cJSON_GetArrayItem(columns, i)), name) == 0)
            return cJSON_GetArrayItem(row, i);
    return NULL;
}

static double cell_number(const cJSON *columns, const cJSON *row, const char *name)
{
    const cJSON *value = cell(columns, row, name);
    return cJSON_IsNumber(value) ? value->valuedouble : NAN;
}

static void assert_text(const char *id, const char *what, const char *got, const char *want)
{
    if (strcmp(got ? got : "null", want ? want : "null") != 0)
        fail_msg("%s: %s is %s, published %s", id, what, got ? got : "null", want ? want : "null");
}

/* A cost as it is stored, "null" when there is none. */
static void assert_cost(const char *id, int64_t got, const char *want)
{
    char text[32] = "null";
    assert_true(got == COST_NONE || got % 100 == 0);
    if (got != COST_NONE)
        (void)snprintf(text, sizeof text, "%.2f", (double)got / COST_UNIT);
    assert_text(id, "cost", text, want);
}

static double stored(const cJSON *answer, const char *name)
{
    const char *text = get_text(answer, name);
    return text ? strtod(text, NULL) : get_number(answer, name);
}

/* The process whose end makes the vehicle be computed anew, evaluated from its samples. */
static struct efficiency_process trigger_process(const cJSON *trigger, const char *kind)
{
    const cJSON *columns = get(trigger, "columns"), *row;
    SCOPE_JSON cJSON *document = cJSON_CreateObject();
    cJSON *samples = cJSON_AddArrayToObject(document, "samples");
    cJSON_ArrayForEach(row, get(trigger, "samples"))
    {
        cJSON *sample = cJSON_CreateObject();
        for (int i = 0; i < cJSON_GetArraySize(columns); i++)
            cJSON_AddItemToObject(sample, cJSON_GetArrayItem(columns, i)->valuestring,
                                  cJSON_Duplicate(cJSON_GetArrayItem(row, i), 1));
        cJSON_AddItemToArray(samples, sample);
    }
    SCOPE_JSON cJSON *answer = evaluate_document(document);
    char start[40], end[40];
    (void)snprintf(start, sizeof start, "start_%s_range_km", kind);
    (void)snprintf(end, sizeof end, "end_%s_range_km", kind);
    return (struct efficiency_process){
        (int64_t)stored(answer, "duration_min"), stored(answer, "end_battery_level"),
        stored(answer, "charge_energy_added"), stored(answer, start), stored(answer, end)};
}

static void check_efficiency(const cJSON *one)
{
    const char *id = get_text(one, "id");
    const char *preferred = get_text(get(one, "settings"), "preferred_range");
    const cJSON *prior = get(one, "prior_processes"), *columns = get(prior, "columns"), *row;
    bool same_kind = strcmp(get_text(prior, "range_kind"), preferred) == 0;
    struct efficiency_process list[64];
    size_t count = 0;
    assert_true(cJSON_GetArraySize(get(prior, "rows")) < 64);
    cJSON_ArrayForEach(row, get(prior, "rows")) list[count++] =
        (struct efficiency_process){(int64_t)cell_number(columns, row, "duration_min"),
                                    cell_number(columns, row, "end_battery_level"),
                                    cell_number(columns, row, "charge_energy_added"),
                                    same_kind ? cell_number(columns, row, "start_range_km") : NAN,
                                    same_kind ? cell_number(columns, row, "end_range_km") : NAN};
    assert_int_equal(count, (size_t)get_number(prior, "count"));
    list[count++] = trigger_process(get(one, "trigger_process"), preferred);
    for (int rule = EFFICIENCY_AS_MODELLED; rule <= EFFICIENCY_MENDED; rule++) {
        double factor = get_number(one, "car_efficiency_before");
        double want = get_number(get(one, "expected"), "car.efficiency");
        assert_true(efficiency_factor(list, count, (enum efficiency_rule)rule, &factor) >= 0);
        if (isnan(want) ? !isnan(factor) : factor != want)
            fail_msg("%s: efficiency %.17g, published %.17g", id, factor, want);
    }
}

static enum cost_billing mode_of(const char *mode)
{
    if (!mode)
        return COST_NOT_BILLED;
    return strcmp(mode, "per_kwh") == 0 ? COST_PER_KWH : COST_PER_MINUTE;
}

static void check_manual(const cJSON *one)
{
    const char *id = get_text(one, "id");
    const cJSON *process = get(one, "process"), *expected = get(one, "expected"), *step;
    double duration = get_number(process, "duration_min");
    struct cost_quantity quantity = {get_number(process, "charge_energy_added"),
                                     get_number(process, "charge_energy_used"),
                                     isnan(duration) ? COST_NONE : (int64_t)duration};
    cJSON_ArrayForEach(step, get(expected, "steps"))
    {
        const cJSON *entered = get(step, "entered");
        assert_cost(
            id,
            cost_by_hand(mode_of(get_text(entered, "mode")), get_money(entered, "cost"), &quantity),
            get_text(step, "stored_cost"));
    }
    if (get(expected, "shown_energy")) {
        char text[32];
        (void)snprintf(text, sizeof text, "%.2f kWh", cost_billable_kwh(&quantity));
        assert_text(id, "billable energy", text, get_text(expected, "shown_energy"));
    }
}

/* The first geofence, moved where the case says so. */
static cJSON *geofences_of(const cJSON *settings)
{
    cJSON *geofences = cJSON_Duplicate(get(settings, "geofences"), 1);
    const cJSON *each;
    cJSON_ArrayForEach(each, get(settings, "geofence_update"))
        cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetArrayItem(geofences, 0), each->string,
                                               cJSON_Duplicate(each, 1));
    return geofences;
}

static void check_retroactive(const cJSON *one)
{
    const char *id = get_text(one, "id");
    const cJSON *expected = get(one, "expected"), *group, *row;
    SCOPE_JSON cJSON *geofences = geofences_of(get(one, "settings"));
    int without_cost = 0, at = 0;
    cJSON_ArrayForEach(group, get(one, "processes"))
    {
        const cJSON *geofence = find_geofence(geofences, get(group, "position"));
        const cJSON *columns = get(group, "columns");
        struct cost_tariff tariff = {COST_NOT_BILLED, COST_NONE, COST_NONE};
        if (geofence)
            tariff = (struct cost_tariff){mode_of(get_text(geofence, "billing_type")),
                                          get_money(geofence, "cost_per_unit"),
                                          get_money(geofence, "session_fee")};
        cJSON_ArrayForEach(row, get(group, "rows"))
        {
            double cost = cell_number(columns, row, "cost");
            struct cost_quantity quantity = {cell_number(columns, row, "charge_energy_added"), NAN,
                                             (int64_t)cell_number(columns, row, "duration_min")};
            int64_t before = isnan(cost) ? COST_NONE : cost_from_number(cost);
            without_cost += geofence && before == COST_NONE;
            const cJSON *want = cJSON_GetArrayItem(get(expected, "processes"), at++);
            if (!want)
                continue;
            assert_text(id, "geofence", geofence ? get_text(geofence, "name") : NULL,
                        get_text(want, "geofence"));
            assert_cost(id, cost_retroactive(&tariff, &quantity, before), get_text(want, "cost"));
        }
    }
    if (get(expected, "sessions_without_cost"))
        assert_int_equal(without_cost, (int)get_number(expected, "sessions_without_cost"));
    else
        assert_int_equal(cJSON_GetArraySize(get(expected, "processes")), at);
}

static void check_position(const char *id, const cJSON *geofences, const cJSON *position,
                           const char *want)
{
    const cJSON *found = find_geofence(geofences, position);
    assert_text(id, "geofence", found ? get_text(found, "name") : NULL, want);
}

/* Geofences come and go; the processes of a step are looked up after its action. */
static void take_action(cJSON *geofences, const cJSON *action)
{
    const cJSON *create = get(action, "create");
    const char *name = get_text(action, "delete");
    if (create)
        cJSON_AddItemToArray(geofences, cJSON_Duplicate(create, 1));
    for (int i = 0; name && i < cJSON_GetArraySize(geofences); i++)
        if (strcmp(get_text(cJSON_GetArrayItem(geofences, i), "name"), name) == 0)
            cJSON_DeleteItemFromArray(geofences, i--);
}

static void check_geofences(const cJSON *one)
{
    const char *id = get_text(one, "id");
    const cJSON *expected = get(one, "expected"), *each, *place;
    cJSON_ArrayForEach(each, get(expected, "lookups")) check_position(
        id, get(get(one, "settings"), "geofences"), each, get_text(each, "geofence"));
    SCOPE_JSON cJSON *geofences = cJSON_CreateArray();
    cJSON_ArrayForEach(each, get(expected, "steps"))
    {
        take_action(geofences, get(each, "action"));
        cJSON_ArrayForEach(place, get(one, "process_positions")) if (get(each, place->string))
            check_position(id, geofences, place, get_text(each, place->string));
    }
}

static void rules_give_the_published_results(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        void (*check)(const cJSON *one);
    } kinds[] = {{"efficiency-", check_efficiency},
                 {"manual-", check_manual},
                 {"retro-", check_retroactive},
                 {"geofence-", check_geofences}};
    const cJSON *one;
    cJSON_ArrayForEach(one, cases)
    {
        const char *id = get_text(one, "id");
        size_t kind = 0;
        while (kind < 4 && strncmp(id, kinds[kind].prefix, strlen(kinds[kind].prefix)) != 0)
            kind++;
        if (kind == 4)
            fail_msg("%s: nothing here checks this kind of case", id);
        kinds[kind].check(one);
    }
    assert_true(cJSON_GetArraySize(cases) > 0);
}

int main(void)
{
    cJSON *root = NULL;
    cases = cases_load("rules.json", &root);
    if (!cases)
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_give_the_published_results),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cJSON_Delete(root);
    return failed;
}
