// The description of the API without a server.
#pragma once

#include <string>

namespace gem {

/// What GET /openapi.json answers.
std::string openapi_text();

} // namespace gem
