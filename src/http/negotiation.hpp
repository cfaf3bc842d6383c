// What a client says it can take, and what it has already: Accept-Encoding, If-None-Match, Origin. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace gem::http {

/// Bodies below this many bytes are sent as they are.
inline constexpr std::size_t gzip_threshold = 256;

/// Whether an Accept-Encoding header wants gzip: its q-value is above 0 and not below that of `identity`.
bool accepts_gzip(std::string_view accept_encoding);

/// Whether a content type gains from compression (text, JSON, XML, SVG, JavaScript); event streams are left alone.
bool compressible(std::string_view content_type);

/// Whether an If-None-Match header (a list of tags, or `*`) names the tag `"<etag><suffix>"`, by weak comparison.
bool matches_etag(std::string_view if_none_match, std::string_view etag, std::string_view suffix);

/// In which form a response goes to the one who asked.
struct Representation {
    bool gzip = false;         ///< the compressed form; its tag is `<etag>-gzip`
    bool not_modified = false; ///< 304: the client has it
};
Representation choose_representation(Request const& request, Response const& response);

/// The value for Access-Control-Allow-Origin: `*`, the origin itself, or empty when it is not among `allowed`.
std::string_view allowed_origin(std::string_view origin, std::vector<std::string> const& allowed);

/// Whether `text` is a comma-separated list of header names, as in Access-Control-Request-Headers.
bool is_token_list(std::string_view text);

} // namespace gem::http
