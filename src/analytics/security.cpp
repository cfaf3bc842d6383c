#include "analytics/security.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gem {

namespace {

constexpr double critical = 10;
constexpr double high = 7.5;
constexpr double medium = 5;
constexpr double low = 2.5;

/// A push this close to a merge of a pull request is that merge.
constexpr seconds merge_push{120};
constexpr std::size_t enough_deployments = 5;

using Rows = std::span<EventFactsRow const>;

/// Collects what the checks say.
class Checks {
  public:
    explicit Checks(SecurityEvidence const& evidence) : evidence_(evidence) {}
    SecurityMonitoring run();

  private:
    void code_review(std::map<std::int64_t, PullRequest> const& pull_requests);
    void ci_tests();
    void signed_releases();
    void update_tool(std::map<std::int64_t, PullRequest> const& pull_requests);
    void direct_pushes(std::map<std::int64_t, PullRequest> const& pull_requests);
    void protected_branches();
    void access_changes();
    void deployment_failures();

    void known(std::string name, double value, double weight, double points, std::string sentence) {
        answer_.explanation.push_back({.signal = std::move(name),
                                       .value = value,
                                       .weight = weight,
                                       .points = points,
                                       .sentence = std::move(sentence)});
    }
    void unknown(std::string_view name, std::string_view why) { answer_.explanation.push_back(left_out(name, why)); }
    void found(std::string check, std::string severity, std::string message, std::vector<std::string> event_ids,
               std::string recommendation);
    /// Rows of the window for which `wanted` holds, newest first.
    template <class Wanted>
    std::vector<EventFactsRow const*> rows_where(Wanted wanted) const {
        std::vector<EventFactsRow const*> rows;
        for (auto const& row : evidence_.rows) {
            if (evidence_.window.contains(row.created_at) && wanted(row)) rows.push_back(&row);
        }
        std::ranges::reverse(rows);
        return rows;
    }

    SecurityEvidence const& evidence_;
    SecurityMonitoring answer_;
};

std::vector<std::string> ids_of(std::span<EventFactsRow const* const> rows) {
    std::vector<std::string> ids;
    for (auto const* row : rows) ids.push_back(row->id);
    return ids;
}

std::string_view branch_of(std::string_view ref) {
    constexpr std::string_view heads = "refs/heads/";
    return ref.starts_with(heads) ? ref.substr(heads.size()) : ref;
}

bool of_type(EventFactsRow const& row, std::string_view type) { return row.type == type; }

void Checks::found(std::string check, std::string severity, std::string message, std::vector<std::string> event_ids,
                   std::string recommendation) {
    if (event_ids.size() > most_recent) event_ids.resize(most_recent);
    answer_.findings.push_back({.check = std::move(check),
                                .severity = std::move(severity),
                                .message = std::move(message),
                                .event_ids = std::move(event_ids)});
    answer_.recommendations.push_back(std::move(recommendation));
}

void Checks::code_review(std::map<std::int64_t, PullRequest> const& pull_requests) {
    if (evidence_.window.from < reviews_told_since)
        return unknown("code_review", "GitHub's events tell of reviews only since September 2020");
    std::int64_t merged = 0;
    std::int64_t approved = 0;
    std::vector<std::string> unreviewed;
    for (auto const& [number, each] : pull_requests) {
        if (!each.merged || !evidence_.window.contains(*each.merged)) continue;
        ++merged;
        if (each.approved)
            ++approved;
        else
            unreviewed.push_back(each.merge_event);
    }
    if (merged == 0) return unknown("code_review", "no pull request was merged");
    double const share = static_cast<double>(approved) / static_cast<double>(merged);
    known("code_review", share, high, 100 * share,
          fmt::format("{} of {} merged pull requests were approved by another person", approved, merged));
    if (share >= 0.5) return;
    std::ranges::reverse(unreviewed); // the greater numbers first
    found("code_review", "high", "Pull requests were merged without the approval of another person",
          std::move(unreviewed), "Ask for an approving review before merging");
}

/// The last outcome of each check: by type, name and commit. Suites are left out where there are runs.
std::vector<EventFactsRow const*> last_outcomes(std::vector<EventFactsRow const*> newest_first) {
    bool const runs =
        std::ranges::any_of(newest_first, [](EventFactsRow const* row) { return of_type(*row, "CheckRunEvent"); });
    std::set<std::tuple<std::string, std::string, std::string>> seen;
    std::erase_if(newest_first, [&](EventFactsRow const* row) {
        if (runs && of_type(*row, "CheckSuiteEvent")) return true;
        auto const& facts = row->facts;
        return !seen.emplace(row->type, facts.name.value_or(""), facts.head.value_or("")).second;
    });
    return newest_first;
}

void Checks::ci_tests() {
    auto const is_outcome = [](EventFactsRow const& row) {
        if (!row.facts.state || *row.facts.state == "pending") return false;
        if (of_type(row, "CheckRunEvent") || of_type(row, "CheckSuiteEvent")) return row.facts.action == "completed";
        return of_type(row, "StatusEvent");
    };
    std::int64_t good = 0;
    std::int64_t bad = 0;
    for (auto const* row : last_outcomes(rows_where(is_outcome))) {
        auto const& state = *row->facts.state;
        if (state == "success" || state == "neutral" || state == "skipped") ++good;
        if (state == "failure" || state == "error" || state == "timed_out" || state == "action_required" ||
            state == "startup_failure")
            ++bad;
    }
    if (good + bad == 0) return unknown("ci_tests", "no check run or status was seen; they come by webhook only");
    double const share = static_cast<double>(good) / static_cast<double>(good + bad);
    known("ci_tests", share, low, 100 * share, fmt::format("{} of {} check runs succeeded", good, good + bad));
}

void Checks::signed_releases() {
    std::int64_t told = 0;
    std::vector<Release const*> bare;
    for (auto const& release : evidence_.releases) {
        if (!release.signed_) continue;
        ++told;
        if (!*release.signed_) bare.push_back(&release);
    }
    if (told == 0) return unknown("signed_releases", "no published release tells its assets");
    auto const with = told - static_cast<std::int64_t>(bare.size());
    double const share = static_cast<double>(with) / static_cast<double>(told);
    known("signed_releases", share, high, 100 * share,
          fmt::format("{} of {} published releases have a signature or an attestation among their assets", with, told));
    if (bare.empty()) return;
    std::vector<std::string> ids;
    for (auto i = bare.size(); i-- > 0;) ids.push_back(bare[i]->event_id);
    found("signed_releases", "high",
          fmt::format("{} was published without a signature or an attestation", bare.back()->tag_name), std::move(ids),
          "Sign release assets or attest how they were built");
}

void Checks::update_tool(std::map<std::int64_t, PullRequest> const& pull_requests) {
    std::set<std::string> tools;
    for (auto const& row : evidence_.rows) {
        auto const login = ascii_lower(row.actor_login);
        if (login.starts_with("dependabot") || login.starts_with("renovate")) tools.insert(row.actor_login);
    }
    if (!tools.empty())
        return known("dependency_update_tool", 1, high, 100, fmt::format("updates by {} were seen", *tools.begin()));
    bool const any_opened =
        std::ranges::any_of(pull_requests, [](auto const& each) { return each.second.opened.has_value(); });
    if (!any_opened) return unknown("dependency_update_tool", "no pull request was opened");
    known("dependency_update_tool", 0, high, 0, "no update by dependabot or renovate was seen");
    found("dependency_update_tool", "medium", "No tool that updates dependencies was seen", {},
          "Let dependabot or renovate update dependencies");
}

void Checks::direct_pushes(std::map<std::int64_t, PullRequest> const& pull_requests) {
    std::vector<UtcTime> merges;
    for (auto const& [number, each] : pull_requests) {
        if (each.merged) merges.push_back(*each.merged);
    }
    std::ranges::sort(merges);
    auto const pushes = rows_where([](EventFactsRow const& row) {
        return of_type(row, "PushEvent") && looks_default(row.facts.ref.value_or(""));
    });
    if (pushes.empty()) return unknown("direct_pushes", "no push to main, master or trunk was seen");
    std::vector<EventFactsRow const*> direct;
    for (auto const* push : pushes) { // each merge explains one push
        auto const near = std::ranges::lower_bound(merges, push->created_at - merge_push);
        if (near != merges.end() && *near <= push->created_at + merge_push)
            merges.erase(near);
        else
            direct.push_back(push);
    }
    double const share = static_cast<double>(direct.size()) / static_cast<double>(pushes.size());
    known(
        "direct_pushes", share, high, 100 * (1 - share),
        fmt::format("{} of {} pushes to the default branch came without a pull request", direct.size(), pushes.size()));
    if (direct.empty()) return;
    auto const branch = branch_of(*direct.front()->facts.ref);
    found("direct_pushes", "medium", fmt::format("Pushed to {} without a pull request", branch), ids_of(direct),
          fmt::format("Ask for pull requests on {}", branch));
}

void Checks::protected_branches() {
    auto const looked_at = rows_where([](EventFactsRow const& row) {
        return of_type(row, "PushEvent") || (of_type(row, "DeleteEvent") && row.facts.ref_type == "branch");
    });
    auto const incidents = rows_where([](EventFactsRow const& row) {
        if (!looks_protected(row.facts.ref.value_or(""))) return false;
        return (of_type(row, "PushEvent") && row.facts.flag == true) ||
               (of_type(row, "DeleteEvent") && row.facts.ref_type == "branch");
    });
    if (looked_at.empty()) return unknown("protected_branches", "no push and no deletion of a branch was seen");
    auto const count = static_cast<double>(incidents.size());
    known("protected_branches", count, critical, std::max(0.0, 100 - 50 * count),
          incidents.empty() ? "no force-push and no deletion of a protected-looking branch"
                            : fmt::format("{} force-pushes or deletions of protected-looking branches, 50 points each",
                                          incidents.size()));
    if (incidents.empty()) return;
    found("protected_branches", "critical",
          fmt::format("{} was overwritten or deleted", branch_of(incidents.front()->facts.ref.value_or(""))),
          ids_of(incidents), "Protect branches against force-pushes and deletion");
}

void Checks::access_changes() {
    auto const members = rows_where([](EventFactsRow const& row) { return of_type(row, "MemberEvent"); });
    auto const made_public = rows_where([](EventFactsRow const& row) { return of_type(row, "PublicEvent"); });
    auto const types = security_event_types();
    auto const any =
        rows_where([&](EventFactsRow const& row) { return std::ranges::find(types, row.type) != types.end(); });
    if (any.empty()) return unknown("access_changes", "no push, pull request or change of access was seen");
    auto const count = static_cast<double>(members.size());
    auto const opened = static_cast<double>(made_public.size());
    known("access_changes", count + opened, medium, std::max(0.0, 100 - 20 * count - 50 * opened),
          fmt::format("{} change{} of members, the repository was {}made public", members.size(),
                      members.size() == 1 ? "" : "s", made_public.empty() ? "not " : ""));
    if (!made_public.empty())
        found("access_changes", "high", "The repository was made public", ids_of(made_public),
              "Look for secrets in the history of what was made public");
}

void Checks::deployment_failures() {
    std::size_t finished = 0;
    std::vector<std::string> failures;
    for (auto const& each : evidence_.deployments) finished += each.finished_at ? 1 : 0;
    if (finished < enough_deployments) return unknown("deployment_failures", "fewer than five deployments finished");
    double const share = 1 - *success_rate(evidence_.deployments);
    for (auto i = evidence_.deployments.size(); i-- > 0;) {
        auto const& each = evidence_.deployments[i];
        failures.insert(failures.end(), each.failure_events.rbegin(), each.failure_events.rend());
    }
    known("deployment_failures", share, medium, 100 * (1 - share),
          fmt::format("{:.0f}% of {} finished deployments failed", 100 * share, finished));
    if (share >= 0.2)
        found("deployment_failures", "medium", "Many deployments failed", std::move(failures),
              "Find out why deployments fail before the next one");
}

SecurityMonitoring Checks::run() {
    auto const pull_requests = pull_requests_of(evidence_.rows);
    code_review(pull_requests);
    ci_tests();
    signed_releases();
    update_tool(pull_requests);
    direct_pushes(pull_requests);
    protected_branches();
    access_changes();
    deployment_failures();
    if (auto const mean = weigh(answer_.explanation)) {
        answer_.security_score = *mean;
        answer_.risk_level = *mean >= 80 ? "low" : *mean >= 50 ? "medium" : "high";
    } else {
        answer_.risk_level = "unknown";
    }
    auto const count = [&](auto wanted) { return static_cast<std::int64_t>(rows_where(wanted).size()); };
    auto& events = answer_.security_events;
    events["branch_deletions"] =
        count([](EventFactsRow const& row) { return of_type(row, "DeleteEvent") && row.facts.ref_type == "branch"; });
    events["member_changes"] = count([](EventFactsRow const& row) { return of_type(row, "MemberEvent"); });
    events["made_public"] = count([](EventFactsRow const& row) { return of_type(row, "PublicEvent"); });
    auto const pushes = count([](EventFactsRow const& row) { return of_type(row, "PushEvent"); });
    auto const telling = count([](EventFactsRow const& row) { return of_type(row, "PushEvent") && row.facts.flag; });
    auto& forced = events["force_pushes"];
    if (pushes == 0 || telling > 0)
        forced = count([](EventFactsRow const& row) { return of_type(row, "PushEvent") && row.facts.flag == true; });
    answer_.deployment_security = {.total_deployments = static_cast<std::int64_t>(evidence_.deployments.size()),
                                   .environments = count_environments(evidence_.deployments),
                                   .recent_deployments = list_recent(evidence_.deployments)};
    return std::move(answer_);
}

} // namespace

std::vector<std::string> security_event_types() {
    return {"CheckRunEvent",    "CheckSuiteEvent",        "DeleteEvent", "MemberEvent", "PublicEvent",
            "PullRequestEvent", "PullRequestReviewEvent", "PushEvent",   "StatusEvent"};
}

bool looks_default(std::string_view branch) {
    auto const name = branch_of(branch);
    return name == "main" || name == "master" || name == "trunk";
}

bool looks_protected(std::string_view branch) {
    auto const name = branch_of(branch);
    return looks_default(name) || name == "develop" || name == "production" || name == "stable" ||
           name.starts_with("release/");
}

SecurityMonitoring measure_security(SecurityEvidence const& evidence) { return Checks(evidence).run(); }

Async<Result<SecurityMonitoring>> security_of(DatabaseService& database, RepoName repo, TimeWindow window,
                                              std::span<EventFactsRow const> rows, std::vector<std::string>* sources) {
    auto const releases = co_await releases_of(database, repo, window, sources);
    if (!releases) co_return fail(releases.error());
    auto const deployments = co_await deployments_of(database, std::move(repo), window, sources);
    if (!deployments) co_return fail(deployments.error());
    co_return measure_security({.rows = rows, .window = window, .releases = *releases, .deployments = *deployments});
}

Async<Result<Windowed<SecurityMonitoring>>> security_monitoring(DatabaseService& database, RepoWindowParams params,
                                                                UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(168), now);
    if (!asked) co_return fail(asked.error());
    TimeWindow const with_history{.from = asked->window.from - review_history, .to = asked->window.to};
    auto const rows = co_await database.events().event_facts(*params.repo, with_history, security_event_types());
    if (!rows) co_return fail(rows.error());
    auto figures = co_await security_of(database, *params.repo, asked->window, *rows, &asked->part.coverage.sources);
    if (!figures) co_return fail(figures.error());
    figures->repo_name = asked->repo;
    figures->analysis_period_hours = whole_hours(asked->window);
    co_return Windowed(std::move(*figures), std::move(asked->part));
}

} // namespace gem
