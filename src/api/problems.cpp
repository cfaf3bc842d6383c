#include "api/problems.hpp"

#include <algorithm>
#include <numeric>

namespace gem::api {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            auto const above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row.back();
}

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
