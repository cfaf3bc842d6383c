#include "analytics/deployments.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <simdjson.h>

#include "analytics/reconstructed.hpp"

namespace gem {

namespace {

namespace dom = simdjson::dom;

bool is_failure(std::string_view state) { return state == "failure" || state == "error"; }

std::string text_at(simdjson::simdjson_result<dom::element> value) {
    std::string_view text;
    return value.get_string().get(text) == simdjson::SUCCESS ? std::string(text) : std::string{};
}

/// The time in a member, `fallback` if it is not there.
UtcTime time_at(simdjson::simdjson_result<dom::element> value, UtcTime fallback) {
    return parse_time(text_at(value)).value_or(fallback);
}

struct Told {
    std::string id; ///< empty: the payload names none
    Deployment deployment;
    std::string state;
};

Told read_deployment(dom::parser& parser, Event const& event) {
    Told told;
    dom::element payload;
    if (parser.parse(event.payload.text()).get(payload) != simdjson::SUCCESS) return told;
    auto const deployment = payload["deployment"];
    std::int64_t number = 0;
    if (deployment["id"].get_int64().get(number) != simdjson::SUCCESS) return told;
    told.id = std::to_string(number);
    told.deployment = {.deployment_id = told.id,
                       .environment = text_at(deployment["environment"]),
                       .status = "pending",
                       .sha = text_at(deployment["sha"]),
                       .ref = text_at(deployment["ref"]),
                       .created_at = time_at(deployment["created_at"], event.created_at)};
    if (event.type == "DeploymentStatusEvent") told.state = text_at(payload["deployment_status"]["state"]);
    return told;
}

std::optional<bool> is_signed(simdjson::simdjson_result<dom::element> assets) {
    dom::array list;
    if (assets.get_array().get(list) != simdjson::SUCCESS) return std::nullopt;
    return std::ranges::any_of(list, [](dom::element asset) { return is_signature(text_at(asset["name"])); });
}

bool flag_at(simdjson::simdjson_result<dom::element> value) {
    bool flag = false;
    return value.get_bool().get(flag) == simdjson::SUCCESS && flag;
}

Release read_release(dom::parser& parser, Event const& event) {
    Release release{.event_id = event.id,
                    .tag_name = event.facts.name.value_or(""),
                    .name = {},
                    .type = event.facts.flag == true ? "prerelease" : "release",
                    .author_login = event.actor_login,
                    .published_at = event.created_at,
                    .signed_ = {}};
    dom::element payload;
    if (parser.parse(event.payload.text()).get(payload) != simdjson::SUCCESS) return release;
    auto const told = payload["release"];
    release.name = text_at(told["name"]);
    if (auto author = text_at(told["author"]["login"]); !author.empty()) release.author_login = std::move(author);
    if (flag_at(told["draft"])) release.type = "draft";
    release.signed_ = is_signed(told["assets"]);
    return release;
}

Deployment from_table(DeploymentMetric const& metric) {
    Deployment deployment{.deployment_id = metric.deployment_id,
                          .environment = metric.environment,
                          .status = metric.status,
                          .sha = metric.sha,
                          .ref = metric.ref,
                          .created_at = metric.created_at,
                          .finished_at = metric.finished_at};
    if (metric.finished_at && is_failure(metric.status)) deployment.failed_at = metric.finished_at;
    if (metric.finished_at && metric.status == "success") deployment.succeeded_at = metric.finished_at;
    deployment.succeeded = deployment.succeeded_at.has_value();
    return deployment;
}

} // namespace

void Deployment::apply(std::string_view state, UtcTime time, std::string const& event_id) {
    if (state.empty()) return;
    status = state;
    bool const failed = is_failure(state);
    if (!failed && state != "success") return;
    succeeded = !failed;
    if (!finished_at) finished_at = time;
    if (!failed) {
        if (!succeeded_at) succeeded_at = time;
        return;
    }
    failure_events.push_back(event_id);
    if (!failed_at) failed_at = time;
    if (succeeded_at && !failed_again_at) failed_again_at = time;
}

std::vector<Deployment> deployments_from(std::span<Event const> events) {
    std::vector<Event const*> sorted;
    for (auto const& event : events) sorted.push_back(&event);
    std::ranges::sort(sorted, {},
                      [](Event const* event) { return std::tie(event->created_at, event->type, event->id); });
    dom::parser parser;
    std::map<std::string, Deployment> by_id;
    for (auto const* event : sorted) {
        auto told = read_deployment(parser, *event);
        if (told.id.empty()) continue;
        auto& known = by_id.try_emplace(told.id, std::move(told.deployment)).first->second;
        known.apply(told.state, event->created_at, event->id);
    }
    std::vector<Deployment> deployments;
    for (auto& [id, each] : by_id) deployments.push_back(std::move(each));
    std::ranges::sort(deployments, {},
                      [](Deployment const& each) { return std::tie(each.created_at, each.deployment_id); });
    return deployments;
}

std::vector<Release> releases_from(std::span<Event const> events) {
    dom::parser parser;
    std::vector<Release> releases;
    for (auto const& event : events) {
        if (event.type == "ReleaseEvent" && event.facts.action == "published")
            releases.push_back(read_release(parser, event));
    }
    std::ranges::sort(releases, {}, [](Release const& each) { return std::tie(each.published_at, each.tag_name); });
    std::set<std::string> tags;
    std::erase_if(releases,
                  [&](Release const& each) { return !each.tag_name.empty() && !tags.insert(each.tag_name).second; });
    return releases;
}

bool is_signature(std::string_view asset) {
    static constexpr std::array<std::string_view, 7> ends = {".sig",      ".asc",           ".sign",        ".minisig",
                                                             ".sigstore", ".sigstore.json", ".intoto.jsonl"};
    auto const name = ascii_lower(asset);
    return std::ranges::any_of(ends, [&](std::string_view end) { return name.ends_with(end); });
}

Async<Result<std::vector<Event>>> events_of(DatabaseService& database, RepoName repo, TimeWindow window,
                                            std::string type) {
    EventQuery query{
        .repo = std::move(repo), .type = std::move(type), .actor = {}, .window = window, .limit = 1000, .cursor = {}};
    std::vector<Event> events;
    while (true) {
        auto page = co_await database.events().find_events(query);
        if (!page) co_return fail(page.error());
        std::ranges::move(page->events, std::back_inserter(events));
        if (!page->next_cursor) break;
        query.cursor = std::move(page->next_cursor);
    }
    std::ranges::reverse(events);
    co_return events;
}

Async<Result<std::vector<Deployment>>> deployments_of(DatabaseService& database, RepoName repo, TimeWindow window,
                                                      std::vector<std::string>* sources) {
    auto events = co_await events_of(database, repo, window, "DeploymentEvent");
    if (!events) co_return fail(events.error());
    auto states = co_await events_of(database, repo, window, "DeploymentStatusEvent");
    if (!states) co_return fail(states.error());
    std::ranges::move(*states, std::back_inserter(*events));
    auto deployments = deployments_from(*events);
    std::set<std::string> told;
    for (auto const& each : deployments) told.insert(each.deployment_id);
    auto const stored = co_await database.metrics().find_deployments(std::move(repo), window);
    if (!stored) co_return fail(stored.error());
    for (auto const& metric : *stored) {
        if (told.contains(metric.deployment_id) || !window.contains(metric.created_at)) continue;
        deployments.push_back(from_table(metric));
        if (metric.detail == history_detail()) name_history(sources);
    }
    std::erase_if(deployments, [&](Deployment const& each) { return !window.contains(each.created_at); });
    std::ranges::sort(deployments, {},
                      [](Deployment const& each) { return std::tie(each.created_at, each.deployment_id); });
    co_return deployments;
}

Async<Result<std::vector<Release>>> releases_of(DatabaseService& database, RepoName repo, TimeWindow window,
                                                std::vector<std::string>* sources) {
    auto const events = co_await events_of(database, repo, window, "ReleaseEvent");
    if (!events) co_return fail(events.error());
    auto releases = releases_from(*events);
    auto const history = co_await read_history(database.metrics(), std::move(repo), window);
    if (!history) co_return fail(history.error());
    if (!*history) co_return releases;
    std::set<std::string> told;
    for (auto const& each : releases) told.insert(each.tag_name);
    for (auto const& each : (*history)->told.releases) {
        if (!window.contains(each.published) || told.contains(each.tag_name)) continue;
        releases.push_back({.event_id = "history:release:" + each.tag_name,
                            .tag_name = each.tag_name,
                            .name = each.name,
                            .type = each.prerelease ? "prerelease" : "release",
                            .author_login = each.author_login,
                            .published_at = each.published,
                            .signed_ = {}});
        name_history(sources);
    }
    std::ranges::sort(releases, {}, [](Release const& each) { return std::tie(each.published_at, each.tag_name); });
    co_return releases;
}

std::optional<double> success_rate(std::span<Deployment const> deployments) {
    std::int64_t finished = 0;
    std::int64_t succeeded = 0;
    for (auto const& each : deployments) {
        if (!each.finished_at) continue;
        ++finished;
        succeeded += each.succeeded ? 1 : 0;
    }
    if (finished == 0) return std::nullopt;
    return static_cast<double>(succeeded) / static_cast<double>(finished);
}

std::map<std::string, std::int64_t> count_environments(std::span<Deployment const> deployments) {
    std::map<std::string, std::int64_t> counts;
    for (auto const& each : deployments) ++counts[each.environment];
    return counts;
}

std::vector<DeploymentEntry> list_recent(std::span<Deployment const> deployments) {
    std::vector<DeploymentEntry> recent;
    for (auto i = deployments.size(); i-- > 0 && recent.size() < most_recent;) {
        auto const& each = deployments[i];
        recent.push_back({.deployment_id = each.deployment_id,
                          .environment = each.environment,
                          .status = each.status,
                          .sha = each.sha,
                          .ref = each.ref,
                          .created_at = each.created_at,
                          .finished_at = each.finished_at});
    }
    return recent;
}

std::optional<double> mean_lead_hours(std::span<Release const> releases, std::span<Deployment const> deployments) {
    std::vector<UtcTime> successes;
    for (auto const& each : deployments) {
        if (each.succeeded_at) successes.push_back(*each.succeeded_at);
    }
    std::ranges::sort(successes);
    double sum = 0;
    std::int64_t pairs = 0;
    for (auto const& release : releases) {
        auto const next = std::ranges::lower_bound(successes, release.published_at);
        if (next == successes.end()) continue;
        sum += static_cast<double>((*next - release.published_at).count()) / 3600.0;
        ++pairs;
    }
    if (pairs == 0) return std::nullopt;
    return sum / static_cast<double>(pairs);
}

ReleaseDeployment measure_releases(std::span<Release const> releases, std::span<Deployment const> deployments,
                                   TimeWindow window) {
    ReleaseDeployment figures;
    double const weeks = window.weeks();
    figures.releases.total_count = static_cast<std::int64_t>(releases.size());
    figures.releases.frequency_per_week = static_cast<double>(releases.size()) / weeks;
    for (auto const& each : releases) ++figures.releases.release_types[each.type];
    for (auto i = releases.size(); i-- > 0 && figures.releases.recent_releases.size() < most_recent;) {
        auto const& each = releases[i];
        figures.releases.recent_releases.push_back({.tag_name = each.tag_name,
                                                    .name = each.name,
                                                    .type = each.type,
                                                    .author_login = each.author_login,
                                                    .published_at = each.published_at});
    }
    figures.deployments.total_count = static_cast<std::int64_t>(deployments.size());
    figures.deployments.frequency_per_week = static_cast<double>(deployments.size()) / weeks;
    if (auto const rate = success_rate(deployments)) figures.deployments.success_rate = *rate;
    figures.deployments.environments = count_environments(deployments);
    figures.deployments.recent_deployments = list_recent(deployments);
    if (auto const lead = mean_lead_hours(releases, deployments)) figures.deployment_lead_time = *lead;
    return figures;
}

Async<Result<Windowed<ReleaseDeployment>>> release_deployment(DatabaseService& database, RepoWindowParams params,
                                                              UtcTime now) {
    auto asked = co_await begin_answer(database, params, hours(720), now);
    if (!asked) co_return fail(asked.error());
    auto const releases = co_await releases_of(database, *params.repo, asked->window, &asked->part.coverage.sources);
    if (!releases) co_return fail(releases.error());
    auto const deployments =
        co_await deployments_of(database, *params.repo, asked->window, &asked->part.coverage.sources);
    if (!deployments) co_return fail(deployments.error());
    auto figures = measure_releases(*releases, *deployments, asked->window);
    figures.repo_name = asked->repo;
    figures.analysis_period_hours = whole_hours(asked->window);
    co_return Windowed(std::move(figures), std::move(asked->part));
}

} // namespace gem
