#include "analytics/community.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "analytics/developers.hpp"

namespace gem {

namespace {

constexpr std::size_t most_listed = 10;

struct Deeds {
    std::string login;
    std::int64_t events = 0;
    std::int64_t points = 0;
    std::int64_t contributions = 0; ///< events but stars and forks
};

std::map<std::string, Deeds> deeds_of(std::span<EventFactsRow const> rows, std::string_view owner, Bots bots) {
    std::map<std::string, Deeds> people;
    auto const owner_key = ascii_lower(owner);
    for (auto const& row : rows) {
        auto const actor = actor_of(row);
        if (!actor.known() || !counts_for(bots, row.actor_login)) continue;
        if (row.type == "PushEvent" && ascii_lower(row.actor_login) == owner_key) continue;
        auto& deeds = people[actor.key()];
        deeds.login = row.actor_login;
        ++deeds.events;
        deeds.points += engagement_points(row.type);
        if (row.type != "WatchEvent" && row.type != "ForkEvent") ++deeds.contributions;
    }
    return people;
}

Signal share_signal(std::string name, std::int64_t part, std::int64_t all, double weight, std::string sentence) {
    double const share = static_cast<double>(part) / static_cast<double>(all);
    return {.signal = std::move(name),
            .value = share,
            .weight = weight,
            .points = 100.0 * share,
            .sentence = std::move(sentence)};
}

/// 40·active share + 30·new share + 30·(1 − share of the most active), of known signals only.
void score(CommunityEngagement& figures, std::int64_t most, std::int64_t contributions) {
    auto const all = figures.total_contributors;
    if (all == 0) {
        for (auto const* name : {"active_share", "new_share", "top_contributor_share"})
            figures.explanation.push_back(left_out(name, "nobody took part"));
        return;
    }
    figures.explanation.push_back(share_signal(
        "active_share", figures.active_contributors, all, 0.4,
        fmt::format("{} of {} contributors were active (3 events or more)", figures.active_contributors, all)));
    if (figures.new_contributors)
        figures.explanation.push_back(share_signal(
            "new_share", *figures.new_contributors, all, 0.3,
            fmt::format("{} of {} contributors were seen for the first time", *figures.new_contributors, all)));
    else
        figures.explanation.push_back(left_out("new_share", "nothing from before the window is stored"));
    if (contributions > 0) {
        auto top = share_signal("top_contributor_share", most, contributions, 0.3, {});
        top.sentence =
            fmt::format("the most active person made {:.0f}% of the contributions", 100.0 * top.value->value);
        top.points = 100.0 - top.points->value;
        figures.explanation.push_back(std::move(top));
    } else {
        figures.explanation.push_back(left_out("top_contributor_share", "nothing but stars and forks"));
    }
    if (auto const mean = weigh(figures.explanation)) figures.community_health_score = *mean;
    // The receipt tells what each signal brought to the score.
    for (auto& each : figures.explanation) {
        if (each.points) each.points = each.points->value * each.weight.value;
    }
}

} // namespace

std::int64_t engagement_points(std::string_view type) {
    static constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> table = {{{"WatchEvent", 1},
                                                                                        {"ForkEvent", 2},
                                                                                        {"IssueCommentEvent", 2},
                                                                                        {"IssuesEvent", 3},
                                                                                        {"CommitCommentEvent", 3},
                                                                                        {"PullRequestReviewEvent", 4},
                                                                                        {"PullRequestEvent", 5}}};
    auto const* const found = std::ranges::find(table, type, &std::pair<std::string_view, std::int64_t>::first);
    return found == table.end() ? 0 : found->second;
}

std::optional<std::int64_t> bus_factor(std::vector<std::int64_t> contributions) {
    std::ranges::sort(contributions, std::greater<>{});
    std::int64_t all = 0;
    for (auto const each : contributions) all += each;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < contributions.size(); ++i) {
        sum += contributions[i];
        if (2 * sum > all) return static_cast<std::int64_t>(i + 1);
    }
    return std::nullopt;
}

CommunityEngagement measure_community(std::span<EventFactsRow const> rows, std::string_view owner, Bots bots,
                                      std::optional<std::set<std::string>> const& known_before) {
    auto const people = deeds_of(rows, owner, bots);
    CommunityEngagement figures;
    figures.total_contributors = static_cast<std::int64_t>(people.size());
    if (known_before) figures.new_contributors = 0;
    std::vector<std::int64_t> contributions;
    std::int64_t all = 0;
    for (auto const& [key, deeds] : people) {
        contributions.push_back(deeds.contributions);
        all += deeds.contributions;
        if (deeds.events >= 3) ++figures.active_contributors;
        auto& distribution = figures.engagement_distribution;
        ++(deeds.points >= 20  ? distribution.high_engagement
           : deeds.points >= 5 ? distribution.medium_engagement
                               : distribution.low_engagement);
        Contributor each{.actor_login = deeds.login,
                         .total_events = deeds.events,
                         .engagement_points = deeds.points,
                         .share = {},
                         .new_ = {}};
        each.share = static_cast<double>(deeds.contributions); // divided below, when the sum is known
        if (known_before) each.new_ = !known_before->contains(key);
        if (each.new_ == true) ++*figures.new_contributors;
        figures.top_contributors.push_back(std::move(each));
    }
    figures.bus_factor = bus_factor(contributions);
    auto const most = contributions.empty() ? 0 : std::ranges::max(contributions);
    std::ranges::sort(figures.top_contributors, [](Contributor const& a, Contributor const& b) {
        if (a.share->value != b.share->value) return a.share->value > b.share->value;
        if (a.engagement_points != b.engagement_points) return a.engagement_points > b.engagement_points;
        return ascii_lower(a.actor_login) < ascii_lower(b.actor_login);
    });
    if (figures.top_contributors.size() > most_listed) figures.top_contributors.resize(most_listed);
    for (auto& each : figures.top_contributors) {
        if (all > 0)
            each.share = each.share->value / static_cast<double>(all);
        else
            each.share.reset();
    }
    score(figures, most, all);
    return figures;
}

Async<Result<Windowed<CommunityEngagement>>> community_engagement(DatabaseService& database, RepoPeopleParams params,
                                                                  UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now);
    if (!asked) co_return fail(asked.error());
    auto const rows = co_await database.events().event_facts(*params.repo, asked->window, {});
    if (!rows) co_return fail(rows.error());
    TimeWindow const before{.from = from_unix(0), .to = asked->window.from};
    auto const earlier = co_await database.events().event_facts(*params.repo, before, {});
    if (!earlier) co_return fail(earlier.error());
    std::optional<std::set<std::string>> known_before;
    if (!earlier->empty()) {
        known_before.emplace();
        for (auto const& row : *earlier) known_before->insert(actor_of(row).key());
    }
    auto const bots = parse_bots(params.bots);
    auto figures = measure_community(*rows, asked->repo.substr(0, asked->repo.find('/')), bots, known_before);
    figures.repo_name = asked->repo;
    figures.analysis_period_hours = whole_hours(asked->window);
    figures.bots = params.bots;
    figures.bots_excluded = bots_left_out(*rows, bots);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

} // namespace gem
