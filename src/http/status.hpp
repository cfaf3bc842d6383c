// The reason phrases of HTTP statuses.
#pragma once

#include <string_view>

namespace gem::http {

/// `Not Found` for 404; `Unknown` for what nobody registered.
std::string_view reason_phrase(unsigned status);

} // namespace gem::http
