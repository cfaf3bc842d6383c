#include "app/report_document.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "charts/figures.hpp"
#include "charts/text.hpp"

namespace gem {

namespace {

using charts::format_count;

constexpr std::string_view not_known = "unknown";
constexpr std::size_t listed_gaps = 5;
constexpr std::size_t listed_anomalies = 20;

ReportCell plain(std::string text) { return {.text = std::move(text)}; }
ReportCell foreign(std::string text) { return {.text = std::move(text), .foreign = true}; }

std::string count_text(std::optional<std::int64_t> const& count) {
    return count ? format_count(*count) : std::string(not_known);
}

template <int Decimals>
std::string number_text(std::optional<Fixed<Decimals>> const& number) {
    if (!number) return std::string(not_known);
    return fmt::format("{:.{}f}", number->value, Decimals > 2 ? 2 : Decimals);
}

std::string percent_text(std::optional<Ratio> const& share) {
    return share ? fmt::format("{:.0f}%", 100 * share->value) : std::string(not_known);
}

/// `1 h 5 min`, `3 d 4 h`
std::string duration_text(std::optional<std::int64_t> const& length) {
    if (!length) return std::string(not_known);
    auto const total = *length;
    if (total < 60) return fmt::format("{} s", total);
    if (total < 3600) return fmt::format("{} min", total / 60);
    if (total < 86400) return fmt::format("{} h {} min", total / 3600, total % 3600 / 60);
    return fmt::format("{} d {} h", total / 86400, total % 86400 / 3600);
}

std::string score_with_band(std::optional<Score> const& score) {
    if (!score) return std::string(not_known);
    return fmt::format("{:.1f} ({})", score->value, health_band(score->value));
}

std::string_view whom_it_counts(std::string_view bots) {
    if (bots == "only") return "Only bots are counted.";
    return bots == "include" ? "Bots are counted too." : "Bots are not counted.";
}

std::string first_line(std::string_view message) { return std::string(message.substr(0, message.find('\n'))); }

class DocumentMaker {
  public:
    explicit DocumentMaker(RepositoryReport const& report) : report_(report) {}

    ReportDocument make() && {
        document_.title = fmt::format("Report on {}", report_.repo);
        add_summary();
        add_coverage();
        add_health();
        add_work();
        add_commits();
        add_people();
        add_delivery();
        add_security();
        add_anomalies();
        text("Scores are defined in docs/METRICS.md of GitHub Events Monitor. What nobody can know from events is "
             "\"unknown\", never 0.");
        return std::move(document_);
    }

  private:
    template <class Block>
    void add(Block block) {
        document_.blocks.emplace_back(std::move(block));
    }
    void heading(std::string_view words) { add(ReportHeading{std::string(words)}); }
    void text(std::string words) { add(ReportText{std::move(words)}); }

    void add_summary() {
        text(fmt::format("{}; made at {}.", charts::format_window(report_.window), format_time(report_.timestamp)));
        auto const commits = report_.pushes.total_commits ? report_.pushes.total_commits
                             : report_.commits.statistics.total_commits > 0
                                 ? std::optional(report_.commits.statistics.total_commits)
                                 : std::nullopt;
        std::int64_t opened = 0;
        std::int64_t merged = 0;
        for (auto const& day : report_.pull_requests.days) {
            opened += day.opened;
            merged += day.merged;
        }
        add(ReportFacts{{{"Events", format_count(report_.activity.total_events)},
                         {"People and bots", format_count(report_.activity.unique_actors)},
                         {"Pushes", format_count(report_.pushes.push_events)},
                         {"Commits", count_text(commits)},
                         {"Pull requests opened", format_count(opened)},
                         {"Pull requests merged", format_count(merged)},
                         {"Stars", format_count(report_.stars.stars)},
                         {"Releases", format_count(report_.releases.releases.total_count)},
                         {"Health", score_with_band(report_.health.health_score)},
                         {"Activity", fmt::format("{:.1f}", report_.activity.activity_score.value)}}});
        auto const series = charts::chart_of(report_.events_over_time);
        add(ReportPicture{"events", charts::draw(series, charts::usual_chart)});
        auto const heat = charts::chart_of(report_.hours_of_the_week);
        add(ReportPicture{"hours", charts::draw(heat, charts::usual_heatmap)});
    }

    void add_coverage() {
        heading("How whole the data is");
        auto const& coverage = report_.coverage;
        auto const sources =
            coverage.sources.empty() ? std::string("none") : fmt::format("{}", fmt::join(coverage.sources, ", "));
        if (coverage.complete) {
            text(fmt::format("Every event of the window was seen. Sources: {}.", sources));
            return;
        }
        text(fmt::format("Not all of the window is covered: counts are those of what was seen, there may have been "
                         "more. Sources: {}.",
                         sources));
        ReportTable table{.columns = {"From", "To", "Why"}, .rows = {}};
        for (auto const& gap : coverage.gaps) {
            if (table.rows.size() == listed_gaps) break;
            table.rows.push_back({plain(format_time(gap.from)), plain(format_time(gap.to)), plain(gap.reason)});
        }
        if (coverage.gaps.size() > listed_gaps) text(fmt::format("The first {} gaps:", listed_gaps));
        add(std::move(table));
    }

    /// A score's signals: where its points come from.
    void receipts(std::vector<Signal> const& signals) {
        ReportTable table{.columns = {"Signal", "Value", "Weight", "Points", "What it says"}, .rows = {}};
        for (auto const& each : signals) {
            table.rows.push_back({plain(each.signal), plain(number_text(each.value)),
                                  plain(each.points ? percent_text(each.weight) : std::string("–")),
                                  plain(number_text(each.points)), plain(each.sentence)});
        }
        if (!table.rows.empty()) add(std::move(table));
    }

    void add_health() {
        heading("Health");
        auto const& health = report_.health;
        text(fmt::format("Score {} of 100, out of activity {}, collaboration {}, maintenance {} and security {}.",
                         score_with_band(health.health_score), number_text(health.activity_score),
                         number_text(health.collaboration_score), number_text(health.maintenance_score),
                         number_text(health.security_score)));
        receipts(health.explanation);
    }

    void add_work() {
        heading("Pull requests and issues");
        add(ReportPicture{"pull-requests", charts::draw(charts::chart_of(report_.pull_requests), charts::usual_chart)});
        auto const row = [](std::string name, WaitFigures const& plain_ones, WaitMedian const& median) {
            return std::vector<ReportCell>{
                plain(std::move(name)), plain(format_count(median.n)), plain(format_count(median.answered)),
                plain(duration_text(median.median_seconds)), plain(duration_text(plain_ones.p90))};
        };
        add(ReportTable{
            .columns = {"Time", "Of", "Done", "Median, open ones included", "90% of those done within"},
            .rows = {
                row("from opening a pull request to its merge", report_.merge_time, report_.merge_time),
                row("from opening an issue to its first answer", report_.first_response, report_.first_response)}});
    }

    void add_commits() {
        heading("Commits");
        auto const& sums = report_.commits.statistics;
        auto const& quality = report_.commits.quality_metrics;
        if (sums.total_commits == 0) {
            text("No commits of this window are stored one by one.");
            return;
        }
        text(fmt::format("{} stored commits of {} authors: {} lines added, {} removed, {} breaking, {} about security.",
                         format_count(sums.total_commits), format_count(sums.unique_authors),
                         count_text(sums.total_additions), count_text(sums.total_deletions),
                         count_text(quality.breaking_changes_count), count_text(quality.security_commits_count)));
        if (!report_.commits.change_categories.empty()) {
            ReportTable categories{.columns = {"Category", "Commits"}, .rows = {}};
            for (auto const& [name, count] : report_.commits.change_categories)
                categories.rows.push_back({plain(name), plain(format_count(count))});
            add(std::move(categories));
        }
        ReportTable latest{.columns = {"Commit", "When", "Author", "Subject"}, .rows = {}};
        for (auto const& commit : report_.recent_commits.commits) {
            latest.rows.push_back({foreign(commit.sha.substr(0, 10)), plain(charts::format_minute(commit.commit_date)),
                                   foreign(commit.author_login.empty() ? commit.author_name : commit.author_login),
                                   foreign(charts::shorten_middle(first_line(commit.message), 600, 12))});
        }
        add(std::move(latest));
    }

    void add_people() {
        heading("People");
        auto const& community = report_.community;
        text(fmt::format("{} contributors ({} of them new, {} active); {} of them make more than half of the "
                         "contributions. {}",
                         format_count(community.total_contributors), count_text(community.new_contributors),
                         format_count(community.active_contributors), count_text(community.bus_factor),
                         whom_it_counts(community.bots)));
        ReportTable table{
            .columns = {"Who", "Events", "Pushes", "Commits", "PRs opened", "Reviews", "Comments", "Score"},
            .rows = {}};
        for (auto const& who : report_.developers.developers) {
            table.rows.push_back({foreign(who.actor_login), plain(format_count(who.total_events)),
                                  plain(format_count(who.pushes)), plain(count_text(who.commits)),
                                  plain(format_count(who.prs_opened)), plain(format_count(who.reviews_given)),
                                  plain(format_count(who.comments_made)),
                                  plain(fmt::format("{:.1f}", who.productivity_score.value))});
        }
        if (!table.rows.empty()) add(std::move(table));
    }

    void add_delivery() {
        heading("Releases and delivery");
        ReportTable releases{.columns = {"Release", "When", "Kind", "By"}, .rows = {}};
        for (auto const& each : report_.releases.releases.recent_releases) {
            releases.rows.push_back({foreign(each.tag_name), plain(charts::format_minute(each.published_at)),
                                     plain(each.type), foreign(each.author_login)});
        }
        if (!releases.rows.empty()) add(std::move(releases));
        auto const& dora = report_.dora;
        if (!dora.basis) {
            text("Neither a deployment, a release nor a merge was seen: the DORA keys are unknown.");
            return;
        }
        text(fmt::format("The DORA keys, out of {} {}:", format_count(dora.deployments), *dora.basis));
        auto const row = [](std::string name, std::string value, std::optional<std::string> const& band,
                            std::string const& formula) {
            return std::vector<ReportCell>{plain(std::move(name)), plain(std::move(value)),
                                           plain(band.value_or(std::string(not_known))), plain(formula)};
        };
        auto const& frequency = dora.deployment_frequency;
        add(ReportTable{.columns = {"Key", "Value", "Band", "How"},
                        .rows = {row("Deployment frequency", number_text(frequency.per_week) + " a week",
                                     frequency.band, frequency.formula),
                                 row("Lead time for changes", duration_text(dora.lead_time_for_changes.median_seconds),
                                     dora.lead_time_for_changes.band, dora.lead_time_for_changes.formula),
                                 row("Change failure rate", percent_text(dora.change_failure_rate.rate),
                                     dora.change_failure_rate.band, dora.change_failure_rate.formula),
                                 row("Time to restore", duration_text(dora.time_to_restore.median_seconds),
                                     dora.time_to_restore.band, dora.time_to_restore.formula)}});
    }

    void add_security() {
        heading("Security");
        auto const& security = report_.security;
        text(fmt::format("Score {}; risk {}.", number_text(security.security_score), security.risk_level));
        receipts(security.explanation);
        ReportTable findings{.columns = {"Check", "Severity", "Finding"}, .rows = {}};
        for (auto const& each : security.findings)
            findings.rows.push_back({plain(each.check), plain(each.severity), foreign(each.message)});
        if (!findings.rows.empty()) add(std::move(findings));
    }

    void add_anomalies() {
        heading("Hours that stand out");
        auto const& anomalies = report_.anomalies.anomalies;
        if (anomalies.empty()) {
            text("None. Hours that are not fully covered, or have too little history, are not judged.");
            return;
        }
        ReportTable table{.columns = {"Hour", "What", "Events", "Expected", "Severity"}, .rows = {}};
        for (auto const& each : anomalies) {
            if (table.rows.size() == listed_anomalies) break;
            table.rows.push_back({plain(charts::format_minute(each.bucket_start)),
                                  plain(fmt::format("{} of {}", each.type, charts::name_of_type(each.event_type))),
                                  plain(format_count(each.actual_value)),
                                  plain(fmt::format("{:.1f}", each.expected.value)), plain(each.severity)});
        }
        if (anomalies.size() > listed_anomalies)
            text(fmt::format("The first {} of {}:", listed_anomalies, anomalies.size()));
        add(std::move(table));
    }

    RepositoryReport const& report_;
    ReportDocument document_;
};

} // namespace

ReportDocument make_document(RepositoryReport const& report) { return DocumentMaker(report).make(); }

} // namespace gem
