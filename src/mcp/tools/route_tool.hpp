// A row of the route table as a tool: arguments in, the endpoint's answer out, within the size contract.
#pragma once

#include "api/api.hpp"
#include "mcp/catalog.hpp"
#include "mcp/tools/tool_table.hpp"

namespace gem::mcp {

/// An endpoint's answer.
struct ApiAnswer {
    unsigned status = 200;
    std::string content_type;
    std::string body;
    std::optional<std::string> retry_after{};
    [[nodiscard]] bool is_problem() const { return content_type == "application/problem+json"; }
    /// What a problem's `error_code` says, empty if nothing.
    [[nodiscard]] std::string error_code() const;
    /// What a problem's `detail` says, with what to do about it.
    [[nodiscard]] std::string complaint() const;
};

using Given = std::vector<std::pair<std::string, std::string>>;

/// Asks the endpoint that `row` names. Null: there is none (yet).
api::Route const* find_route(api::Api const& api, std::string_view method, std::string_view path);
Async<ApiAnswer> ask(api::Api& api, api::Route const& route, Given given);

/// The whole tool. `api` outlives it.
Tool make_tool(api::Api& api, ToolRow const& row, api::Route const& route, bool with_output_schema);

} // namespace gem::mcp
