/* SPDX-License-Identifier: Apache-2.0 */
/* What the gpio driver says to Linux: this program's own ioctl(2) stands for the kernel, files in a
 * temporary folder for the chips, a pipe for the edges of lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "drivers/gpio/chardev.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* The kernel's side. */
static struct {
    char folder[64];
    char links[80];
    int busy;   /* this many requests more find the line in use */
    int errnum; /* every request fails so; 0: none */
    struct gpio_v2_line_request asked;
    int lines, edges; /* read and write end of the lines' descriptor */
    uint64_t values;
    struct gpio_v2_line_values set;
    bool gone;
} kernel;

static int fail_with(int errnum)
{
    errno = errnum;
    return -1;
}

static int take_lines(struct gpio_v2_line_request *request)
{
    int ends[2];
    if (kernel.busy > 0) {
        kernel.busy--;
        return fail_with(EBUSY);
    }
    if (kernel.errnum)
        return fail_with(kernel.errnum);
    kernel.asked = *request;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    kernel.edges = ends[1];
    request->fd = kernel.lines = ends[0];
    return 0;
}

static int tell_chip(int fd, struct gpiochip_info *info)
{
    char link[64], path[128] = "";
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) < 0)
        return -1;
    *info = (struct gpiochip_info){.label = "pinctrl", .lines = 58};
    (void)snprintf(info->name, sizeof info->name, "%.31s", strrchr(path, '/') + 1);
    return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    struct gpio_v2_line_info *info = argument;
    struct gpio_v2_line_values *values = argument;
    if (kernel.gone)
        return fail_with(ENODEV);
    switch (request) {
    case GPIO_GET_CHIPINFO_IOCTL:
        return tell_chip(fd, argument);
    case GPIO_V2_GET_LINEINFO_IOCTL:
        (void)snprintf(info->name, sizeof info->name, "GPIO%u", (unsigned)info->offset);
        if (info->offset == 5)
            strcpy(info->consumer, "led");
        info->flags = info->offset == 5 || info->offset == 6 ? GPIO_V2_LINE_FLAG_USED : 0;
        return 0;
    case GPIO_V2_GET_LINE_IOCTL:
        return take_lines(argument);
    case GPIO_V2_LINE_GET_VALUES_IOCTL:
        assert_int_equal(fd, kernel.lines);
        values->bits = kernel.values & values->mask;
        return 0;
    case GPIO_V2_LINE_SET_VALUES_IOCTL:
        assert_int_equal(fd, kernel.lines);
        kernel.set = *values;
        return 0;
    default:
        return fail_with(ENOTTY);
    }
}

/* --- the folder of chips --- */

static void make_file(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", kernel.folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char *const FILES[] = {"gpiochip10", "gpiochip2", "gpiochip0",
                                    "null",       "temp1",     "temp2"};

static int set_up(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    kernel.lines = kernel.edges = -1;
    strcpy(kernel.folder, "/tmp/gpio-XXXXXX");
    assert_non_null(mkdtemp(kernel.folder));
    (void)snprintf(kernel.links, sizeof kernel.links, "%s/links", kernel.folder);
    assert_int_equal(mkdir(kernel.links, 0700), 0);
    for (size_t i = 0; i < 4; i++)
        make_file(FILES[i], "");
    return 0;
}

/* As /sys/bus/gpio/devices/NAME. */
static void make_link(const char *name, const char *target)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", kernel.links, name);
    assert_int_equal(symlink(target, path), 0);
}

static int tear_down(void **state)
{
    (void)state;
    if (kernel.edges >= 0)
        close(kernel.edges);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", kernel.folder, FILES[i]);
        (void)unlink(path);
        (void)snprintf(path, sizeof path, "%s/%s", kernel.links, FILES[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(kernel.links), 0);
    assert_int_equal(rmdir(kernel.folder), 0);
    return 0;
}

static void close_bank(struct gpio_bank *bank)
{
    bank->close(bank->self);
}

static struct gpio_bank open_bank(void)
{
    struct gpio_bank bank;
    struct err err = {0};
    if (gpio_chardev_open(&bank, kernel.folder, kernel.links, &err) != 0)
        fail_msg("%s", err.text);
    return bank;
}

static void test_chips(void **state)
{
    (void)state;
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    static const char *const NAMES[] = {"gpiochip0", "gpiochip2", "gpiochip10"};
    struct gpio_chip chip;
    struct err err = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bank.chip_info(bank.self, i, &chip, &err), 0);
        assert_string_equal(chip.name, NAMES[i]);
        assert_string_equal(chip.label, "pinctrl");
        assert_int_equal(chip.lines, 58);
    }
    assert_int_equal(bank.chip_info(bank.self, 3, &chip, &err), ERR_NOT_FOUND);
    assert_string_equal(err.text, "");
}

/* The device is the folder that the chip lies in; a chip without one lies beside the devices. */
static void test_devices_of_chips(void **state)
{
    (void)state;
    static const char *const DEVICES[] = {"4804c000.gpio", "", ""};
    struct gpio_chip chip;
    make_link("gpiochip0", "../../../devices/platform/ocp/4804c000.gpio/gpiochip0");
    make_link("gpiochip2", "../../../devices/gpiochip2");
    make_link("gpiochip10", "../../../devices/a-device-with-a-name-that-is-too-long/gpiochip10");
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bank.chip_info(bank.self, i, &chip, NULL), 0);
        assert_string_equal(chip.device, DEVICES[i]);
    }
}

static void test_a_chip_that_does_not_open(void **state)
{
    (void)state;
    char link[128];
    (void)snprintf(link, sizeof link, "%s/gpiochip2", kernel.folder);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("/nowhere", link), 0);
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    struct gpio_chip chip;
    struct err err = {0};
    assert_int_equal(bank.chip_info(bank.self, 1, &chip, &err), 0);
    assert_string_equal(chip.name, "gpiochip10");
    assert_int_equal(bank.chip_info(bank.self, 2, &chip, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "gpiochip2 cannot be opened: No such file"));
}

static void test_no_chips_at_all(void **state)
{
    (void)state;
    struct gpio_bank bank;
    struct gpio_chip chip;
    assert_int_equal(gpio_chardev_open(&bank, "/nowhere", "/nowhere", NULL), 0);
    assert_int_equal(bank.chip_info(bank.self, 0, &chip, NULL), ERR_NOT_FOUND);
    close_bank(&bank);
}

static void test_line_info(void **state)
{
    (void)state;
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    char name[GPIO_NAME_SIZE], user[GPIO_NAME_SIZE];
    assert_int_equal(bank.line_info(bank.self, 0, 4, name, user, NULL), 0);
    assert_string_equal(name, "GPIO4");
    assert_string_equal(user, "");
    assert_int_equal(bank.line_info(bank.self, 0, 5, name, user, NULL), 0);
    assert_string_equal(user, "led");
    assert_int_equal(bank.line_info(bank.self, 0, 6, name, user, NULL), 0);
    assert_string_equal(user, "somebody without a name");
}

static void test_output_request(void **state)
{
    (void)state;
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    const struct gpio_request wanted = {
        .offsets = {7, 3, 9},
        .count = 3,
        .mode = {.output = true,
                 .active_low = true,
                 .drive = GPIO_DRIVE_OPEN_DRAIN,
                 .bias = GPIO_BIAS_PULL_UP},
        .values = 5,
    };
    int handle = -1;
    assert_int_equal(bank.request(bank.self, 1, &wanted, &handle, NULL), 0);
    assert_int_equal(kernel.asked.num_lines, 3);
    assert_int_equal(kernel.asked.offsets[0], 7);
    assert_int_equal(kernel.asked.offsets[2], 9);
    assert_string_equal(kernel.asked.consumer, "swap-engine");
    assert_int_equal(kernel.asked.config.flags,
                     GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_ACTIVE_LOW |
                         GPIO_V2_LINE_FLAG_OPEN_DRAIN | GPIO_V2_LINE_FLAG_BIAS_PULL_UP);
    assert_int_equal(kernel.asked.config.num_attrs, 1);
    assert_int_equal(kernel.asked.config.attrs[0].attr.id, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES);
    assert_int_equal(kernel.asked.config.attrs[0].attr.values, 5);
    assert_int_equal(kernel.asked.config.attrs[0].mask, 7);
    assert_int_equal(bank.set(bank.self, handle, 6, 2, NULL), 0);
    assert_int_equal(kernel.set.mask, 6);
    assert_int_equal(kernel.set.bits, 2);
    struct err err = {0};
    kernel.gone = true;
    assert_int_equal(bank.set(bank.self, handle, 6, 2, &err), ERR_IO);
    assert_non_null(strstr(err.text, "No such device"));
}

static void test_input_request(void **state)
{
    (void)state;
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    struct gpio_request wanted = {.count = GPIO_REQUEST_LINES,
                                  .mode = {.bias = GPIO_BIAS_DISABLED, .debounce_us = 20000}};
    int handle = -1;
    uint64_t values = 0;
    assert_int_equal(bank.request(bank.self, 1, &wanted, &handle, NULL), 0);
    assert_int_equal(kernel.asked.config.flags,
                     GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_BIAS_DISABLED);
    assert_int_equal(kernel.asked.config.num_attrs, 1);
    assert_int_equal(kernel.asked.config.attrs[0].attr.id, GPIO_V2_LINE_ATTR_ID_DEBOUNCE);
    assert_int_equal(kernel.asked.config.attrs[0].attr.debounce_period_us, 20000);
    assert_true(kernel.asked.config.attrs[0].mask == UINT64_MAX);
    kernel.values = UINT64_C(0x8000000000000001);
    assert_int_equal(bank.get(bank.self, handle, &values, NULL), 0);
    assert_true(values == kernel.values); /* all 64 lines were asked for */
    kernel.gone = true;
    assert_int_equal(bank.get(bank.self, handle, &values, NULL), ERR_IO);
}

static bool readable(const struct gpio_bank *bank)
{
    struct pollfd fd = {bank->wake_fd(bank->self), POLLIN, 0};
    return poll(&fd, 1, 0) == 1;
}

static void change(uint32_t offset, uint32_t id)
{
    const struct gpio_v2_line_event event = {.id = id, .offset = offset};
    assert_int_equal(write(kernel.edges, &event, sizeof event), sizeof event);
}

static void test_edges(void **state)
{
    (void)state;
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    const struct gpio_request wanted = {.offsets = {7, 3}, .count = 2, .mode = {.edges = true}};
    int handle = -1;
    size_t line;
    bool on;
    assert_int_equal(bank.request(bank.self, 0, &wanted, &handle, NULL), 0);
    assert_int_equal(kernel.asked.config.flags, GPIO_V2_LINE_FLAG_INPUT |
                                                    GPIO_V2_LINE_FLAG_EDGE_RISING |
                                                    GPIO_V2_LINE_FLAG_EDGE_FALLING);
    assert_false(readable(&bank));
    assert_int_equal(bank.next_edge(bank.self, handle, &line, &on, NULL), 0);
    change(3, GPIO_V2_LINE_EVENT_RISING_EDGE);
    change(7, GPIO_V2_LINE_EVENT_FALLING_EDGE);
    assert_true(readable(&bank));
    assert_int_equal(bank.next_edge(bank.self, handle, &line, &on, NULL), 1);
    assert_int_equal(line, 1);
    assert_true(on);
    assert_int_equal(bank.next_edge(bank.self, handle, &line, &on, NULL), 1);
    assert_int_equal(line, 0);
    assert_false(on);
    assert_int_equal(bank.next_edge(bank.self, handle, &line, &on, NULL), 0);
    assert_false(readable(&bank));
    /* The chip is pulled out: an error once, and no loop that spins. */
    close(kernel.edges);
    kernel.edges = -1;
    assert_true(readable(&bank));
    assert_int_equal(bank.next_edge(bank.self, handle, &line, &on, NULL), ERR_IO);
    assert_false(readable(&bank));
    assert_int_equal(bank.next_edge(bank.self, handle, &line, &on, NULL), 0);
}

static void test_lines_in_use(void **state)
{
    (void)state;
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    const struct gpio_request wanted = {.count = 1};
    int handle = -1;
    struct err err = {0};
    kernel.busy = 3; /* a guardian that is about to end */
    assert_int_equal(bank.request(bank.self, 0, &wanted, &handle, &err), 0);
    close(kernel.edges);
    kernel.busy = 10000; /* another engine */
    assert_int_equal(bank.request(bank.self, 0, &wanted, &handle, &err), ERR_BUSY);
    int left = kernel.busy;
    assert_int_equal(bank.request(bank.self, 0, &wanted, &handle, &err), ERR_BUSY);
    assert_int_equal(kernel.busy, left - 1); /* patience is for all requests together */
}

static void test_refusals(void **state)
{
    (void)state;
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    static const struct {
        int errnum, code;
        struct gpio_mode mode;
        const char *words;
    } CASES[] = {
        {ENXIO, ERR_REFUSED, {.edges = true}, "the chip cannot use the line so"},
        {ENXIO, ERR_REFUSED, {.debounce_us = 5000}, "leave debounce_ms out"},
        {EINVAL, ERR_REFUSED, {.bias = GPIO_BIAS_PULL_UP}, "bias, drive, direction"},
        {EOPNOTSUPP, ERR_REFUSED, {.output = true}, "bias, drive, direction"},
        {EPERM, ERR_PERMISSION, {.output = true}, "not permitted"},
        {ENODEV, ERR_UNAVAILABLE, {.output = true}, "No such device"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const struct gpio_request wanted = {.count = 1, .mode = CASES[i].mode};
        struct err err = {0};
        int handle;
        kernel.errnum = CASES[i].errnum;
        assert_int_equal(bank.request(bank.self, 0, &wanted, &handle, &err), CASES[i].code);
        if (strcasestr(err.text, CASES[i].words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.text, CASES[i].words);
    }
}

static void test_files(void **state)
{
    (void)state;
    SCOPE(close_bank) struct gpio_bank bank = open_bank();
    char pattern[128], text[GPIO_FILE_TEXT_SIZE];
    struct err err = {0};
    (void)snprintf(pattern, sizeof pattern, "%s/temp*", kernel.folder);
    assert_int_equal(bank.read_file(bank.self, pattern, text, &err), ERR_NOT_FOUND);
    make_file("temp1", "21500\n");
    assert_int_equal(bank.read_file(bank.self, pattern, text, &err), 0);
    assert_string_equal(text, "21500\n");
    make_file("temp2", "22000\n");
    assert_int_equal(bank.read_file(bank.self, pattern, text, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "2 files match"));
    (void)snprintf(pattern, sizeof pattern, "%s/temp2", kernel.folder);
    assert_int_equal(bank.read_file(bank.self, pattern, text, &err), 0);
    make_file("temp2", "");
    assert_int_equal(bank.read_file(bank.self, pattern, text, &err), 0);
    assert_string_equal(text, "");
    make_file("temp2", "0123456789012345678901234567890123456789012345678901234567890123");
    assert_int_equal(bank.read_file(bank.self, pattern, text, &err), ERR_INVALID);
    (void)snprintf(pattern, sizeof pattern, "%s", kernel.folder);
    assert_int_equal(bank.read_file(bank.self, pattern, text, &err), ERR_IO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_chips),
        TEST(test_devices_of_chips),
        TEST(test_a_chip_that_does_not_open),
        TEST(test_no_chips_at_all),
        TEST(test_line_info),
        TEST(test_output_request),
        TEST(test_input_request),
        TEST(test_edges),
        TEST(test_lines_in_use),
        TEST(test_refusals),
        TEST(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
