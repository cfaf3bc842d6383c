#include "app/alerting.hpp"

namespace gem {

namespace {

Async<Result<std::vector<alerts::AlertScope>>> watched_by(WatchList& watch_list) {
    auto list = co_await watch_list.list();
    if (!list) co_return fail(list.error());
    std::vector<alerts::AlertScope> scopes;
    for (auto& each : *list) {
        if (each.state == "parked") continue; // GitHub has it no more
        scopes.push_back({.repo = std::move(each.repo), .watched_since = each.added_at});
    }
    co_return scopes;
}

} // namespace

Alerting::Alerting(DatabaseService& database, WatchList& watch_list, Settings const& settings, Clock const& clock,
                   Log& log)
    : on_(settings.alerts), client_({.connections_per_host = 4, .use_proxy = settings.alert_allow_private_addresses}),
      engine_(database, client_, clock, log,
              {.interval = settings.alert_interval,
               .private_addresses = settings.alert_allow_private_addresses,
               .watched = [&watch_list] { return watched_by(watch_list); }}) {}

void Alerting::spawn_into(Children& children) {
    if (!on_) return;
    children.spawn(engine_.run());
    children.spawn(engine_.run_deliveries());
}

} // namespace gem
