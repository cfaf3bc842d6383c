// Schemas of tools, out of the rows of the route table.
#pragma once

#include "api/route.hpp"
#include "mcp/json.hpp"
#include "mcp/tools/tool_table.hpp"

namespace gem::mcp {

inline constexpr std::int64_t default_max_bytes = 8'000;
inline constexpr std::int64_t least_max_bytes = 500;
inline constexpr std::int64_t most_max_bytes = 1'000'000;

/// Whether the answer has lists (and so `fields` and `cursor` among the arguments).
bool has_lists(Object const& output_schema);

/// The route's parameters and, for JSON, `max_bytes`, `fields` and `cursor`. Short: an assistant pays for each byte.
Object input_schema(ToolRow const& row, api::Route const& route, Object const& output_schema);

/// The answer's schema without what the tool leaves out, and with `truncated` and `cursor`; `fields` may leave out any
/// member of an item. Empty if the route does not answer JSON objects.
Object output_schema(ToolRow const& row, api::Route const& route);

/// A parameter that a tool does not show.
bool is_hidden(api::Route const& route, api::Parameter const& parameter);

} // namespace gem::mcp
