// GitHub's Events API as the collector sees it: one page of one time line, and what to do next. The only place that
// knows its URLs, headers and ways to say no.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "domain/event.hpp"
#include "domain/repo_name.hpp"
#include "github/event_parser.hpp"
#include "github/event_target.hpp"
#include "github/rate_limit.hpp"
#include "github/token_pool.hpp"
#include "http/client.hpp"

namespace gem::github {

struct GitHubOptions {
    std::string api_base = "https://api.github.com"; ///< of GitHub Enterprise: `https://HOST/api/v3`
    std::vector<std::string> tokens{};               ///< secret; asked in turn
    std::string user_agent = "github-events-monitor/" GEM_VERSION;
    std::chrono::milliseconds deadline = std::chrono::seconds(30);
    std::size_t max_body = std::size_t{32} << 20;
};

struct PageRequest {
    EventTarget target;
    std::string path{}; ///< where a rename led: `/repositories/1362490/events`; empty: the target's own
    int page = 1;
    int per_page = 100;       ///< 1–100
    std::string etag{};       ///< of the same path and page, as GitHub sent it …
    std::string etag_token{}; ///< … to the token of this fingerprint
};

enum class PageStatus {
    fresh,        ///< a page of events, maybe empty
    not_modified, ///< 304: nothing happened since the ETag
    moved,        ///< ask moved_to instead
    gone,         ///< 404, 410, 451: not there, not public, or taken down
    rate_limited, ///< not before retry_at
    refused,      ///< GitHub does not want this request: bad credentials, forbidden, not valid
    unavailable,  ///< no answer, a server error, or an answer that is not what it must be
};

struct EventsPage {
    PageStatus status = PageStatus::unavailable;
    unsigned http_status = 0; ///< 0: none came
    std::vector<Event> events{};
    std::vector<std::string> bad_events{}; ///< what could not be read, each a sentence
    std::optional<int> next_page{};
    std::string etag{};
    std::string etag_token{};
    std::optional<seconds> poll_interval{};
    RateLimit rate{};
    std::string moved_to{}; ///< a path below the API base
    std::optional<UtcTime> retry_at{};
    std::string message{}; ///< for a person; empty when all is well
};

/// What came of a GET that is no time line.
struct ApiAnswer {
    PageStatus status = PageStatus::unavailable; ///< never not_modified or moved
    unsigned http_status = 0;                    ///< 0: none came
    std::string body{};
    std::optional<int> next_page{};
    std::optional<UtcTime> retry_at{};
    std::size_t asked = 0; ///< requests that were answered: redirects count
    std::string message{}; ///< for a person; empty when all is well
};

/// Where a Location header leads below `api_base`, without its query; nothing if it leads to another server (a token
/// must not go there) or has odd characters.
std::optional<std::string> path_below(std::string_view api_base, std::string_view location);

/// Not thread-safe: for one event loop.
class GitHubClient {
  public:
    GitHubClient(http::HttpClient& http, Clock const& clock, GitHubOptions options);

    /// Asks once. Never fails: what went wrong is in the page. Asks nobody while all tokens are paused.
    Async<EventsPage> events(PageRequest request);

    /// `GET /repos/{repo}{suffix}`, with the token that has most left; follows a rename. Never fails, as events().
    Async<ApiAnswer> get(RepoName repo, std::string suffix);

    [[nodiscard]] TokenPool const& tokens() const { return tokens_; }
    [[nodiscard]] std::string const& api_base() const { return options_.api_base; }

  private:
    [[nodiscard]] http::ClientRequest request_to(std::string url, TokenPool::Entry const& token) const;
    void read_events(std::string_view body, EventsPage& page);
    http::HttpClient& http_;
    Clock const& clock_;
    GitHubOptions options_;
    TokenPool tokens_;
    EventParser parser_;
};

} // namespace gem::github
