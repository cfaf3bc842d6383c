// The OpenAPI 3.1 document, made of the route table.
#pragma once

#include <string>
#include <vector>

#include "api/route.hpp"

namespace gem::api {

/// The document as JSON on one line: every route under its path and its aliases, with parameters, answers, refusals
/// and the examples of docs/openapi/examples. The same routes give the same bytes.
std::string openapi_document(std::vector<Route> const& routes);

} // namespace gem::api
