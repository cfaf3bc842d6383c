#include "api/problems.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/edit_distance.hpp"

namespace gem::api {

namespace {

std::string retry_seconds(Error const& error) {
    return std::to_string(error.retry_after ? error.retry_after->count() : 5);
}

} // namespace

http::Response Problem::response(UtcTime now) const {
    auto answer = http::problem(status, error_code, detail, now);
    for (auto const& field : headers) answer.headers.push_back(field);
    return answer;
}

Problem problem_of(Error const& error, std::string_view outside) {
    switch (error.code) {
    case ErrorCode::invalid_argument:
        return {.status = 422, .error_code = "INVALID_PARAMETER", .detail = error.message};
    case ErrorCode::not_found:
        return {.status = 404, .error_code = "NOT_FOUND", .detail = error.message};
    case ErrorCode::conflict:
        return {.status = 409, .error_code = "CONFLICT", .detail = error.message};
    case ErrorCode::unauthorized:
        // Somebody else's credentials (GitHub's, AWS's) failed, not the client's: those are judged before the handler.
        return {.status = 503,
                .error_code = std::string(outside),
                .detail = error.message,
                .headers = {{"Retry-After", "60"}}};
    case ErrorCode::rate_limited:
        return {.status = 429,
                .error_code = "RATE_LIMITED",
                .detail = error.message,
                .headers = {{"Retry-After", retry_seconds(error)}}};
    case ErrorCode::unavailable:
        return {.status = 503,
                .error_code = std::string(outside),
                .detail = error.message,
                .headers = {{"Retry-After", retry_seconds(error)}}};
    case ErrorCode::timed_out:
        return {.status = 503,
                .error_code = "TIMED_OUT",
                .detail = error.message,
                .headers = {{"Retry-After", retry_seconds(error)}}};
    case ErrorCode::corrupt:
    case ErrorCode::internal:
        break;
    }
    return {.status = 500,
            .error_code = "INTERNAL_ERROR",
            .detail = "Something went wrong here; the log of the server tells what.",
            .headers = {},
            .inner = error.message};
}

Problem hidden_repository(std::string_view repo) {
    return {.status = 404,
            .error_code = "REPOSITORY_NOT_FOUND",
            .detail = fmt::format("There is nothing about {} that may be told without a token.", repo)};
}

Problem collector_unavailable(std::string detail) {
    return {.status = 503,
            .error_code = "COLLECTOR_UNAVAILABLE",
            .detail = std::move(detail),
            .headers = {{"Retry-After", "60"}}};
}

std::string_view nearest(std::string_view name, std::vector<std::string_view> const& candidates) {
    std::string_view best;
    auto const shown = name.substr(0, 64);
    auto best_distance = std::max<std::size_t>(2, shown.size() / 2) + 1;
    for (auto const candidate : candidates) {
        auto const distance = edit_distance(shown, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace gem::api
