/* SPDX-License-Identifier: Apache-2.0 */
/* A file over a serial line, by lrzsz: the technician's terminal program receives it. */
#ifndef SWAPSTACK_EXPORT_SEND_H
#define SWAPSTACK_EXPORT_SEND_H

#include "base/err.h"

enum send_protocol { SEND_ZMODEM, SEND_XMODEM };

/* Runs sz or sx with the line's descriptors as stdin and stdout until the receiver has it all, and
 * leaves a terminal as it found it. XMODEM knows no sizes: the receiver's file ends with up to 1023
 * bytes 0x1A more. ERR_UNAVAILABLE: lrzsz is not installed; ERR_TIMEOUT, ERR_IO: the transfer did
 * not come to its end. */
int send_file(const char *path, enum send_protocol protocol, int in_fd, int out_fd,
              struct err *err);

#endif
