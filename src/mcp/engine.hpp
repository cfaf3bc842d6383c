// The protocol itself, whatever carries it: methods of both eras, answered out of a catalog.
#pragma once

#include "mcp/catalog.hpp"
#include "mcp/hub.hpp"

namespace gem::mcp {

/// Whether that era has such a request.
bool knows_method(Era era, std::string_view method);

/// Stateless but for the hub and what it counts; any number of requests at once. The catalog, hub and log outlive it.
class Engine {
  public:
    /// Calls of tools that ended, by tool and by how: `answered`, `refused` (the result says what to mend), `failed`,
    /// `cancelled`. What is no tool is `other`, and `unknown`.
    using CallCounts = std::map<std::pair<std::string_view, std::string_view>, std::uint64_t>;

    Engine(Catalog const& catalog, Hub& hub, Log& log) : catalog_(catalog), hub_(hub), log_(log) {}

    /// The result of a request, with everything its era wants in it. `initialize`, `logging/setLevel` and
    /// `resources/subscribe` change `client`. A handler that throws is an internal error, logged; cancellation is
    /// passed on. All three live until it is done.
    Async<Outcome> answer(Client& client, Message const& request, Channel& channel);

    [[nodiscard]] Catalog const& catalog() const { return catalog_; }
    [[nodiscard]] Hub& hub() { return hub_; }
    [[nodiscard]] Log& log() { return log_; }
    /// Null if `client` has no tool of that name.
    [[nodiscard]] Tool const* find_tool(Client const& client, std::string_view name) const;
    [[nodiscard]] CallCounts const& calls() const { return calls_; }

  private:
    Async<Outcome> dispatch(Client& client, Message const& request, Channel& channel);
    Outcome initialize(Client& client, Object const& params) const;
    [[nodiscard]] Object discover() const;
    [[nodiscard]] Object capabilities(Era era) const;
    Outcome list_tools(Client const& client, Object const& params) const;
    Outcome list_resources(Object const& params) const;
    Outcome list_templates(Object const& params) const;
    Outcome list_prompts(Object const& params) const;
    Async<Outcome> call_tool(Client const& client, Object const& params, Channel& channel);
    Async<Outcome> call_counted(Tool const& tool, Call& call, Object arguments);
    Async<Outcome> read_resource(Client const& client, Object const& params, Channel& channel);
    Async<Outcome> get_prompt(Client const& client, Object const& params, Channel& channel);
    Async<Outcome> complete(Object const& params);
    Async<Outcome> subscribe(Client& client, Object const& params);
    Async<Outcome> listen(Message const& request, Channel& channel);
    Outcome set_level(Client& client, Object const& params) const;

    Catalog const& catalog_;
    Hub& hub_;
    Log& log_;
    CallCounts calls_;
};

/// The client of a request of the modern era, out of its `_meta`. invalid_params when something required is missing,
/// unsupported_version for another version.
std::expected<Client, RpcError> modern_client(Object const& params);

} // namespace gem::mcp
