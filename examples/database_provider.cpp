// The same code on both providers: stores three events, asks about them, and says who answered.
//
//   database_provider                                     # SQLite, in memory
//   DYNAMODB_ENDPOINT_URL=http://localhost:8000 AWS_ACCESS_KEY_ID=dummy AWS_SECRET_ACCESS_KEY=dummy \
//       database_provider dynamodb                        # DynamoDB Local; without the endpoint, AWS
#include <cstdio>
#include <string>

#include "github_events_monitor/collector.hpp"

namespace {

gem::Event star(std::string id, std::string login, gem::UtcTime time) {
    gem::Event event;
    event.id = std::move(id);
    event.type = "WatchEvent";
    event.created_at = time;
    event.repo_id = 7;
    event.repo_name = "octo-org/hello-world";
    event.actor_login = std::move(login);
    event.source = gem::EventSource::import;
    event.facts.action = "started";
    return event;
}

/// Everything below is written once and knows no provider.
gem::Async<gem::Result<std::string>> ask(gem::EnhancedCollector& collector) {
    if (auto opened = co_await collector.initialize(); !opened) co_return gem::fail(opened.error());
    auto const now = std::chrono::floor<gem::seconds>(std::chrono::system_clock::now()) - gem::minutes(5);
    std::vector<gem::Event> events;
    for (auto const* const login : {"ada", "bob", "eve"}) events.push_back(star(login, login, now));
    auto const stored = co_await collector.database().events().insert_events(std::move(events));
    if (!stored) co_return gem::fail(stored.error());
    auto const counts = co_await collector.get_event_counts(gem::hours(1), "octo-org/hello-world");
    if (!counts) co_return gem::fail(counts.error());
    auto const health = co_await collector.health_check();
    auto answer = collector.database().connection().describe().provider + ": " + std::to_string(stored->inserted) +
                  " events stored, " + std::to_string(counts->total_events) + " counted in the last hour, " +
                  std::to_string(health.tables_found) + " tables";
    if (auto closed = co_await collector.close(); !closed) co_return gem::fail(closed.error());
    co_return answer;
}

} // namespace

int main(int count, char** arguments) {
    gem::CollectorConfig config{.provider = count > 1 ? arguments[1] : "sqlite"};
    if (config.provider == "sqlite") config.db_path = ":memory:";
    auto collector = gem::create_enhanced_collector(std::move(config));
    if (!collector) return std::fprintf(stderr, "%s\n", collector.error().message.c_str()), 1;
    auto const answer = gem::run_to_end(ask(*collector));
    if (!answer) return std::fprintf(stderr, "%s\n", answer.error().message.c_str()), 1;
    std::puts(answer->c_str());
    return 0;
}
