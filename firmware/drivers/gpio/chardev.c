/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/gpio/chardev.h"

#include "base/file.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/gpio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>

_Static_assert(GPIO_NAME_SIZE == GPIO_MAX_NAME_SIZE, "names fit");
_Static_assert(GPIO_REQUEST_LINES == GPIO_V2_LINES_MAX, "requests fit");

#define BUSY_TRIES    50
#define BUSY_PAUSE_NS 20000000

struct chip {
    int fd;
    struct gpio_chip info;
};

/* Lines that were taken. */
struct request {
    int fd;
    size_t count;
    uint32_t offsets[GPIO_REQUEST_LINES];
    bool watched; /* by the epoll descriptor */
};

struct chardev {
    struct chip *chips; /* by number in their name; owned, as requests */
    size_t chip_count;
    struct request *requests;
    size_t request_count;
    int epoll;
    int patience;         /* tries left for lines that are in use, over all requests */
    struct strbuf unseen; /* why chips are missing */
};

static int chip_info(void *self, size_t chip, struct gpio_chip *info, struct err *err)
{
    const struct chardev *dev = self;
    if (chip >= dev->chip_count)
        return err_set(err, ERR_NOT_FOUND, "%s", strbuf_text(&dev->unseen));
    *info = dev->chips[chip].info;
    return 0;
}

/* Kernel's texts are NUL-terminated as far as it goes; a broken driver's may not be. */
static void take_name(char to[GPIO_NAME_SIZE], const char from[GPIO_MAX_NAME_SIZE])
{
    memcpy(to, from, GPIO_NAME_SIZE);
    to[GPIO_NAME_SIZE - 1] = '\0';
}

static int line_info(void *self, size_t chip, uint32_t offset, char name[GPIO_NAME_SIZE],
                     char user[GPIO_NAME_SIZE], struct err *err)
{
    const struct chardev *dev = self;
    struct gpio_v2_line_info info = {.offset = offset};
    if (ioctl(dev->chips[chip].fd, GPIO_V2_GET_LINEINFO_IOCTL, &info) != 0)
        return err_set_errno(err, ERR_UNAVAILABLE, errno, "line %u of %s cannot be asked for",
                             (unsigned)offset, dev->chips[chip].info.name);
    take_name(name, info.name);
    take_name(user, info.consumer);
    if (info.flags & GPIO_V2_LINE_FLAG_USED && *user == '\0')
        (void)snprintf(user, GPIO_NAME_SIZE, "somebody without a name");
    return 0;
}

static uint64_t flags_of(const struct gpio_mode *mode)
{
    static const uint64_t BIAS[] = {0, GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
                                    GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
                                    GPIO_V2_LINE_FLAG_BIAS_DISABLED};
    static const uint64_t DRIVE[] = {0, GPIO_V2_LINE_FLAG_OPEN_DRAIN,
                                     GPIO_V2_LINE_FLAG_OPEN_SOURCE};
    uint64_t flags = mode->output ? GPIO_V2_LINE_FLAG_OUTPUT | DRIVE[mode->drive]
                                  : (uint64_t)GPIO_V2_LINE_FLAG_INPUT;
    flags |= BIAS[mode->bias];
    if (mode->active_low)
        flags |= GPIO_V2_LINE_FLAG_ACTIVE_LOW;
    if (mode->edges)
        flags |= GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
    return flags;
}

static void fill(struct gpio_v2_line_request *to, const struct gpio_request *from)
{
    uint64_t all = from->count == 64 ? UINT64_MAX : (UINT64_C(1) << from->count) - 1;
    *to = (struct gpio_v2_line_request){
        .consumer = "swap-engine", .num_lines = (uint32_t)from->count, .fd = -1};
    memcpy(to->offsets, from->offsets, from->count * sizeof *from->offsets);
    struct gpio_v2_line_config *config = &to->config;
    config->flags = flags_of(&from->mode);
    if (from->mode.output) {
        config->attrs[config->num_attrs].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
        config->attrs[config->num_attrs].attr.values = from->values;
        config->attrs[config->num_attrs++].mask = all;
    }
    if (from->mode.debounce_us) {
        config->attrs[config->num_attrs].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
        config->attrs[config->num_attrs].attr.debounce_period_us = from->mode.debounce_us;
        config->attrs[config->num_attrs++].mask = all;
    }
}

/* The kernel's refusals: ENXIO from a line without interrupt; EINVAL, EOPNOTSUPP from a chip that
 * has no such bias, drive or direction. */
static int refused(const struct gpio_mode *mode, int errnum, struct err *err)
{
    if (errnum == EBUSY)
        return err_set(err, ERR_BUSY, "the line is in use");
    if (errnum == EPERM || errnum == EACCES)
        return err_set_errno(err, ERR_PERMISSION, errnum, "the line cannot be taken");
    if (errnum == ENXIO && mode->debounce_us)
        return err_set(err, ERR_REFUSED,
                       "the chip has no interrupt for this line: leave debounce_ms out");
    if (errnum == ENXIO || errnum == EINVAL || errnum == EOPNOTSUPP || errnum == ENOTSUP)
        return err_set_errno(err, ERR_REFUSED, errnum,
                             "the chip cannot use the line so (bias, drive, direction)");
    return err_set_errno(err, ERR_UNAVAILABLE, errnum, "the line cannot be taken");
}

/* EBUSY for a moment is the guardian of an engine that has just died (engine/guardian.h). */
static int request_patiently(struct chardev *dev, int chip, struct gpio_v2_line_request *request)
{
    while (ioctl(chip, GPIO_V2_GET_LINE_IOCTL, request) != 0) {
        if (errno != EBUSY || dev->patience == 0)
            return errno;
        dev->patience--;
        (void)nanosleep(&(struct timespec){0, BUSY_PAUSE_NS}, NULL);
    }
    return 0;
}

static int watch(struct chardev *dev, struct request *request, struct err *err)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = request->fd};
    int flags = fcntl(request->fd, F_GETFL);
    if (flags < 0 || fcntl(request->fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        epoll_ctl(dev->epoll, EPOLL_CTL_ADD, request->fd, &event) != 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "edges of lines cannot be waited for");
    request->watched = true;
    return 0;
}

static int request(void *self, size_t chip, const struct gpio_request *wanted, int *handle,
                   struct err *err)
{
    struct chardev *dev = self;
    struct request *grown =
        realloc(dev->requests, (dev->request_count + 1) * sizeof *dev->requests);
    if (!grown)
        return err_set(err, ERR_NOMEM, "out of memory for lines");
    dev->requests = grown;
    struct gpio_v2_line_request raw;
    fill(&raw, wanted);
    int errnum = request_patiently(dev, dev->chips[chip].fd, &raw);
    if (errnum)
        return refused(&wanted->mode, errnum, err);
    struct request *made = &dev->requests[dev->request_count];
    *made = (struct request){.fd = raw.fd, .count = wanted->count};
    memcpy(made->offsets, wanted->offsets, sizeof made->offsets);
    *handle = (int)dev->request_count++;
    return wanted->mode.edges ? watch(dev, made, err) : 0;
}

static int get(void *self, int handle, uint64_t *values, struct err *err)
{
    const struct request *request = &((struct chardev *)self)->requests[handle];
    struct gpio_v2_line_values raw = {
        .mask = request->count == 64 ? UINT64_MAX : (UINT64_C(1) << request->count) - 1};
    if (ioctl(request->fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &raw) != 0)
        return err_set_errno(err, ERR_IO, errno, "lines cannot be read");
    *values = raw.bits;
    return 0;
}

static int set(void *self, int handle, uint64_t mask, uint64_t values, struct err *err)
{
    const struct request *request = &((struct chardev *)self)->requests[handle];
    struct gpio_v2_line_values raw = {.bits = values, .mask = mask};
    if (ioctl(request->fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &raw) != 0)
        return err_set_errno(err, ERR_IO, errno, "lines cannot be set");
    return 0;
}

/* A chip that is gone stays readable for ever: it is not watched any more. */
static int unwatch(struct chardev *dev, struct request *request, int errnum, struct err *err)
{
    (void)epoll_ctl(dev->epoll, EPOLL_CTL_DEL, request->fd, NULL);
    request->watched = false;
    return err_set_errno(err, ERR_IO, errnum, "edges cannot be read");
}

static int next_edge(void *self, int handle, size_t *line, bool *on, struct err *err)
{
    struct chardev *dev = self;
    struct request *request = &dev->requests[handle];
    struct gpio_v2_line_event event;
    if (!request->watched)
        return 0;
    ssize_t got = read(request->fd, &event, sizeof event);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got != (ssize_t)sizeof event)
        return unwatch(dev, request, got < 0 ? errno : ENODEV, err);
    *line = 0;
    while (*line < request->count && request->offsets[*line] != event.offset)
        (*line)++;
    *on = event.id == GPIO_V2_LINE_EVENT_RISING_EDGE;
    return 1;
}

static int wake_fd(void *self)
{
    return ((struct chardev *)self)->epoll;
}

static void free_glob(glob_t *found)
{
    globfree(found);
}

static int read_file(void *self, const char *pattern, char text[GPIO_FILE_TEXT_SIZE],
                     struct err *err)
{
    (void)self;
    SCOPE(free_glob) glob_t found = {0};
    if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0 || found.gl_pathc == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no file %s", pattern);
    if (found.gl_pathc > 1)
        return err_set(err, ERR_INVALID, "%zu files match %s, for example %s and %s",
                       (size_t)found.gl_pathc, pattern, found.gl_pathv[0], found.gl_pathv[1]);
    SCOPE_STRBUF struct strbuf buf = STRBUF_INIT;
    int code = file_read(found.gl_pathv[0], GPIO_FILE_TEXT_SIZE - 1, &buf, err);
    if (code == 0)
        memcpy(text, strbuf_text(&buf), buf.length + 1);
    return code;
}

static void close_bank(void *self)
{
    struct chardev *dev = self;
    for (size_t i = 0; i < dev->request_count; i++)
        (void)close(dev->requests[i].fd);
    for (size_t i = 0; i < dev->chip_count; i++)
        (void)close(dev->chips[i].fd);
    if (dev->epoll >= 0)
        (void)close(dev->epoll);
    strbuf_free(&dev->unseen);
    free(dev->requests);
    free(dev->chips);
    free(dev);
}

static int is_chip(const struct dirent *entry)
{
    return strncmp(entry->d_name, "gpiochip", 8) == 0;
}

/* The device that a chip belongs to, by the kernel's link to it: …/4804c000.gpio/gpiochip1. A chip
 * without one lies in …/devices, and a name that does not fit cannot be in an address either. */
static void find_device(const char *folder, const char *name, char device[GPIO_NAME_SIZE])
{
    char path[300], target[512];
    (void)snprintf(path, sizeof path, "%s/%.64s", folder, name);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    char *end = strrchr(target, '/');
    if (!end)
        return;
    *end = '\0';
    const char *start = strrchr(target, '/');
    start = start ? start + 1 : target;
    if (strlen(start) < GPIO_NAME_SIZE && strcmp(start, "devices") != 0)
        memcpy(device, start, strlen(start) + 1);
}

static int add_chip(struct chardev *dev, const char *folder, const char *name, const char *links,
                    struct err *err)
{
    char path[300];
    struct gpiochip_info info;
    (void)snprintf(path, sizeof path, "%s/%.64s", folder, name);
    SCOPE_CLOSE int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) != 0) {
        strbuf_printf(&dev->unseen, "%s%s cannot be opened: %s", dev->unseen.length ? ", " : "",
                      path, strerror(errno));
        return 0;
    }
    struct chip *grown = realloc(dev->chips, (dev->chip_count + 1) * sizeof *dev->chips);
    if (!grown)
        return err_set(err, ERR_NOMEM, "out of memory for GPIO chips");
    dev->chips = grown;
    struct chip *chip = &dev->chips[dev->chip_count++];
    *chip = (struct chip){.fd = fd, .info = {.lines = info.lines}};
    take_name(chip->info.name, info.name);
    take_name(chip->info.label, info.label);
    find_device(links, name, chip->info.device);
    fd = -1;
    return 0;
}

int gpio_chardev_open(struct gpio_bank *bank, const char *folder, const char *links,
                      struct err *err)
{
    struct chardev *dev = calloc(1, sizeof *dev);
    if (!dev)
        return err_set(err, ERR_NOMEM, "out of memory for GPIO chips");
    dev->patience = BUSY_TRIES;
    dev->epoll = epoll_create1(EPOLL_CLOEXEC);
    int code =
        dev->epoll < 0 ? err_set_errno(err, ERR_SYSTEM, errno, "no descriptor for edges") : 0;
    struct dirent **entries = NULL;
    int count = code ? 0 : scandir(folder, &entries, is_chip, versionsort);
    for (int i = 0; i < count; i++) {
        if (!code)
            code = add_chip(dev, folder, entries[i]->d_name, links, err);
        free(entries[i]);
    }
    free(entries);
    if (code) {
        close_bank(dev);
        return code;
    }
    *bank = (struct gpio_bank){dev, chip_info, line_info, request,   get,
                               set, next_edge, wake_fd,   read_file, close_bank};
    return 0;
}
