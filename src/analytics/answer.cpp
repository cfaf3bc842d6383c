#include "analytics/answer.hpp"

namespace gem {

TimeWindow WindowParams::window(UtcTime now, minutes fallback) const {
    minutes length = fallback;
    if (hours) length = gem::hours(*hours);
    if (offset_minutes) length = minutes(*offset_minutes);
    return TimeWindow::ending_at(until ? *until : now, length);
}

std::optional<std::int64_t> whole_hours(TimeWindow window) {
    auto const length = window.length().count();
    if (length % 3600 != 0) return std::nullopt;
    return length / 3600;
}

Async<Result<WindowedPart>> windowed_part(DatabaseService& database, TimeWindow window, std::optional<RepoName> repo,
                                          UtcTime now) {
    auto coverage = co_await coverage_of(database, window, std::move(repo));
    if (!coverage) co_return fail(coverage.error());
    co_return WindowedPart{.window = window, .coverage = std::move(*coverage), .timestamp = now};
}

Bots parse_bots(std::string_view text) {
    if (text == "include") return Bots::include;
    if (text == "only") return Bots::only;
    return Bots::exclude;
}

Async<Result<std::optional<std::string>>> stored_spelling(DatabaseService& database, std::optional<RepoName> repo) {
    if (!repo) co_return std::nullopt;
    auto known = co_await database.events().find_repository(*repo);
    if (!known) co_return fail(known.error());
    if (*known) co_return (*known)->repo;
    co_return repo->text();
}

} // namespace gem
