// What the product offers over MCP: tools out of the route table, resources, prompts, completion.
#pragma once

#include "api/api.hpp"
#include "mcp/catalog.hpp"

namespace gem::mcp {

struct CatalogOptions {
    std::string version;
    bool output_schemas = true;
    bool private_answers = false; ///< answers depend on who asks: tokens are configured
    bool tell_names = true;       ///< completion names stored repositories; not to strangers
};

/// Both outlive the catalog. An endpoint that is not in the route table is no tool.
Catalog product_catalog(api::Api& api, DatabaseService& database, Clock const& clock, CatalogOptions options);

} // namespace gem::mcp
