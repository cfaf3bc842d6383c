// MCP as an application has it: the catalog over the API, the engine, and the watch on what is stored.
#pragma once

#include "api/api.hpp"
#include "app/settings.hpp"
#include "mcp/engine.hpp"
#include "mcp/http_transport.hpp"

namespace gem {

/// For one event loop. What it is given outlives it.
class McpFace {
  public:
    /// `rules` say who may ask over HTTP; over stdio whoever started the program may.
    McpFace(api::Api& api, DatabaseService& database, Settings const& settings, api::AccessRules rules,
            Clock const& clock, Log& log);

    [[nodiscard]] mcp::Engine& engine() { return engine_; }
    /// For a transport that hands on to the API what is not its own.
    [[nodiscard]] mcp::HttpOptions http_options() const;
    /// Tells subscribers of new events, until cancelled.
    Async<void> watch();
    /// What Prometheus is told, for as long as this lives.
    [[nodiscard]] std::vector<api::CollectorFigure> figures(std::size_t sessions) const;

  private:
    DatabaseService& database_;
    api::AccessRules rules_;
    bool allow_writes_;
    Clock const& clock_;
    Log& log_;
    mcp::Hub hub_;
    mcp::Catalog catalog_;
    mcp::Engine engine_;
};

/// `mcp`: serves one client over standard input and output until the input ends or a signal comes.
Result<void> serve_mcp(EffectiveSettings const& settings, Clock const& clock, Log& log);

} // namespace gem
