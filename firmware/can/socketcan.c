/* SPDX-License-Identifier: Apache-2.0 */
/* CAN through Linux's PF_CAN raw sockets. */
#include "can/canbus.h"

#include "base/clock.h"
#include "base/scope.h"
#include <errno.h>
#include <linux/can.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct socketcan {
    int fd;
    char name[IFNAMSIZ];
};

static int failed(const struct socketcan *self, const char *what, struct err *err)
{
    int code = errno == EPERM || errno == EACCES ? ERR_PERMISSION : ERR_UNAVAILABLE;
    if (errno == EAGAIN || errno == ENOBUFS)
        code = ERR_BUSY;
    return err_set_errno(err, code, errno, "%s: %s", self->name, what);
}

static int bus_send(void *self, const struct canframe *frame, struct err *err)
{
    const struct socketcan *can = self;
    struct can_frame raw = {.can_id = frame->id, .len = frame->length};
    if (frame->extended)
        raw.can_id |= CAN_EFF_FLAG;
    if (frame->remote)
        raw.can_id |= CAN_RTR_FLAG;
    memcpy(raw.data, frame->data, sizeof raw.data);
    if (write(can->fd, &raw, sizeof raw) != (ssize_t)sizeof raw)
        return failed(can, "the frame cannot be sent", err);
    return 0;
}

/* When the kernel took the frame from the controller. */
static int64_t arrival_us(struct msghdr *message)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SO_TIMESTAMP) {
            struct timeval tv;
            memcpy(&tv, CMSG_DATA(at), sizeof tv);
            return (int64_t)tv.tv_sec * CLOCK_US_PER_SECOND + tv.tv_usec;
        }
    }
    return clock_wall_us();
}

static int bus_receive(void *self, struct canframe *frame, int64_t *at_us, struct err *err)
{
    const struct socketcan *can = self;
    struct can_frame raw;
    char control[CMSG_SPACE(sizeof(struct timeval))];
    struct iovec piece = {&raw, sizeof raw};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(can->fd, &message, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got != (ssize_t)sizeof raw)
        return failed(can, "no frame can be received", err);
    *frame = (struct canframe){.extended = (raw.can_id & CAN_EFF_FLAG) != 0,
                               .remote = (raw.can_id & CAN_RTR_FLAG) != 0,
                               .error = (raw.can_id & CAN_ERR_FLAG) != 0,
                               .length = raw.len < CANFRAME_DATA_MAX ? raw.len : CANFRAME_DATA_MAX};
    frame->id = raw.can_id & (frame->extended || frame->error ? CAN_EFF_MASK : CAN_SFF_MASK);
    memcpy(frame->data, raw.data, sizeof frame->data);
    if (at_us)
        *at_us = arrival_us(&message);
    return 1;
}

static void bus_close(void *self)
{
    struct socketcan *can = self;
    (void)close(can->fd);
    free(can);
}

/* Binds a new socket to the interface. */
static int attach(int fd, const char *name, struct err *err)
{
    struct ifreq request = {0};
    memcpy(request.ifr_name, name, strlen(name) + 1);
    if (ioctl(fd, SIOCGIFHWADDR, &request) == 0 && request.ifr_hwaddr.sa_family != ARPHRD_CAN)
        return err_set(err, ERR_INVALID, "%s is a network interface, but none of CAN", name);
    if (ioctl(fd, SIOCGIFINDEX, &request) != 0)
        return err_set_errno(err, ERR_NOT_FOUND, errno, "there is no network interface %s", name);
    const can_err_mask_t errors = CAN_ERR_MASK;
    const int on = 1;
    if (setsockopt(fd, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, &errors, sizeof errors) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) != 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "%s: the socket cannot be set up", name);
    struct sockaddr_can address = {.can_family = AF_CAN, .can_ifindex = request.ifr_ifindex};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "%s: the socket cannot be bound", name);
    return 0;
}

int socketcan_open(struct canbus *bus, const char *name, int *fd, struct err *err)
{
    if (name[0] == '\0' || strlen(name) >= IFNAMSIZ)
        return err_set(err, ERR_NOT_FOUND,
                       "'%s' is no name of a network interface: 1 to %d characters", name,
                       IFNAMSIZ - 1);
    SCOPE_CLOSE int made = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW);
    if (made < 0)
        return err_set_errno(err,
                             errno == EPERM || errno == EACCES ? ERR_PERMISSION : ERR_UNAVAILABLE,
                             errno, "%s: this kernel gives no CAN sockets", name);
    int code = attach(made, name, err);
    if (code)
        return code;
    struct socketcan *self = calloc(1, sizeof *self);
    if (self == NULL)
        return err_set(err, ERR_NOMEM, "%s: out of memory", name);
    memcpy(self->name, name, strlen(name) + 1);
    self->fd = made;
    made = -1;
    if (fd)
        *fd = self->fd;
    *bus = (struct canbus){self, bus_send, bus_receive, bus_close};
    return 0;
}
