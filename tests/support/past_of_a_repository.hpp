// A repository with a past for ReplayGitHub: issues with comments, pull requests, releases and deployments, in pages as
// GitHub serves them.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "base/time.hpp"
#include "support/replay_github.hpp"

namespace gem::test {

/// Issue i is opened `i` hours after the start and answered after half an hour by somebody else (each third one is
/// not); each second one is closed after two hours. Between them stand as many pull requests, each of them merged after
/// three hours but for every fourth, which is still open. One release a day, and one deployment, which takes five
/// minutes.
class PastOfARepository {
  public:
    PastOfARepository(std::string repo, UtcTime start, int issues) : path_("/repos/" + repo), start_(start) {
        for (int i = 0; i < issues; ++i) {
            auto const opened = start + hours(i);
            std::optional<UtcTime> closed;
            if (i % 2 == 0) closed = opened + hours(2);
            add_item(i * 2 + 1, opened, closed, "", closed.value_or(opened));
            std::optional<UtcTime> merged;
            if (i % 4 != 0) merged = opened + hours(3);
            auto const merged_at = merged ? fmt::format("\"{}\"", format_time(*merged)) : std::string("null");
            add_item(i * 2 + 2, opened, merged, fmt::format(R"(,"pull_request":{{"merged_at":{}}})", merged_at),
                     merged.value_or(opened));
            if (i % 3 != 0) add_comment(i * 2 + 1, opened + minutes(30));
        }
        for (int day = 0; day < issues / 24; ++day) add_release_and_deployment(day, start + days(day));
    }

    /// Nothing if the request is not about this repository's past.
    [[nodiscard]] std::optional<ReplayAnswer> answer(ReplayRequest const& request) const {
        if (request.path == path_)
            return ReplayAnswer::of(200, {}, fmt::format(R"({{"id":7,"private":{}}})", is_private));
        if (request.path == path_ + "/issues") return by_time(items_, request);
        if (request.path == path_ + "/issues/comments") return by_time(comments_, request);
        if (request.path == path_ + "/releases") return newest_first(releases_, request);
        if (request.path == path_ + "/deployments") return newest_first(deployments_, request);
        auto const one = path_ + "/deployments/";
        if (request.path.starts_with(one)) {
            auto const finished = start_ + days(std::stoi(request.path.substr(one.size())) - 1) + minutes(5);
            return ReplayAnswer::of(200, {},
                                    fmt::format(R"([{{"state":"success","created_at":"{}"}}])", format_time(finished)));
        }
        return std::nullopt;
    }

    bool is_private = false;

  private:
    using Listed = std::vector<std::pair<UtcTime, std::string>>;

    void add_item(int number, UtcTime opened, std::optional<UtcTime> closed, std::string_view more, UtcTime updated) {
        auto const closed_at = closed ? fmt::format("\"{}\"", format_time(*closed)) : std::string("null");
        items_.emplace_back(updated, fmt::format(R"({{"number":{},"user":{{"login":"ada","id":1}},"created_at":"{}",)"
                                                 R"("updated_at":"{}","closed_at":{}{}}})",
                                                 number, format_time(opened), format_time(updated), closed_at, more));
        std::ranges::sort(items_);
    }
    void add_comment(int number, UtcTime at) {
        comments_.emplace_back(
            at,
            fmt::format(R"({{"issue_url":"https://api.github.com{0}/issues/{1}","html_url":"https://github.com/o/r/)"
                        R"(issues/{1}#c","user":{{"login":"ben","id":2}},"created_at":"{2}","updated_at":"{2}"}})",
                        path_, number, format_time(at)));
    }
    void add_release_and_deployment(int day, UtcTime at) {
        releases_.emplace(releases_.begin(), at,
                          fmt::format(R"({{"tag_name":"v{0}","name":"v{0}","draft":false,"prerelease":false,)"
                                      R"("created_at":"{1}","published_at":"{1}","author":{{"login":"ada","id":1}}}})",
                                      day, format_time(at)));
        deployments_.emplace(
            deployments_.begin(), at,
            fmt::format(R"({{"id":{},"environment":"production","sha":"{:040x}","ref":"main","created_at":"{}"}})",
                        day + 1, day, format_time(at)));
    }

    static ReplayAnswer page_of(Listed const& list, std::size_t first, ReplayRequest const& request) {
        auto const size = request.number("per_page", 30);
        auto const page = request.number("page", 1);
        std::string body;
        for (auto i = first + (page - 1) * size; i < std::min(first + page * size, list.size()); ++i)
            body += (body.empty() ? "" : ",") + list[i].second;
        http::HeaderList headers;
        if (first + page * size < list.size()) {
            headers.emplace_back("link", fmt::format("<https://api.github.com{}?per_page={}&page={}>; rel=\"next\"",
                                                     request.path, size, page + 1));
        }
        return ReplayAnswer::of(200, std::move(headers), "[" + body + "]");
    }
    static ReplayAnswer by_time(Listed const& list, ReplayRequest const& request) {
        auto const since = parse_time(request.query.at("since")).value();
        auto const first = std::ranges::lower_bound(list, since, {}, &std::pair<UtcTime, std::string>::first);
        return page_of(list, static_cast<std::size_t>(first - list.begin()), request);
    }
    static ReplayAnswer newest_first(Listed const& list, ReplayRequest const& request) {
        return page_of(list, 0, request);
    }

    std::string path_;
    UtcTime start_;
    Listed items_; // oldest change first
    Listed comments_;
    Listed releases_; // newest first
    Listed deployments_;
};

} // namespace gem::test
