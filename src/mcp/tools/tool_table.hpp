// Which endpoints are tools, and under which names. Everything else about a tool comes from its row of the route table.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace gem::mcp {

struct ToolRow {
    std::string_view name;
    std::string_view method;
    std::string_view path; ///< of the route table
    bool writes = false;
    std::vector<std::string_view> left_out{}; ///< members of the answer that say nothing new
    std::vector<std::string_view> dear{};     ///< members of items that come only when `fields` names them
    bool watched_by_default = false;          ///< without `repos`: those of the watch list
};

/// In the order in which they are listed.
std::span<ToolRow const> tool_table();

} // namespace gem::mcp
