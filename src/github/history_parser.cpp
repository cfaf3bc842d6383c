#include "github/history_parser.hpp"

#include <algorithm>
#include <charconv>

#include "github/json_fields.hpp"

namespace gem::github {

namespace {

std::string string_in(Element object, std::string_view key) {
    auto const member = member_of(object, key);
    return member ? std::string(text_of(*member).value_or("")) : std::string();
}

std::optional<UtcTime> moment_in(Element object, std::string_view key) { return parse_time(string_in(object, key)); }

std::optional<std::int64_t> integer_in(Element object, std::string_view key) {
    auto const member = member_of(object, key);
    return member ? integer_of(*member) : std::nullopt;
}

/// The login and the number of `key`.
std::pair<std::string, std::optional<std::int64_t>> person_in(Element object, std::string_view key) {
    auto const person = member_of(object, key);
    if (!person) return {};
    return {string_in(*person, "login"), integer_in(*person, "id")};
}

/// Calls `take(element)` for each element of the list that `body` is.
template <class Take>
Result<void> each_of_list(std::string_view body, Take take) {
    simdjson::dom::parser parser;
    simdjson::dom::array list;
    if (parser.parse(body.data(), body.size(), true).get_array().get(list) != simdjson::SUCCESS)
        return fail(ErrorCode::corrupt, "GitHub's answer is not a list");
    for (auto const element : list) take(element);
    return {};
}

void note(HistoryList& list, std::optional<UtcTime> time) {
    ++list.shown;
    if (!time) return;
    list.latest = std::max(list.latest.value_or(*time), *time);
    list.earliest = std::min(list.earliest.value_or(*time), *time);
}

/// The number at the end of `https://api.github.com/repos/o/r/issues/12`.
std::optional<std::int64_t> number_at_the_end(std::string_view url) {
    auto const digits = url.substr(url.rfind('/') + 1);
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

} // namespace

Result<bool> parse_is_private(std::string_view body) {
    simdjson::dom::parser parser;
    bool is_private = false;
    if (parser.parse(body.data(), body.size(), true)["private"].get_bool().get(is_private) != simdjson::SUCCESS)
        return fail(ErrorCode::corrupt, "GitHub's answer does not tell whether the repository is private");
    return is_private;
}

Result<HistoryList> parse_issue_list(std::string_view body) {
    HistoryList list;
    auto const read = each_of_list(body, [&](Element element) {
        note(list, moment_in(element, "updated_at"));
        auto const number = integer_in(element, "number");
        auto const opened = moment_in(element, "created_at");
        if (!number || !opened) return;
        HistoryItem item{.number = *number, .opened = *opened, .closed = moment_in(element, "closed_at")};
        std::tie(item.author_login, item.author_id) = person_in(element, "user");
        if (auto const pull_request = member_of(element, "pull_request")) {
            item.pull_request = true;
            item.merged = moment_in(*pull_request, "merged_at");
        }
        list.page.items.push_back(std::move(item));
    });
    if (!read) return fail(read.error());
    return list;
}

Result<HistoryList> parse_comment_list(std::string_view body) {
    HistoryList list;
    auto const read = each_of_list(body, [&](Element element) {
        note(list, moment_in(element, "updated_at"));
        auto const number = number_at_the_end(string_in(element, "issue_url"));
        auto const at = moment_in(element, "created_at");
        bool const on_pull_request = string_in(element, "html_url").find("/pull/") != std::string::npos;
        if (!number || !at || on_pull_request) return;
        HistoryAnswer answer{.number = *number, .at = *at};
        std::tie(answer.login, answer.id) = person_in(element, "user");
        list.page.answers.push_back(std::move(answer));
    });
    if (!read) return fail(read.error());
    return list;
}

Result<HistoryList> parse_release_list(std::string_view body) {
    HistoryList list;
    auto const read = each_of_list(body, [&](Element element) {
        note(list, moment_in(element, "created_at"));
        auto const published = moment_in(element, "published_at");
        auto const draft = member_of(element, "draft");
        HistoryRelease release{.tag_name = string_in(element, "tag_name"), .name = string_in(element, "name")};
        if (!published || release.tag_name.empty() || (draft && bool_of(*draft) == true)) return;
        release.published = *published;
        if (auto const early = member_of(element, "prerelease")) release.prerelease = bool_of(*early).value_or(false);
        std::tie(release.author_login, release.author_id) = person_in(element, "author");
        list.page.releases.push_back(std::move(release));
    });
    if (!read) return fail(read.error());
    return list;
}

Result<std::vector<DeploymentMetric>> parse_deployment_list(std::string_view body) {
    std::vector<DeploymentMetric> deployments;
    auto const read = each_of_list(body, [&](Element element) {
        auto const id = integer_in(element, "id");
        auto const created = moment_in(element, "created_at");
        if (!id || !created) return;
        deployments.push_back({.repo_name = {},
                               .deployment_id = std::to_string(*id),
                               .environment = string_in(element, "environment"),
                               .status = "pending",
                               .sha = string_in(element, "sha"),
                               .ref = string_in(element, "ref"),
                               .created_at = *created,
                               .finished_at = {},
                               .detail = {}});
    });
    if (!read) return fail(read.error());
    return deployments;
}

Result<void> apply_statuses(std::string_view body, DeploymentMetric& deployment) {
    std::vector<std::pair<UtcTime, std::string>> states;
    auto const read = each_of_list(body, [&](Element element) {
        auto const at = moment_in(element, "created_at");
        auto state = string_in(element, "state");
        if (at && !state.empty()) states.emplace_back(*at, std::move(state));
    });
    if (!read) return fail(read.error());
    std::ranges::sort(states);
    for (auto& [at, state] : states) {
        bool const ends = state == "success" || state == "failure" || state == "error";
        if (ends && !deployment.finished_at) deployment.finished_at = at;
        // `inactive` comes when the next deployment replaces it: how it ended is what counts.
        if (ends || !deployment.finished_at) deployment.status = std::move(state);
    }
    return {};
}

} // namespace gem::github
