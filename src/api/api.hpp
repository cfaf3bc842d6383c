// The REST interface as the server's Service: from a request to an answer, by the route table.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/answer_cache.hpp"
#include "api/auth.hpp"
#include "api/collector_control.hpp"
#include "api/route.hpp"
#include "api/server_metrics.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "http/message.hpp"
#include "storage/database_service.hpp"

namespace gem::api {

struct ApiOptions {
    AccessRules access;
    std::vector<std::string> supported_providers = {"sqlite"};
    AnswerCache::Limits cache{};
    WebhookIntake* webhooks = nullptr;                ///< null: POST /webhook answers that this process takes none
    Monitors* monitors = nullptr;                     ///< null: /monitors answers that this process keeps none
    std::size_t max_streams = 256;                    ///< of GET /events/stream at once
    gem::alerts::AlertEngine const* alerts = nullptr; ///< null in a process that judges no alert rules
    bool private_receivers = false;                   ///< alert rules may name receivers in private networks
    /// For ages and durations; tests bring their own.
    std::chrono::steady_clock::time_point (*steady_now)() = &std::chrono::steady_clock::now;
};

/// All on one thread. Everything it is given outlives it. Construct it when the database is open.
class Api final : public http::Service {
  public:
    /// `collector` is null in a process that only serves.
    Api(DatabaseService& database, CollectorControl* collector, Clock const& clock, Log& log, ApiOptions options);
    ~Api() override;

    std::optional<http::Response> answer_now(http::Request const& request) override;
    Async<http::Response> answer(http::Request const& request) override;

    /// The same question from another face: `given` are its parameters by name, wherever a request has them. Who may
    /// ask is for the caller to judge. `route` is one of routes().
    Async<http::Response> ask(Route const& route, std::vector<std::pair<std::string, std::string>> given);

    /// The repositories that no answer names, in lower case: the private ones where strangers may ask, else none.
    Async<Result<RepositoryNames>> hidden();

    [[nodiscard]] std::vector<Route> const& routes() const { return routes_; }
    [[nodiscard]] ServerMetrics& metrics() { return metrics_; }

  private:
    struct Match;
    struct Flight;
    [[nodiscard]] Match match(http::Request const& request) const;
    Async<http::Response> serve(http::Request const& request, Match const& found);
    Async<http::Response> serve_kept(http::Request const& request, Route const& route, std::size_t place,
                                     Arguments const& arguments);
    /// For a stranger without what is private.
    Async<http::Response> compute(Route const& route, http::Request const& request, Arguments const& arguments,
                                  UtcTime now, bool for_stranger);
    Async<std::uint64_t> generation();
    /// Strangers may ask.
    [[nodiscard]] bool public_only() const { return !options_.access.loopback_only && options_.access.tokens.empty(); }
    [[nodiscard]] http::Response refusal(Problem const& problem) const;

    DatabaseService& database_;
    CollectorControl* collector_;
    Clock const& clock_;
    Log& log_;
    ApiOptions options_;
    std::vector<Route> routes_;
    UtcTime started_;
    ServerMetrics metrics_;
    StoreWatch store_;
    AnswerCache cache_;
    GenerationWatch generation_;
    EventStreams streams_;
    std::map<std::string, std::shared_ptr<Flight>> flights_; ///< questions being computed
    asio::thread_pool workers_{1};
};

} // namespace gem::api
