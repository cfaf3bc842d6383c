// The page at `/`: what can be asked here.
#pragma once

#include <string>
#include <vector>

#include "api/route.hpp"

namespace gem::api {

/// A small HTML page that lists the routes with their parameters; nothing on it comes from elsewhere.
std::string home_page(std::vector<Route> const& routes);

} // namespace gem::api
