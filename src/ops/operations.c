/* SPDX-License-Identifier: MIT */
/* The words for what the daemon is doing. */

#include "ops/operations.h"

const char *operations_state_name(enum operations_state state)
{
	switch (state) {
	case OPERATIONS_RUNNING:
		return "running";
	case OPERATIONS_DRAINING:
		return "draining";
	case OPERATIONS_STOPPING:
		return "stopping";
	}
	return "unknown";
}
