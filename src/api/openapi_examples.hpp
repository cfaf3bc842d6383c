// The example bodies of docs/openapi/examples, as the OpenAPI document looks for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "api/route.hpp"

namespace gem::api {

/// `get_repositories_owner_name`: how the names of a route's examples begin.
std::string example_stem(Route const& route);

/// The body of the file `name`.json; nothing if there is none.
std::optional<boost::json::value> find_example(std::string_view name);

/// The bodies of the files that begin like this and end in `.json`, by what stands between.
std::vector<std::pair<std::string, boost::json::value>> examples_that_begin(std::string_view start);

} // namespace gem::api
