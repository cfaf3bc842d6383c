// What the headers of a request say beside its body: the era, and the mirrored names of the modern era.
#pragma once

#include "http/message.hpp"
#include "mcp/catalog.hpp"

namespace gem::mcp {

/// Which era a posted message belongs to. header_mismatch when header and body disagree, unsupported_version for a
/// version that is none of ours, invalid_params when the header alone says modern.
std::expected<Era, RpcError> era_of(http::Request const& request, Message const& message);

/// header_mismatch unless Mcp-Method and Mcp-Name say what the body says.
std::optional<RpcError> check_mirrored(http::Request const& request, Message const& message);

/// header_mismatch unless each Mcp-Param-… that `tool` declares (`x-mcp-header`) says what its argument says.
std::optional<RpcError> check_parameters(http::Request const& request, Message const& message, Tool const& tool);

/// Whether a page that sent this may ask: no browser, or a page of this server on this machine, or one of `allowed`.
bool origin_allowed(http::Request const& request, std::vector<std::string> const& allowed);

/// Whether an Accept header takes `type` (`text/event-stream`); a missing one takes all.
bool accepts(http::Request const& request, std::string_view type);

} // namespace gem::mcp
