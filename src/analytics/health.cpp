#include "analytics/health.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "analytics/developers.hpp"
#include "analytics/event_counts.hpp"
#include "analytics/reconstructed.hpp"

namespace gem {

namespace {

constexpr seconds best_response = hours(4);
constexpr seconds worst_response = days(14);
constexpr seconds best_merge = days(1);
constexpr seconds worst_merge = days(30);

/// What is counted among the rows of the window.
struct Counts {
    double pushes = 0;
    double prs_opened = 0;
    double issues_opened = 0;
    double closed = 0;           ///< issues and pull requests closed or merged, by anybody
    double opened_by_anyone = 0; ///< issues and pull requests
    double prs_opened_by_anyone = 0;
    double reviews = 0; ///< reviews and review comments by humans
    double releases = 0;
    std::set<std::string> people;
    std::set<std::int64_t> push_weeks; ///< counted back from the end of the window
};

bool is_contribution(EventFactsRow const& row) {
    static constexpr std::array<std::string_view, 8> types = {
        "PushEvent",          "PullRequestEvent",       "IssuesEvent",  "IssueCommentEvent",
        "CommitCommentEvent", "PullRequestReviewEvent", "ReleaseEvent", "PullRequestReviewCommentEvent"};
    return std::ranges::find(types, row.type) != types.end();
}

void count_item(Counts& counts, EventFactsRow const& row, bool counted) {
    auto const action = counted_action(row.type, row.facts);
    bool const pull_request = row.type == "PullRequestEvent";
    if (action == "opened") {
        ++counts.opened_by_anyone;
        if (pull_request) ++counts.prs_opened_by_anyone;
        if (counted) ++(pull_request ? counts.prs_opened : counts.issues_opened);
    }
    if (action == "closed" || action == "merged") ++counts.closed;
}

Counts count(HealthEvidence const& evidence, std::span<EventFactsRow const> rows) {
    Counts counts;
    for (auto const& row : rows) {
        if (!evidence.window.contains(row.created_at)) continue;
        bool const counted = counts_for(evidence.bots, row.actor_login);
        if (row.type == "PushEvent") {
            if (counted) ++counts.pushes;
            counts.push_weeks.insert((evidence.window.to - row.created_at - seconds(1)) / days(7));
        }
        if (row.type == "PullRequestEvent" || row.type == "IssuesEvent") count_item(counts, row, counted);
        bool const review = row.type == "PullRequestReviewEvent" || row.type == "PullRequestReviewCommentEvent";
        if (review && is_human(actor_of(row)) && row.facts.action != "edited" && row.facts.action != "dismissed" &&
            row.facts.action != "deleted")
            ++counts.reviews;
        if (row.type == "ReleaseEvent" && row.facts.action == "published") ++counts.releases;
        if (counted && is_contribution(row) && actor_of(row).known()) counts.people.insert(actor_of(row).key());
    }
    return counts;
}

Signal growth(std::string name, double value, double target, std::string what) {
    return {.signal = std::move(name),
            .value = value,
            .weight = 1.0,
            .points = growth_points(value, target),
            .sentence = fmt::format("{:.4g} {}; {} give the full points", value, what, target)};
}

Signal quickness(std::string name, std::optional<std::int64_t> median, std::int64_t n, seconds best, seconds worst,
                 std::string_view what) {
    if (!median) {
        return left_out(name, n == 0 ? fmt::format("nothing was opened that waits for a {}", what)
                                     : fmt::format("fewer than half of {} {}s have one so far", n, what));
    }
    return {.signal = std::move(name),
            .value = static_cast<double>(*median),
            .weight = 1.0,
            .points = quickness_points(seconds(*median), best, worst),
            .sentence =
                fmt::format("half of the {}s took {:.1f} hours or less; {} hours or less give the full points", what,
                            static_cast<double>(*median) / 3600.0, std::chrono::duration_cast<hours>(best).count())};
}

/// The sections of the explanation and the scores of the parts.
class Parts {
  public:
    explicit Parts(HealthEvidence const& evidence)
        : evidence_(evidence), rows_(evidence.with_history.empty() ? evidence.rows : evidence.with_history),
          counts_(count(evidence, evidence.rows)), known_(count(evidence, rows_)),
          pull_requests_(pull_requests_of(evidence.rows)),
          weeks_(static_cast<double>(evidence.window.length().count()) / 604'800.0) {}
    RepositoryHealth run();

  private:
    std::optional<double> activity();
    std::optional<double> collaboration();
    std::optional<double> maintenance();
    Signal reviewed_merges() const;

    /// Weighs the signals of a part and puts them into the explanation.
    std::optional<double> close_part(std::vector<Signal> signals) {
        auto const score = weigh(signals);
        std::ranges::move(signals, std::back_inserter(signals_));
        return score;
    }

    HealthEvidence const& evidence_;
    std::span<EventFactsRow const> rows_; ///< with what is known from before the repository was watched
    Counts counts_;                       ///< of events alone
    Counts known_;                        ///< of all rows
    std::map<std::int64_t, PullRequest> pull_requests_;
    double weeks_;
    std::vector<Signal> signals_;
};

std::optional<double> Parts::activity() {
    if (!evidence_.seen) return std::nullopt;
    return close_part({growth("pushes_per_week", counts_.pushes / weeks_, 100, "pushes a week"),
                       growth("pull_requests_per_week", counts_.prs_opened / weeks_, 50, "pull requests opened a week"),
                       growth("issues_per_week", counts_.issues_opened / weeks_, 50, "issues opened a week"),
                       growth("contributors", static_cast<double>(counts_.people.size()), 20, "people contributed")});
}

Signal Parts::reviewed_merges() const {
    if (evidence_.window.from < reviews_told_since)
        return left_out("reviewed_merges", "GitHub's events tell of reviews only since September 2020");
    std::int64_t merged = 0;
    std::int64_t reviewed = 0;
    for (auto const& [number, each] : pull_requests_) {
        if (!each.merged || !evidence_.window.contains(*each.merged)) continue;
        ++merged;
        reviewed += each.reviewed ? 1 : 0;
    }
    if (merged == 0) return left_out("reviewed_merges", "no pull request was merged");
    double const share = static_cast<double>(reviewed) / static_cast<double>(merged);
    return {.signal = "reviewed_merges",
            .value = share,
            .weight = 1.0,
            .points = 100 * share,
            .sentence = fmt::format("{} of {} merged pull requests had a review by another person", reviewed, merged)};
}

std::optional<double> Parts::collaboration() {
    std::vector<Signal> signals = {reviewed_merges()};
    auto const response = median_figures(response_waits(issues_of(rows_), evidence_.window));
    signals.push_back(quickness("first_response_seconds", response.median_seconds, response.n, best_response,
                                worst_response, "first response"));
    if (counts_.prs_opened_by_anyone > 0)
        signals.push_back(growth("reviews_and_comments_per_pr", counts_.reviews / counts_.prs_opened_by_anyone, 8,
                                 "reviews and comments for each pull request"));
    else
        signals.push_back(left_out("reviews_and_comments_per_pr", "no pull request was opened"));
    return close_part(std::move(signals));
}

std::optional<double> Parts::maintenance() {
    if (known_.opened_by_anyone == 0 && known_.closed == 0) return std::nullopt;
    std::vector<Signal> signals;
    if (known_.opened_by_anyone > 0) {
        double const ratio = known_.closed / known_.opened_by_anyone;
        signals.push_back({.signal = "closure_ratio",
                           .value = ratio,
                           .weight = 1.0,
                           .points = 100 * std::min(1.0, ratio),
                           .sentence = fmt::format("{:.0f} issues and pull requests closed for {:.0f} opened",
                                                   known_.closed, known_.opened_by_anyone)});
    } else {
        signals.push_back(left_out("closure_ratio", "nothing was opened"));
    }
    auto const merge = median_figures(merge_waits(pull_requests_of(rows_), evidence_.window));
    signals.push_back(quickness("merge_time_seconds", merge.median_seconds, merge.n, best_merge, worst_merge, "merge"));
    signals.push_back(growth("releases_per_month", known_.releases / weeks_ * 30 / 7, 4, "releases a month"));
    auto const weeks = std::ceil(weeks_);
    double const share = static_cast<double>(counts_.push_weeks.size()) / weeks;
    signals.push_back(
        {.signal = "weeks_with_push",
         .value = share,
         .weight = 1.0,
         .points = 100 * share,
         .sentence = fmt::format("there was a push in {} of {} weeks", counts_.push_weeks.size(), weeks)});
    return close_part(std::move(signals));
}

/// One of the four parts as a signal of the whole; its points become what it brings once the weights are scaled.
Signal part_signal(std::string_view name, std::optional<double> score, double weight, std::string_view sentence,
                   std::string_view unknown) {
    if (!score) return left_out(name, unknown);
    return {.signal = std::string(name),
            .value = *score,
            .weight = weight,
            .points = *score,
            .sentence = std::string(sentence)};
}

RepositoryHealth Parts::run() {
    RepositoryHealth health;
    auto const show = [](std::optional<double> score) { return score ? std::optional<Score>(*score) : std::nullopt; };
    auto const active = activity();
    auto const together = collaboration();
    auto const kept = maintenance();
    health.activity_score = show(active);
    health.collaboration_score = show(together);
    health.maintenance_score = show(kept);
    health.security_score = show(evidence_.security);
    std::vector<Signal> parts = {
        part_signal("activity_score", active, 0.3, "how much happens", "nothing is known about this repository"),
        part_signal("collaboration_score", together, 0.25, "how people answer each other",
                    "no pull request and no issue is known"),
        part_signal("maintenance_score", kept, 0.25, "how what is open gets finished", "nothing was opened"),
        part_signal("security_score", evidence_.security, 0.2, "see /metrics/security-monitoring",
                    "no check had anything to look at")};
    auto const whole = weigh(parts);
    if (together || kept) health.health_score = show(whole);
    for (auto& each : parts) {
        if (each.points) each.points = each.points->value * each.weight.value;
    }
    health.explanation = std::move(parts);
    std::ranges::move(signals_, std::back_inserter(health.explanation));
    return health;
}

} // namespace

double growth_points(double value, double target) {
    return std::min(100.0, 100.0 * std::log1p(value) / std::log1p(target));
}

double quickness_points(seconds time, seconds best, seconds worst) {
    if (time <= best) return 100;
    if (time >= worst) return 0;
    auto const ratio = [&](seconds of) {
        return std::log(static_cast<double>(of.count()) / static_cast<double>(best.count()));
    };
    return 100.0 * (1 - ratio(time) / ratio(worst));
}

std::string_view health_band(std::optional<double> score) {
    if (!score) return "unknown";
    return *score >= 80 ? "healthy" : *score >= 60 ? "warning" : "critical";
}

RepositoryHealth measure_health(HealthEvidence const& evidence) { return Parts(evidence).run(); }

Async<Result<Windowed<RepositoryHealth>>> repository_health(DatabaseService& database, RepoPeopleParams params,
                                                            UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now, true);
    if (!asked) co_return fail(asked.error());
    auto const window = asked->window;
    TimeWindow const longer{.from = window.from - review_history, .to = window.to};
    auto types = security_event_types();
    for (auto const* type :
         {"CommitCommentEvent", "IssueCommentEvent", "IssuesEvent", "PullRequestReviewCommentEvent", "ReleaseEvent"})
        types.emplace_back(type);
    auto const rows = co_await database.events().event_facts(*params.repo, longer, types);
    if (!rows) co_return fail(rows.error());
    auto const known =
        co_await with_history(database, *params.repo, longer, std::move(types), *rows, asked->part.coverage.sources);
    if (!known) co_return fail(known.error());
    auto const security = co_await security_of(database, *params.repo, window, *rows, &asked->part.coverage.sources);
    if (!security) co_return fail(security.error());
    HealthEvidence evidence{.rows = *rows,
                            .with_history = *known,
                            .window = window,
                            .bots = parse_bots(params.bots),
                            .seen = !asked->tallies.empty() || asked->part.coverage.complete,
                            .security = {}};
    if (security->security_score) evidence.security = security->security_score->value;
    auto health = measure_health(evidence);
    health.repo_name = asked->repo;
    health.analysis_period_hours = whole_hours(window);
    health.activity_breakdown = counts_by_type(asked->tallies);
    for (auto const& [type, count] : health.activity_breakdown) health.total_events += count;
    health.bots = params.bots;
    if (evidence.bots == Bots::exclude) {
        health.bots_excluded = std::ranges::count_if(*rows, [&](EventFactsRow const& row) {
            return window.contains(row.created_at) && is_bot(row.actor_login);
        });
    }
    co_return Windowed(std::move(health), std::move(asked->part));
}

} // namespace gem
