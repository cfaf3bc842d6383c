#include "github/client.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "domain/repo_name.hpp"

namespace gem::github {

namespace {

struct UrlParts {
    std::string origin; ///< lower case, without the scheme's own port
    std::string path;
};

UrlParts split_url(std::string_view url) {
    auto const scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return {};
    auto const path_start = url.find('/', scheme_end + 3);
    UrlParts parts;
    parts.origin = ascii_lower(url.substr(0, path_start));
    if (parts.origin.starts_with("https:") && parts.origin.ends_with(":443"))
        parts.origin.resize(parts.origin.size() - 4);
    if (parts.origin.starts_with("http:") && parts.origin.ends_with(":80"))
        parts.origin.resize(parts.origin.size() - 3);
    if (path_start != std::string_view::npos) parts.path = url.substr(path_start);
    return parts;
}

bool is_plain_path_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '-' ||
           c == '_' || c == '.';
}

PageStatus status_of(http::ClientResponse const& response, UtcTime now) {
    switch (response.status) {
    case 200:
        return PageStatus::fresh;
    case 304:
        return PageStatus::not_modified;
    case 301:
    case 302:
    case 307:
    case 308:
        return PageStatus::moved;
    case 404:
    case 410:
    case 451:
        return PageStatus::gone;
    default:
        break;
    }
    if (is_rate_limited(response, now)) return PageStatus::rate_limited;
    return response.status >= 400 && response.status < 500 ? PageStatus::refused : PageStatus::unavailable;
}

std::string advice(unsigned status) {
    switch (status) {
    case 401:
        return "; check GITHUB_TOKEN";
    case 403:
        return "; the token may lack a permission";
    case 404:
        return "; the name is wrong, or it is private and the token may not see it";
    case 451:
        return "; it was taken down for legal reasons";
    default:
        return "";
    }
}

/// `/repositories/NUMBER` of a Location; nothing if it leads elsewhere.
std::optional<std::string> renamed_to(std::string_view api_base, std::string_view location) {
    constexpr std::string_view folder = "/repositories/";
    auto const at = location.find(folder);
    if (at == std::string_view::npos) return std::nullopt;
    auto const end = location.find_first_not_of("0123456789", at + folder.size());
    return path_below(api_base, location.substr(0, end));
}

} // namespace

std::optional<std::string> path_below(std::string_view api_base, std::string_view location) {
    while (api_base.ends_with('/')) api_base.remove_suffix(1);
    auto const base = split_url(api_base);
    auto target = location.starts_with('/') && !location.starts_with("//")
                      ? UrlParts{.origin = base.origin, .path = std::string(location)}
                      : split_url(location);
    if (target.origin.empty() || target.origin != base.origin) return std::nullopt;
    target.path.resize(std::min(target.path.size(), target.path.find_first_of("?#")));
    if (!target.path.starts_with(base.path)) return std::nullopt;
    auto path = target.path.substr(base.path.size());
    bool const plain = std::ranges::all_of(path, is_plain_path_character) && path.find("..") == std::string::npos;
    if (!path.starts_with('/') || path.size() > 300 || !plain) return std::nullopt;
    return path;
}

GitHubClient::GitHubClient(http::HttpClient& http, Clock const& clock, GitHubOptions options)
    : http_(http), clock_(clock), options_(std::move(options)), tokens_(options_.tokens) {
    while (options_.api_base.ends_with('/')) options_.api_base.pop_back();
}

http::ClientRequest GitHubClient::request_to(std::string url, TokenPool::Entry const& token) const {
    http::ClientRequest ask;
    ask.url = std::move(url);
    ask.deadline = options_.deadline;
    ask.max_body = options_.max_body;
    ask.headers = {{"Accept", "application/vnd.github+json"},
                   {"X-GitHub-Api-Version", "2022-11-28"},
                   {"User-Agent", options_.user_agent}};
    if (!token.token.empty()) ask.headers.emplace_back("Authorization", "Bearer " + token.token);
    return ask;
}

Async<ApiAnswer> GitHubClient::get(RepoName repo, std::string suffix) {
    ApiAnswer answer;
    auto prefix = "/repos/" + repo.text();
    for (int hop = 0; hop < 3; ++hop) {
        auto const chosen = tokens_.choose(clock_.now(), "");
        if (!chosen) {
            answer.status = PageStatus::rate_limited;
            answer.retry_at = tokens_.next_free(clock_.now());
            answer.message = "GitHub's rate limit is used up";
            co_return answer;
        }
        auto response =
            co_await http_.send(request_to(options_.api_base + prefix + suffix, tokens_.entries()[*chosen]));
        if (!response) {
            answer.status = PageStatus::unavailable;
            answer.message = std::move(response.error().message);
            co_return answer;
        }
        auto const now = clock_.now();
        ++answer.asked;
        answer.http_status = response->status;
        answer.status = status_of(*response, now);
        tokens_.note(*chosen, parse_rate_limit(*response), now);
        if (answer.status == PageStatus::moved) {
            auto const to = renamed_to(options_.api_base, response->header("location").value_or(""));
            if (!to || *to == prefix) break;
            prefix = *to;
            continue;
        }
        if (answer.status == PageStatus::fresh) {
            answer.next_page = next_page(*response);
            answer.body = std::move(response->body);
            co_return answer;
        }
        if (answer.status == PageStatus::rate_limited) {
            answer.retry_at = rate_limited_until(*response, now);
            tokens_.pause(*chosen, *answer.retry_at);
        } else if (answer.status == PageStatus::unavailable) {
            answer.retry_at = retry_after(*response, now);
        }
        answer.message = fmt::format("{}: {}{}", repo.text(), error_message(*response), advice(response->status));
        co_return answer;
    }
    answer.status = PageStatus::unavailable;
    answer.message = repo.text() + ": GitHub redirects to where we do not follow";
    co_return answer;
}

Async<EventsPage> GitHubClient::events(PageRequest request) {
    EventsPage page;
    auto const chosen = tokens_.choose(clock_.now(), request.etag_token);
    if (!chosen) {
        page.status = PageStatus::rate_limited;
        page.retry_at = tokens_.next_free(clock_.now());
        page.message = fmt::format("GitHub's rate limit is used up until {}", format_time(*page.retry_at));
        co_return page;
    }
    auto const token = tokens_.entries()[*chosen]; // a copy: the pool may change while we wait
    auto const path = request.path.empty() ? request.target.path() : request.path;
    auto ask = request_to(
        fmt::format("{}{}?per_page={}&page={}", options_.api_base, path, request.per_page, request.page), token);
    if (!request.etag.empty() && request.etag_token == token.fingerprint)
        ask.headers.emplace_back("If-None-Match", request.etag);

    auto answer = co_await http_.send(std::move(ask));
    if (!answer) {
        page.message = std::move(answer.error().message);
        co_return page;
    }
    auto const now = clock_.now();
    auto& response = *answer;
    page.http_status = response.status;
    page.status = status_of(response, now);
    page.rate = parse_rate_limit(response);
    tokens_.note(*chosen, page.rate, now);
    page.etag = response.header("etag").value_or("");
    page.etag_token = token.fingerprint;
    if (auto const interval = response.header("x-poll-interval")) {
        unsigned value = 0;
        auto const [end, error] = std::from_chars(interval->data(), interval->data() + interval->size(), value);
        if (error == std::errc() && end == interval->data() + interval->size()) {
            page.poll_interval = seconds(std::min(value, 86'400U));
        }
    }
    auto const what = request.target.text();
    switch (page.status) {
    case PageStatus::fresh:
        page.next_page = next_page(response);
        read_events(response.body, page);
        if (page.status == PageStatus::unavailable) page.message = what + ": " + page.message;
        break;
    case PageStatus::not_modified:
        break;
    case PageStatus::moved: {
        auto to = path_below(options_.api_base, response.header("location").value_or(""));
        if (to && *to != path) {
            page.moved_to = std::move(*to);
        } else {
            page.status = PageStatus::unavailable;
            page.message = what + ": GitHub redirects to where we do not follow";
        }
        break;
    }
    case PageStatus::rate_limited:
        page.retry_at = rate_limited_until(response, now);
        tokens_.pause(*chosen, *page.retry_at);
        if (auto const other = tokens_.next_free(now); other < *page.retry_at)
            page.retry_at = std::max(other, now + seconds(1));
        page.message = fmt::format("{}: {}", what, error_message(response));
        break;
    case PageStatus::unavailable:
        page.retry_at = retry_after(response, now);
        [[fallthrough]];
    case PageStatus::gone:
    case PageStatus::refused:
        page.message = fmt::format("{}: {}{}", what, error_message(response), advice(response.status));
        break;
    }
    co_return page;
}

void GitHubClient::read_events(std::string_view body, EventsPage& page) {
    auto content = parser_.parse_page(body, EventSource::poll);
    if (!content) {
        page.status = PageStatus::unavailable;
        page.message = "GitHub's answer is not a list of events: " + content.error().message;
        return;
    }
    page.events = std::move(content->events);
    for (auto& error : content->bad) page.bad_events.push_back(std::move(error.message));
}

} // namespace gem::github
