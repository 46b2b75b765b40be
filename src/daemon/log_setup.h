/* SPDX-License-Identifier: MIT */
/* Opens the log a configuration asks for, libevent's own words included. */

#ifndef DAEMON_LOG_SETUP_H
#define DAEMON_LOG_SETUP_H

#include "config/config.h"

/* Before any other thread.  0 or -errno, as log_open(). */
__attribute__((warn_unused_result))
int log_setup_open(const struct config_log *config);

/* Whole or not at all.  0 or -errno, as log_reconfigure(). */
__attribute__((warn_unused_result))
int log_setup_change(const struct config_log *config);

#endif
