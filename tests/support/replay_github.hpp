// A GitHub for tests: time lines with pages, ETags, rate limit and bad days; recorded responses by their path. It knows
// no socket: a SocketServer or a ScriptedHttpClient asks it.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "http/client.hpp"
#include "support/manual_clock.hpp"
#include "support/socket_server.hpp"

namespace gem::test {

/// What is asked, without a transport.
struct ReplayRequest {
    std::string path;
    std::map<std::string, std::string> query{};
    std::string if_none_match{};
    std::string authorization{};

    [[nodiscard]] std::size_t number(std::string const& name, std::size_t fallback) const {
        auto const found = query.find(name);
        return found == query.end() ? fallback : std::stoul(found->second);
    }

    static ReplayRequest of(std::string_view target) {
        ReplayRequest request;
        auto const question = std::min(target.find('?'), target.size());
        request.path = target.substr(0, question);
        target.remove_prefix(std::min(question + 1, target.size()));
        while (!target.empty()) {
            auto const pair = target.substr(0, target.find('&'));
            target.remove_prefix(std::min(pair.size() + 1, target.size()));
            auto const equals = std::min(pair.find('='), pair.size());
            request.query[std::string(pair.substr(0, equals))] = pair.substr(std::min(equals + 1, pair.size()));
        }
        return request;
    }
};

struct ReplayAnswer {
    unsigned status = 200;
    http::HeaderList headers{};
    std::string body{};
    SocketReply::Then then = SocketReply::Then::keep_open; ///< on a socket
    std::size_t declared = 0; ///< on a socket: a Content-Length that the body does not keep

    static ReplayAnswer of(unsigned status, http::HeaderList headers, std::string body) {
        return {.status = status, .headers = std::move(headers), .body = std::move(body)};
    }
    /// The connection breaks before a byte of the answer.
    static ReplayAnswer reset() { return {.status = 0, .then = SocketReply::Then::reset}; }
    /// Says that more comes, and either ends or stays silent.
    static ReplayAnswer cut(std::string body, SocketReply::Then then) {
        auto const size = body.size();
        return {.body = std::move(body), .then = then, .declared = size + 1000};
    }
};

/// Not thread-safe; a SocketServer asks one request at a time.
class ReplayGitHub {
  public:
    static constexpr std::size_t most_shown = 300;

    explicit ReplayGitHub(ManualClock const& clock) : clock_(clock) {}

    struct TimeLine {
        std::deque<std::string> newest_first;
        int version = 1;
        std::string moved_to{}; ///< 301
        unsigned gone = 0;      ///< 404, 451
        bool endless = false;   ///< says that there is a next page
    };

    /// The time line at `/repos/o/r/events` or whatever path; made when it is not there.
    TimeLine& line(std::string const& path) { return lines_[path]; }
    void show(std::string const& path, std::vector<std::string> newest_first) {
        auto& one = line(path);
        one.newest_first.assign(newest_first.begin(), newest_first.end());
        ++one.version;
    }
    void push(TimeLine& one, std::string event) {
        one.newest_first.push_front(std::move(event));
        if (one.newest_first.size() > most_shown) one.newest_first.pop_back();
        ++one.version;
    }
    /// A recorded or made up answer for a path with its query (`/repos/o/r/compare/a...b?page=1`) or without.
    void record(std::string target, ReplayAnswer answer) { recorded_[std::move(target)] = std::move(answer); }

    /// What the next requests get instead, one each.
    std::deque<ReplayAnswer> faults;
    /// Asked before each answer; what it gives is sent in its place.
    std::function<std::optional<ReplayAnswer>(ReplayRequest const&)> weather;

    int poll_interval = 60;           ///< X-Poll-Interval
    std::int64_t hourly_limit = 5000; ///< for each token; 0: no headers about it
    std::vector<std::string> targets; ///< as asked, while `remember` is set
    std::vector<std::string> authorizations;
    bool remember = true;
    std::size_t asked = 0;
    std::size_t not_modified = 0;
    std::size_t refused = 0;       ///< because the limit was used up
    std::int64_t most_charged = 0; ///< of one token in one hour

    ReplayAnswer answer(ReplayRequest const& request) {
        ++asked;
        if (remember) authorizations.push_back(request.authorization);
        if (!faults.empty()) {
            auto fault = std::move(faults.front());
            faults.pop_front();
            return fault;
        }
        auto& window = window_of(request.authorization);
        if (hourly_limit > 0 && window.charged >= hourly_limit) {
            ++refused;
            auto limited = ReplayAnswer::of(403, {}, R"({"message":"API rate limit exceeded"})");
            tell_limit(window, limited);
            return limited;
        }
        auto answer = weather ? weather(request) : std::nullopt;
        if (!answer) answer = by_itself(request);
        if (answer->status == 304)
            ++not_modified;
        else
            most_charged = std::max(most_charged, ++window.charged);
        if (hourly_limit > 0) tell_limit(window, *answer);
        return std::move(*answer);
    }

    SocketReply answer(SocketRequest const& request) {
        auto asked_for = ReplayRequest::of(request.target());
        asked_for.if_none_match = request.header("If-None-Match");
        asked_for.authorization = request.header("Authorization");
        if (remember) targets.push_back(request.target());
        auto const said = answer(asked_for);
        if (said.status == 0) return {.bytes = "HTTP/1.1 200 OK\r\n", .then = said.then};
        auto bytes = fmt::format("HTTP/1.1 {} Said\r\n", said.status);
        for (auto const& [name, value] : said.headers) bytes += fmt::format("{}: {}\r\n", name, value);
        if (said.status != 304)
            bytes += fmt::format("Content-Length: {}\r\n", said.declared != 0 ? said.declared : said.body.size());
        return {.bytes = bytes + "\r\n" + said.body, .then = said.then};
    }

    Result<http::ClientResponse> answer(http::ClientRequest const& request) {
        auto const path = request.url.find('/', request.url.find("://") + 3);
        auto asked_for = ReplayRequest::of(std::string_view(request.url).substr(path));
        for (auto const& [name, value] : request.headers) {
            if (name == "If-None-Match") asked_for.if_none_match = value;
            if (name == "Authorization") asked_for.authorization = value;
        }
        if (remember) targets.push_back(request.url.substr(path));
        auto said = answer(asked_for);
        if (said.status == 0 || said.declared != 0)
            return fail(ErrorCode::unavailable, "the connection was reset by the other side");
        return http::ClientResponse{
            .status = said.status, .headers = std::move(said.headers), .body = std::move(said.body)};
    }

  private:
    struct Window {
        UtcTime start{};
        std::int64_t charged = 0;
    };

    Window& window_of(std::string const& authorization) {
        auto& window = windows_[authorization];
        if (clock_.now() - window.start >= hours(1)) window = {.start = clock_.now()};
        return window;
    }

    void tell_limit(Window const& window, ReplayAnswer& answer) const {
        answer.headers.emplace_back("x-ratelimit-limit", std::to_string(hourly_limit));
        answer.headers.emplace_back("x-ratelimit-remaining",
                                    std::to_string(std::max<std::int64_t>(0, hourly_limit - window.charged)));
        answer.headers.emplace_back("x-ratelimit-reset", std::to_string(to_unix(window.start + hours(1))));
    }

    ReplayAnswer by_itself(ReplayRequest const& request) {
        for (auto const& target : {request.path + "?page=" + std::to_string(request.number("page", 1)), request.path}) {
            auto const found = recorded_.find(target);
            if (found != recorded_.end()) return found->second;
        }
        auto const found = lines_.find(request.path);
        if (found == lines_.end()) return ReplayAnswer::of(404, {}, R"({"message":"Not Found"})");
        return page_of(found->second, request);
    }

    [[nodiscard]] ReplayAnswer page_of(TimeLine const& one, ReplayRequest const& request) const {
        if (one.gone != 0) return ReplayAnswer::of(one.gone, {}, R"({"message":"Repository access blocked"})");
        if (!one.moved_to.empty()) return ReplayAnswer::of(301, {{"location", one.moved_to}}, "");
        auto const page = request.number("page", 1);
        auto const size = request.number("per_page", 30);
        auto const tag = fmt::format("W/\"{}-{}\"", one.version, page);
        http::HeaderList headers = {{"etag", tag}, {"x-poll-interval", std::to_string(poll_interval)}};
        if (request.if_none_match == tag) return ReplayAnswer::of(304, std::move(headers), "");
        auto const shown = std::min(one.newest_first.size(), most_shown);
        std::string body = "[";
        for (std::size_t i = (page - 1) * size; i < std::min(page * size, shown); ++i) {
            if (body.size() > 1) body += ',';
            body += one.newest_first[i];
        }
        if (page * size < shown || one.endless) {
            headers.emplace_back("link", fmt::format("<https://api.github.com{}?per_page={}&page={}>; rel=\"next\"",
                                                     request.path, size, page + 1));
        }
        return ReplayAnswer::of(200, std::move(headers), body + "]");
    }

    ManualClock const& clock_;
    std::map<std::string, TimeLine> lines_;
    std::map<std::string, ReplayAnswer> recorded_;
    std::map<std::string, Window> windows_;
};

} // namespace gem::test
