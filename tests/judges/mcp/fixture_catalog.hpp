// What the official conformance suite wants a server to offer. Never in the product.
#pragma once

#include "mcp/catalog.hpp"
#include "mcp/hub.hpp"

namespace gem::mcp::fixture {

/// The suite's descriptions of its scenarios say what each does. `hub` outlives it.
Catalog catalog(Hub& hub);

} // namespace gem::mcp::fixture
