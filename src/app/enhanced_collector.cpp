// The library's front door over the parts that the program itself is made of.
#include "github_events_monitor/collector.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "api/api.hpp"
#include "app/collecting.hpp"
#include "app/collector_control.hpp"
#include "app/providers.hpp"
#include "app/settings.hpp"
#include "mcp/tools/route_tool.hpp"

namespace gem {

namespace {

constexpr minutes longest_window = days(365);

Result<WindowParams> window_of(minutes length) {
    if (length < minutes(1) || length > longest_window) {
        return fail(ErrorCode::invalid_argument, fmt::format("a window is from 1 to {} minutes long, got {}",
                                                             longest_window.count(), length.count()));
    }
    return WindowParams{.hours = {}, .offset_minutes = length.count(), .until = {}};
}

/// What collects, and the endpoints, over the same parts as the server's.
struct Endpoints {
    Endpoints(DatabaseService& database, Settings const& settings, Clock const& clock, Log& log)
        : collecting(database, settings, clock, log, Collecting::Use::one_cycle), desk(collecting),
          api(database, &desk, clock, log,
              {.access = {},
               .supported_providers = built_in_providers(),
               .monitors = &collecting.monitors(),
               .private_receivers = settings.alert_allow_private_addresses}) {}

    Collecting collecting;
    CollectorDesk desk;
    api::Api api;
};

ErrorCode code_of(mcp::ApiAnswer const& refusal) {
    if (refusal.error_code() == "TIMED_OUT") return ErrorCode::timed_out;
    switch (refusal.status) {
    case 400:
    case 422:
        return ErrorCode::invalid_argument;
    case 401:
    case 403:
        return ErrorCode::unauthorized;
    case 404:
        return ErrorCode::not_found;
    case 409:
        return ErrorCode::conflict;
    case 429:
        return ErrorCode::rate_limited;
    case 502:
    case 503:
        return ErrorCode::unavailable;
    default:
        return ErrorCode::internal;
    }
}

/// What the server tells of a refusal, as an error.
Error error_of(mcp::ApiAnswer const& refusal) {
    auto error = fail(code_of(refusal), refusal.complaint()).error();
    long wait = 0;
    if (auto const& text = refusal.retry_after;
        text && std::from_chars(text->data(), text->data() + text->size(), wait).ec == std::errc()) {
        error.retry_after = seconds(wait);
    }
    return error;
}

} // namespace

/// Made bottom-up; destroyed in reverse.
class EnhancedCollector::Parts {
  public:
    explicit Parts(Settings given)
        : settings(std::move(given)), log(clock, settings.log_level, settings.log_format, Log::to_stderr()) {}

    Settings settings;
    SystemClock clock;
    Log log;
    std::unique_ptr<DatabaseService> database{};
    bool ready = false;

    /// Made when first asked for.
    Endpoints& endpoints() {
        if (!endpoints_) endpoints_ = std::make_unique<Endpoints>(*database, settings, clock, log);
        return *endpoints_;
    }

    /// Questions need a store.
    [[nodiscard]] Result<void> check() const {
        if (ready) return {};
        return fail(ErrorCode::unavailable, "the collector is not initialized; await initialize() first");
    }

  private:
    std::unique_ptr<Endpoints> endpoints_;
};

EnhancedCollector::EnhancedCollector(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
EnhancedCollector::EnhancedCollector(EnhancedCollector&&) noexcept = default;
EnhancedCollector& EnhancedCollector::operator=(EnhancedCollector&&) noexcept = default;
EnhancedCollector::~EnhancedCollector() = default;

Async<Result<void>> EnhancedCollector::initialize() {
    auto opened = co_await parts_->database->initialize();
    parts_->ready = opened.has_value();
    co_return opened;
}

Async<Result<void>> EnhancedCollector::close() {
    parts_->ready = false;
    co_return co_await parts_->database->close();
}

Async<DatabaseHealth> EnhancedCollector::health_check() {
    if (auto const ready = parts_->check(); !ready) {
        co_return DatabaseHealth{.healthy = false, .tables_found = 0, .error = ready.error().message};
    }
    co_return co_await parts_->database->health_check();
}

Async<Result<CollectReport>> EnhancedCollector::collect(std::optional<std::size_t> limit) {
    if (auto const ready = parts_->check(); !ready) co_return fail(ready.error());
    co_return co_await collect_and_follow_up(parts_->endpoints().collecting.collector(), limit, FollowUp{});
}

Async<Result<std::vector<CommitRecord>>> EnhancedCollector::get_recent_commits(std::string repo, minutes window,
                                                                               std::size_t limit) {
    if (auto const ready = parts_->check(); !ready) co_return fail(ready.error());
    auto name = RepoName::parse(repo);
    if (!name) co_return fail(name.error());
    auto const params = window_of(window);
    if (!params) co_return fail(params.error());
    auto page =
        co_await parts_->database->commits().find_commits({.repo = std::move(*name),
                                                           .window = params->window(parts_->clock.now(), window),
                                                           .min_impact_score = {},
                                                           .limit = limit,
                                                           .cursor = {}});
    if (!page) co_return fail(page.error());
    co_return std::move(page->commits);
}

Async<Result<Windowed<ChangeSummary>>> EnhancedCollector::get_repository_change_summary(std::string repo,
                                                                                        minutes window) {
    if (auto const ready = parts_->check(); !ready) co_return fail(ready.error());
    auto const params = window_of(window);
    if (!params) co_return fail(params.error());
    auto name = RepoName::parse(repo);
    if (!name) co_return fail(name.error());
    co_return co_await change_summary(*parts_->database, {*params, std::move(*name)}, parts_->clock.now());
}

Async<Result<Windowed<EventCounts>>> EnhancedCollector::get_event_counts(minutes window,
                                                                         std::optional<std::string> repo) {
    if (auto const ready = parts_->check(); !ready) co_return fail(ready.error());
    auto const params = window_of(window);
    if (!params) co_return fail(params.error());
    std::optional<RepoName> name;
    if (repo) {
        auto parsed = RepoName::parse(*repo);
        if (!parsed) co_return fail(parsed.error());
        name = std::move(*parsed);
    }
    co_return co_await event_counts(*parts_->database, {*params, std::move(name)}, parts_->clock.now());
}

Async<Result<Windowed<Trending>>> EnhancedCollector::get_trending_repositories(minutes window, std::int64_t limit) {
    if (auto const ready = parts_->check(); !ready) co_return fail(ready.error());
    auto const params = window_of(window);
    if (!params) co_return fail(params.error());
    if (limit < 1 || limit > 100) {
        co_return fail(ErrorCode::invalid_argument, fmt::format("limit is from 1 to 100, got {}", limit));
    }
    co_return co_await trending(*parts_->database, {*params, limit, "events"}, parts_->clock.now());
}

Async<Result<RestAnswer>> EnhancedCollector::ask(std::string method, std::string path,
                                                 std::vector<std::pair<std::string, std::string>> given) {
    if (auto const ready = parts_->check(); !ready) co_return fail(ready.error());
    auto& endpoints = parts_->endpoints();
    auto const* const route = mcp::find_route(endpoints.api, method, path);
    if (route == nullptr || route->answer.content_type.starts_with("text/event-stream")) {
        co_return fail(
            ErrorCode::not_found,
            fmt::format("{} {} is nothing that can be asked here; docs/API.md lists what can", method, path));
    }
    auto answer = co_await mcp::ask(endpoints.api, *route, std::move(given));
    if (answer.is_problem()) co_return fail(error_of(answer));
    co_return RestAnswer{
        .status = answer.status, .content_type = std::move(answer.content_type), .body = std::move(answer.body)};
}

DatabaseService& EnhancedCollector::database() const { return *parts_->database; }

Result<EnhancedCollector> create_enhanced_collector(CollectorConfig config) {
    auto read = read_settings({.flags = {}, .environment = process_environment(), .config_file = {}});
    if (!read) return fail(ErrorCode::invalid_argument, fmt::format("{}", fmt::join(read.error(), "; ")));
    auto settings = std::move(read->values);
    auto& database = settings.database;
    if (config.provider) database.provider = std::move(*config.provider);
    if (config.db_path) database.db_path = std::move(*config.db_path);
    if (config.region) database.region = std::move(*config.region);
    if (config.table_prefix) database.table_prefix = std::move(*config.table_prefix);
    if (config.endpoint_url) database.endpoint_url = std::move(config.endpoint_url);
    auto parts = std::make_unique<EnhancedCollector::Parts>(std::move(settings));
    auto made = make_database(parts->settings.database, parts->clock, parts->log);
    if (!made) return fail(std::move(made.error()));
    parts->database = std::move(*made);
    return EnhancedCollector(std::move(parts));
}

} // namespace gem
