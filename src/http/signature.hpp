// Signatures of bodies as GitHub's webhooks carry them.
#pragma once

#include <string>
#include <string_view>

namespace gem::http {

/// `sha256=` and the 64 lower-case hexadecimal digits of HMAC-SHA-256 over `body` with `secret` as the key.
std::string sha256_signature(std::string_view secret, std::string_view body);

} // namespace gem::http
