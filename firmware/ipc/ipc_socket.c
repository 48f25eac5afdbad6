/* SPDX-License-Identifier: Apache-2.0 */
/* The Unix SOCK_SEQPACKET socket between engine and monitor: a packet arrives whole or not at all.
 */
#include "ipc/ipc.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int fill_address(struct sockaddr_un *address, const char *path, struct err *err)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof(address->sun_path))
        return err_set(err, ERR_USAGE,
                       "socket path %s: has %zu bytes, a Unix socket's path has 1 to %zu", path,
                       length, sizeof(address->sun_path) - 1);
    memcpy(address->sun_path, path, length + 1);
    return 0;
}

static int new_socket(int type, struct err *err)
{
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "cannot create a Unix socket");
}

/* Is somebody listening at the address? Asked with a socket of another type, which the kernel
 * refuses (EPROTOTYPE) before the listener sees anything: a connection of the right type would
 * push out the monitor that is there. */
static bool somebody_listens(const struct sockaddr_un *address)
{
    SCOPE_CLOSE int probe = new_socket(SOCK_STREAM, NULL);
    if (probe < 0)
        return true;
    int rc = connect(probe, (const struct sockaddr *)address, sizeof(*address));
    return rc == 0 || (errno != ECONNREFUSED && errno != ENOENT);
}

static int bind_path(int fd, const struct sockaddr_un *address, struct err *err)
{
    const struct sockaddr *name = (const struct sockaddr *)address;
    if (bind(fd, name, sizeof(*address)) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return err_set_errno(err, ERR_SYSTEM, errno, "socket %s: cannot be created",
                             address->sun_path);
    struct stat status;
    if (lstat(address->sun_path, &status) == 0 && !S_ISSOCK(status.st_mode))
        return err_set(err, ERR_EXISTS, "socket %s: a file that is no socket is in the way",
                       address->sun_path);
    if (somebody_listens(address))
        return err_set(err, ERR_EXISTS, "socket %s: another process serves it", address->sun_path);
    (void)unlink(address->sun_path); /* left behind by a process that was killed */
    if (bind(fd, name, sizeof(*address)) < 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "socket %s: cannot be created",
                             address->sun_path);
    return 0;
}

int ipc_listen(const char *path, struct err *err)
{
    struct sockaddr_un address;
    int rc = fill_address(&address, path, err);
    if (rc < 0)
        return rc;
    SCOPE_CLOSE int fd = new_socket(SOCK_SEQPACKET, err);
    if (fd < 0)
        return fd;
    rc = bind_path(fd, &address, err);
    if (rc < 0)
        return rc;
    /* Owner and group only: who may talk to the engine may open the gate. */
    if (chmod(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) < 0 || listen(fd, 8) < 0)
        return err_set_errno(err, ERR_SYSTEM, errno, "socket %s: cannot listen", path);
    int listening = fd;
    fd = -1;
    return listening;
}

int ipc_accept(int listen_fd, struct err *err)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        return fd;
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
        return err_set(err, ERR_BUSY, "nobody waits to be connected");
    return err_set_errno(err, ERR_SYSTEM, errno, "cannot accept a connection");
}

int ipc_connect(const char *path, struct err *err)
{
    struct sockaddr_un address;
    int rc = fill_address(&address, path, err);
    if (rc < 0)
        return rc;
    SCOPE_CLOSE int fd = new_socket(SOCK_SEQPACKET, err);
    if (fd < 0)
        return fd;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return err_set_errno(err, ERR_UNAVAILABLE, errno, "socket %s: nobody answers", path);
    int connected = fd;
    fd = -1;
    return connected;
}

int ipc_send(int fd, const void *bytes, size_t length, struct err *err)
{
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent == (ssize_t)length)
        return 0;
    if (sent >= 0)
        return err_set(err, ERR_IO, "socket: %zd of %zu bytes sent", sent, length);
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
        return err_set(err, ERR_BUSY, "socket: the peer does not read, its buffer is full");
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
        return err_set(err, ERR_UNAVAILABLE, "socket: the peer closed the connection");
    return err_set_errno(err, ERR_IO, errno, "socket: cannot send %zu bytes", length);
}

int ipc_receive(int fd, struct strbuf *to, struct err *err)
{
    strbuf_clear(to);
    /* MSG_TRUNC tells the packet's length before it is taken. We never send an empty packet, so 0
     * means that the peer closed. */
    ssize_t length = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return err_set(err, ERR_BUSY, "socket: nothing there");
    if (length == 0 || (length < 0 && errno == ECONNRESET))
        return err_set(err, ERR_UNAVAILABLE, "socket: the peer closed the connection");
    if (length < 0)
        return err_set_errno(err, ERR_IO, errno, "socket: cannot receive");
    if ((size_t)length > IPC_PACKET_MAX) {
        (void)recv(fd, NULL, 0, 0); /* thrown away whole */
        return err_set(err, ERR_PROTOCOL, "packet: %zd bytes, most is %u", length, IPC_PACKET_MAX);
    }
    SCOPE_FREE char *bytes = malloc((size_t)length);
    if (!bytes)
        return err_set(err, ERR_NOMEM, "packet: out of memory");
    ssize_t got = recv(fd, bytes, (size_t)length, 0);
    if (got < 0)
        return err_set_errno(err, ERR_IO, errno, "socket: cannot receive");
    strbuf_append(to, bytes, (size_t)got);
    return strbuf_failed(to) ? err_set(err, ERR_NOMEM, "packet: out of memory") : 0;
}
