#include "collector/archive_coverage.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <simdjson.h>

#include "collector/hour_source.hpp"
#include "github/event_target.hpp"

namespace gem {

namespace {

constexpr std::size_t hours_in_a_month = 31 * 24;
constexpr seconds published_after = hours(2);

struct Place {
    std::string month; ///< `2024-01`
    std::size_t hour;  ///< since the month began
};

Place place_of(UtcTime hour) {
    auto const day = std::chrono::floor<days>(hour);
    auto const date = std::chrono::year_month_day(day);
    auto const month_start = std::chrono::sys_days(date.year() / date.month() / 1);
    return {.month = format_day(hour).substr(0, 7),
            .hour = static_cast<std::size_t>(std::chrono::floor<hours>(hour - month_start).count())};
}

std::string text_member(JsonText const& document, std::string_view member) {
    simdjson::dom::parser parser;
    std::string_view text;
    if (parser.parse(document.text())[member].get_string().get(text) != simdjson::SUCCESS) return {};
    return std::string(text);
}

/// Sets one hour of one document; others may write it at the same time.
Async<Result<void>> set_hour(DatabaseService& database, std::string key, std::size_t hour) {
    for (int attempt = 0; attempt < 10; ++attempt) {
        auto const present = co_await database.metrics().get_state(key);
        if (!present) co_return fail(present.error());
        auto marks = *present ? text_member((*present)->value, "hours") : std::string();
        marks.resize(hours_in_a_month, '0');
        if (marks[hour] == '1') co_return Result<void>{};
        marks[hour] = '1';
        auto const written = co_await database.metrics().put_state(
            {.key = key,
             .value = JsonText::already_validated(fmt::format(R"({{"hours":"{}"}})", marks)),
             .version = *present ? (*present)->version : 0});
        if (written) co_return Result<void>{};
        if (written.error().code != ErrorCode::conflict) co_return fail(written.error());
    }
    co_return fail(ErrorCode::conflict, "others write the same record of coverage all the time");
}

} // namespace

std::optional<UtcTime> hour_of_file(std::string_view name) {
    if (auto const slash = name.rfind('/'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
    auto const dot = name.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    auto const stem = name.substr(0, dot);
    if (std::ranges::count(stem, '-') != 3) return std::nullopt;
    return parse_hour(stem);
}

Async<Result<void>> vouch_for_hour(DatabaseService& database, UtcTime hour, std::vector<std::string> scopes) {
    if (hour >= archive_whole_until) co_return Result<void>{};
    if (scopes.empty()) scopes.emplace_back("*");
    auto const place = place_of(hour);
    for (auto const& scope : scopes) {
        auto const set =
            co_await set_hour(database, fmt::format("coverage#archive#{}#{}", scope, place.month), place.hour);
        if (!set) co_return fail(set.error().within("noting that an hour was stored whole"));
    }
    co_return Result<void>{};
}

Async<Result<GapsToFill>> gaps_to_fill(DatabaseService& database, UtcTime now) {
    auto const entries = co_await database.metrics().list_state("coverage#gap#");
    if (!entries) co_return fail(entries.error().within("reading the gaps"));
    GapsToFill fill;
    std::set<UtcTime> wanted;
    std::set<RepoName> repos;
    std::set<std::string> owners;
    for (auto const& entry : *entries) {
        auto const text = text_member(entry.value, "target");
        auto const target = github::EventTarget::parse(text);
        auto const from = parse_time(text_member(entry.value, "from"));
        auto const to = parse_time(text_member(entry.value, "to"));
        if (!target || !from || !to) continue;
        if (target->kind() == github::EventTarget::Kind::repository) {
            repos.insert(RepoName::parse(text).value());
        } else if (target->kind() == github::EventTarget::Kind::organization) {
            owners.insert(target->key().substr(std::string_view("org:").size()));
        } else {
            fill.left.push_back(fmt::format("{}: the archive is not asked for people or for everybody", text));
            continue;
        }
        for (auto hour = std::chrono::floor<hours>(*from); hour < *to; hour += hours(1)) {
            if (hour + hours(1) + published_after <= now)
                wanted.insert(hour);
            else
                fill.left.push_back(fmt::format("{}: {} is too recent for the archive", text, format_time(hour)));
        }
    }
    fill.hours.assign(wanted.begin(), wanted.end());
    fill.repos.assign(repos.begin(), repos.end());
    fill.owners.assign(owners.begin(), owners.end());
    co_return fill;
}

} // namespace gem
