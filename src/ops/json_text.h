/* SPDX-License-Identifier: MIT */
/* Texts of a configuration, in any encoding, as JSON strings. */

#ifndef OPS_JSON_TEXT_H
#define OPS_JSON_TEXT_H

#include <jansson.h>

/*
 * A new JSON string; where `text` is not UTF-8, every byte that is not ASCII
 * becomes '?'.  Null when memory is out.
 */
__attribute__((warn_unused_result)) json_t *json_text(const char *text);

#endif
