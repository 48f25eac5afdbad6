/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recorded session of a real charger and pack (shared/datasets/gbt27930, tyu05): every frame is
 * understood, and says what is known of that session: reference/firmware.md clause 2 "Captures".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "firmware/near.h"
#include "gbt27930/charger.h"
#include "gbt27930/listener.h"
#include <stdio.h>
#include <string.h>

static FILE *capture;

static FILE *open_capture(void)
{
    const char *shared = getenv("SWAPSTACK_SHARED");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/datasets/gbt27930/tyu05-charger-session-timeout.log",
                   shared ? shared : SOURCE_DIR "/../shared");
    FILE *file = fopen(path, "re");
    if (file == NULL)
        printf("%s is not here: the recorded session is not checked\n", path);
    return file;
}

/* The next message of the capture; false at its end. */
static bool next_message(struct gbt_listener *listener, struct gbt_heard *heard,
                         struct gbt_message *message, struct gbt_notes *notes)
{
    char text[128];
    while (fgets(text, sizeof text, capture)) {
        static struct candump_line line;
        struct err err = {0};
        if (candump_parse(text, strcspn(text, "\n"), &line, &err) != 1)
            fail_msg("%s: %s", text, err.text);
        *heard = gbt_listener_on_frame(listener, &line.frame);
        if (heard->kind == GBT_HEARD_PART)
            continue;
        assert_int_equal(heard->kind, GBT_HEARD_MESSAGE);
        assert_non_null(heard->spec);
        if (gbt_decode(heard->spec, heard->bytes, heard->length, message, notes, &err))
            fail_msg("%s: %s", text, err.text);
        return true;
    }
    return false;
}

static void every_frame_is_understood(void **state)
{
    (void)state;
    static const int WANTED[GBT_KIND_COUNT] = {
        [GBT_CHM] = 7,  [GBT_BHM] = 5,   [GBT_CRM] = 2,  [GBT_BRM] = 1, [GBT_BCP] = 1,
        [GBT_CTS] = 2,  [GBT_CML] = 3,   [GBT_BRO] = 5,  [GBT_CRO] = 2, [GBT_BCL] = 353,
        [GBT_BCS] = 62, [GBT_CCS] = 329, [GBT_BSM] = 71, [GBT_BEM] = 45};
    int counts[GBT_KIND_COUNT] = {0};
    static struct gbt_listener listener;
    static struct gbt_message message;
    struct gbt_heard heard;
    struct gbt_notes notes;
    gbt_listener_init(&listener);
    rewind(capture);
    while (next_message(&listener, &heard, &message, &notes)) {
        uint8_t bytes[GBT_SIZE_MAX];
        size_t length;
        counts[message.kind]++;
        assert_int_equal(notes.invalid, 0);
        assert_int_equal(gbt_encode(&message, bytes, &length, NULL), 0);
        assert_int_equal(length, heard.length);
        if (message.kind == GBT_BRM) { /* its VIN is padded with 0 */
            assert_int_equal(notes.dialects, GBT_DIALECT(ZERO_PADDING));
            continue;
        }
        assert_int_equal(notes.dialects, 0);
        assert_memory_equal(bytes, heard.bytes, length);
    }
    for (int i = 0; i < GBT_KIND_COUNT; i++)
        assert_int_equal(counts[i], WANTED[i]);
}

static void assert_limits(const struct gbt_message *message)
{
    if (message->kind == GBT_BCP) {
        assert_near(message->bcp.max_cell_v, 4.14, 0);
        assert_near(message->bcp.max_current_a, -100, 0); /* charging is negative */
        assert_near(message->bcp.energy_kwh, 7.8, 0);
        assert_near(message->bcp.max_voltage_v, 603, 0);
        assert_near(message->bcp.max_temperature_c, 60, 0);
        assert_near(message->bcp.soc_percent, 97, 0);
        assert_near(message->bcp.voltage_v, 490, 0);
    }
    if (message->kind == GBT_CML) {
        assert_near(message->cml.max_voltage_v, 700, 0);
        assert_near(message->cml.min_voltage_v, 200, 0);
        assert_near(message->cml.max_current_a, -20, 0);
        assert_near(message->cml.min_current_a, 0, 0);
    }
    if (message->kind == GBT_CTS) {
        assert_int_equal(message->cts.year, 2015);
        assert_int_equal(message->cts.month, 5);
        assert_int_equal(message->cts.day, 16);
        assert_int_equal(message->cts.hour, 8);
        assert_int_equal(message->cts.minute, 24);
        assert_int_equal(message->cts.second, 36);
    }
    if (message->kind == GBT_BRM) { /* 492 V, 18 Ah */
        assert_near(message->brm.rated_ah, 18, 0);
        assert_near(message->brm.rated_v, 492.1, 0);
        assert_int_equal(message->brm.year, 2015);
    }
}

static void its_truths_come_out(void **state)
{
    (void)state;
    static struct gbt_listener listener;
    static struct gbt_message message;
    struct gbt_heard heard;
    struct gbt_notes notes;
    int last = -1;
    gbt_listener_init(&listener);
    rewind(capture);
    while (next_message(&listener, &heard, &message, &notes)) {
        assert_limits(&message);
        last = (int)message.kind;
    }
    assert_int_equal(last, GBT_BEM); /* it ends with the pack missing the charger's CCS */
    assert_int_equal(message.bem.ccs, GBT_STATE_SET);
    assert_int_equal(message.bem.crm_unidentified + message.bem.crm_identified +
                         message.bem.cts_cml + message.bem.cro + message.bem.cst + message.bem.csd,
                     0);
}

/* The pack's half of the session before our charger, in the capture's time: it goes along to
 * charging, and ends it when the pack says that it missed CCS. */
static void our_charger_goes_along_to_the_time_out(void **state)
{
    (void)state;
    static struct gbt_charger charger;
    const struct gbt_charger_settings settings = {.number = 1,
                                                  .max_voltage_v = 700,
                                                  .min_voltage_v = 200,
                                                  .max_current_a = 20,
                                                  .reconnects = 3,
                                                  .times = GBT_CHARGER_TIMES_DEFAULT};
    const struct gbt_charger_input input = {
        .voltage_v = 497, .current_a = 3, .insulated = true, .ready = true};
    struct gbt_event event = {.kind = GBT_EVENT_START, .input = &input};
    struct canframe sent;
    char text[128];
    int64_t now_us = 0, charging_us = 0;
    gbt_charger_init(&charger, &settings);
    rewind(capture);
    while (fgets(text, sizeof text, capture) && charger.state != GBT_CHARGER_ERROR) {
        static struct candump_line line;
        assert_int_equal(candump_parse(text, strcspn(text, "\n"), &line, NULL), 1);
        if (now_us == 0) {
            now_us = line.at_us;
            gbt_charger_step(&charger, &event, now_us);
        }
        for (event.kind = GBT_EVENT_TIME; now_us < line.at_us; now_us += 50000)
            gbt_charger_step(&charger, &event, now_us);
        event = (struct gbt_event){.kind = GBT_EVENT_FRAME, .frame = &line.frame, .input = &input};
        gbt_charger_step(&charger, &event, now_us); /* its own side of the capture is not for it */
        while (gbt_charger_next(&charger, now_us, &sent))
            ;
        if (charger.output.on && charging_us == 0)
            charging_us = now_us;
        if (charger.output.on) { /* what the pack wants: 597 V, 3 A (later 2.9 A) */
            assert_near(charger.output.voltage_v, 597, 0);
            assert_near(charger.output.current_a, 3, 0);
        }
    }
    assert_int_equal(charger.state, GBT_CHARGER_ERROR);
    assert_int_equal(charger.error, GBT_CAUSE_PACK_ERROR);
    assert_int_equal(charger.bem.ccs, GBT_STATE_SET);
    assert_false(charger.output.on);
    assert_int_equal(now_us / 100000, 32760);      /* 3276.0 s */
    assert_int_equal(charging_us / 100000, 32585); /* with the first BSM */
    assert_int_equal(charger.attempts, 0);
    assert_near(charger.bcs.soc_percent, 97, 0);
    assert_string_equal(charger.brm.maker, "KLIE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_is_understood),
        cmocka_unit_test(its_truths_come_out),
        cmocka_unit_test(our_charger_goes_along_to_the_time_out),
    };
    SCOPE_FCLOSE FILE *file = open_capture();
    capture = file;
    return file ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
