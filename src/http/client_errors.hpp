// What libcurl says went wrong, in our words. For the client's own files.
#pragma once

#include <string>
#include <string_view>

#include <curl/curl.h>

#include "base/result.hpp"

namespace gem::http {

/// `host` or `host:port` of a URL; `(no host)` if it has none. Never user, path or query.
std::string host_of(std::string const& url);

/// `detail` is libcurl's own text, which may be empty.
Error client_error(CURLcode code, std::string_view host, std::string_view detail);

} // namespace gem::http
