/* SPDX-License-Identifier: MIT */
/* One table of parameters, a choice among offers, and its answer. */

#include "http/deflate_offer.h"

#include <string.h>

#include "http/extensions.h"

/* Parameters of an offer, as bits. */
enum param {
	PARAM_NONE = 0,
	PARAM_SERVER_TAKEOVER = 1,
	PARAM_CLIENT_TAKEOVER = 2,
	PARAM_SERVER_BITS = 4,
	PARAM_CLIENT_BITS = 8,
};

/* Whether a value may, must or must not stand there. */
enum value_rule { VALUE_NEVER, VALUE_MAY, VALUE_MUST };

/* Section 7.1: what may stand in an offer. */
static const struct {
	enum param param;
	enum value_rule rule;
	const char *name;
} known[] = {
	{ PARAM_SERVER_TAKEOVER, VALUE_NEVER, "server_no_context_takeover" },
	{ PARAM_CLIENT_TAKEOVER, VALUE_NEVER, "client_no_context_takeover" },
	{ PARAM_SERVER_BITS, VALUE_MUST, "server_max_window_bits" },
	{ PARAM_CLIENT_BITS, VALUE_MAY, "client_max_window_bits" },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

/* An offer as the client made it. */
struct offer {
	unsigned params; /* of enum param */
	unsigned server_bits;
	unsigned client_bits;
	bool has_client_bits; /* a number with client_max_window_bits */
};

/* Index in `known`; KNOWN for a parameter that is not. */
static size_t find_param(struct slice name)
{
	size_t i = 0;

	while (i < KNOWN && !slice_equal(name, slice_of(known[i].name)))
		i++;
	return i;
}

static bool value_is_valid(const struct http_extension_param *param,
			   enum value_rule rule, unsigned *bits)
{
	if (!param->has_value)
		return rule != VALUE_MUST;
	return rule != VALUE_NEVER &&
	       http_extension_param_number(param, HTTP_DEFLATE_BITS_MIN,
					   HTTP_DEFLATE_BITS_MAX, bits);
}

static bool offer_add(struct offer *offer,
		      const struct http_extension_param *param)
{
	size_t i = find_param(param->name);
	unsigned bits = HTTP_DEFLATE_BITS_MAX;

	if (i == KNOWN || (offer->params & known[i].param) ||
	    !value_is_valid(param, known[i].rule, &bits))
		return false;
	offer->params |= known[i].param;
	if (known[i].param == PARAM_SERVER_BITS)
		offer->server_bits = bits;
	if (known[i].param == PARAM_CLIENT_BITS) {
		offer->client_bits = bits;
		offer->has_client_bits = param->has_value;
	}
	return true;
}

/* Whether an extension is an offer that can be accepted. */
static bool read_offer(const struct http_extension *extension,
		       struct offer *ret)
{
	struct slice params = extension->params;
	struct http_extension_param param;

	*ret = (struct offer){
		.server_bits = HTTP_DEFLATE_BITS_MAX,
		.client_bits = HTTP_DEFLATE_BITS_MAX,
	};
	if (!slice_equal(extension->name, slice_of("permessage-deflate")))
		return false;
	while (http_extension_param_next(&params, &param)) {
		if (!offer_add(ret, &param))
			return false;
	}
	return true;
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static struct http_deflate_agreement
agree(const struct offer *offer, const struct http_deflate_limits *limits)
{
	struct http_deflate_agreement a = {
		.server_no_context_takeover = !limits->allows_takeover ||
					      offer->params &
						      PARAM_SERVER_TAKEOVER,
		.client_no_context_takeover = !limits->allows_takeover ||
					      offer->params &
						      PARAM_CLIENT_TAKEOVER,
		.server_max_window_bits = smaller(limits->server_window_bits,
						  offer->server_bits),
		/* Section 7.1.2.2: a number in the offer is kept anyway. */
		.client_max_window_bits = offer->client_bits,
	};

	/* Section 7.1.2.2: only who offers the parameter can be given one. */
	if (offer->params & PARAM_CLIENT_BITS)
		a.client_max_window_bits = smaller(limits->client_window_bits,
						   offer->client_bits);
	/* Section 7.1.1.2: this one can be given to anybody. */
	else if (limits->client_window_bits < HTTP_DEFLATE_BITS_MAX)
		a.client_no_context_takeover = true;
	a.tells_server_bits = offer->params & PARAM_SERVER_BITS ||
			      a.server_max_window_bits < HTTP_DEFLATE_BITS_MAX;
	a.tells_client_bits = offer->has_client_bits ||
			      a.client_max_window_bits < HTTP_DEFLATE_BITS_MAX;
	return a;
}

enum http_deflate_choice
http_deflate_choose(const struct http_request *request,
		    const struct http_deflate_limits *limits,
		    struct http_deflate_agreement *ret)
{
	struct http_extension_list list;
	struct http_extension extension;
	struct offer offer;

	if (!http_extensions_are_valid(request))
		return HTTP_DEFLATE_BAD;
	if (!limits)
		return HTTP_DEFLATE_NONE;
	http_extension_list_begin(&list, request);
	while (http_extension_next(&list, &extension)) {
		if (read_offer(&extension, &offer)) {
			*ret = agree(&offer, limits);
			return HTTP_DEFLATE_AGREED;
		}
	}
	return HTTP_DEFLATE_NONE;
}

static char *put(char *at, const char *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len);
	return at + len;
}

static char *put_bits(char *at, const char *text, unsigned bits)
{
	at = put(at, text);
	if (bits >= 10)
		*at++ = '1';
	*at++ = (char)('0' + bits % 10);
	return at;
}

void http_deflate_answer(const struct http_deflate_agreement *agreement,
			 char ret[HTTP_DEFLATE_ANSWER_SIZE])
{
	char *at = put(ret, "permessage-deflate");

	if (agreement->server_no_context_takeover)
		at = put(at, "; server_no_context_takeover");
	if (agreement->client_no_context_takeover)
		at = put(at, "; client_no_context_takeover");
	if (agreement->tells_server_bits)
		at = put_bits(at, "; server_max_window_bits=",
			      agreement->server_max_window_bits);
	if (agreement->tells_client_bits)
		at = put_bits(at, "; client_max_window_bits=",
			      agreement->client_max_window_bits);
	*at = '\0';
}
