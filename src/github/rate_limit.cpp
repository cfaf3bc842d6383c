#include "github/rate_limit.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/text.hpp"
#include "domain/repo_name.hpp"

namespace gem::github {

namespace {

std::optional<std::int64_t> parse_count(std::optional<std::string_view> text) {
    if (!text) return std::nullopt;
    auto const digits = trimmed(*text);
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return std::nullopt;
    return value;
}

/// One line of plain text, at most `limit` bytes, cut between characters.
std::string one_line(std::string_view text, std::size_t limit) {
    std::string line;
    for (char const c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    if (line.size() > limit) {
        while (limit > 0 && (static_cast<unsigned char>(line[limit]) & 0xC0U) == 0x80U) --limit;
        line.resize(limit);
        line += "...";
    }
    return line;
}

} // namespace

RateLimit parse_rate_limit(http::ClientResponse const& response) {
    RateLimit rate;
    rate.limit = parse_count(response.header("x-ratelimit-limit"));
    rate.remaining = parse_count(response.header("x-ratelimit-remaining"));
    auto const reset = parse_count(response.header("x-ratelimit-reset"));
    if (reset && *reset > 0 && *reset < 253'402'300'800) rate.reset = from_unix(*reset);
    rate.resource = response.header("x-ratelimit-resource").value_or("");
    return rate;
}

std::optional<std::string> link_target(std::string_view header, std::string_view relation) {
    while (true) {
        auto const open = header.find('<');
        if (open == std::string_view::npos) return std::nullopt;
        auto const close = header.find('>', open);
        if (close == std::string_view::npos) return std::nullopt;
        auto const target = header.substr(open + 1, close - open - 1);
        header.remove_prefix(close + 1);
        // Parameters run to the next comma that is in no quoted string.
        bool quoted = false;
        std::size_t end = 0;
        while (end < header.size() && (quoted || header[end] != ',')) {
            if (quoted && header[end] == '\\')
                ++end;
            else if (header[end] == '"')
                quoted = !quoted;
            ++end;
        }
        end = std::min(end, header.size());
        auto parameters = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        while (!parameters.empty()) {
            auto const semicolon = parameters.find(';');
            auto const parameter = trimmed(parameters.substr(0, semicolon));
            parameters.remove_prefix(semicolon == std::string_view::npos ? parameters.size() : semicolon + 1);
            auto const equals = parameter.find('=');
            if (equals == std::string_view::npos || ascii_lower(trimmed(parameter.substr(0, equals))) != "rel")
                continue;
            auto value = trimmed(parameter.substr(equals + 1));
            if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
                value = value.substr(1, value.size() - 2);
            // A rel may hold several relations.
            while (!value.empty()) {
                auto const blank = value.find(' ');
                if (ascii_lower(value.substr(0, blank)) == relation) return std::string(target);
                value.remove_prefix(blank == std::string_view::npos ? value.size() : blank + 1);
            }
        }
    }
}

std::optional<int> next_page(http::ClientResponse const& response) {
    for (auto const& [name, value] : response.headers) {
        if (name != "link") continue;
        auto const target = link_target(value, "next");
        if (!target) continue;
        auto const question = target->find('?');
        if (question == std::string::npos) continue;
        std::string_view query(*target);
        query.remove_prefix(question + 1);
        query = query.substr(0, query.find('#'));
        while (!query.empty()) {
            auto const ampersand = query.find('&');
            auto const pair = query.substr(0, ampersand);
            query.remove_prefix(ampersand == std::string_view::npos ? query.size() : ampersand + 1);
            if (!pair.starts_with("page=")) continue;
            auto const number = parse_count(pair.substr(5));
            if (number && *number > 0 && *number < 1'000'000) return static_cast<int>(*number);
        }
    }
    return std::nullopt;
}

std::optional<UtcTime> parse_http_date(std::string_view text) {
    static constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    text = trimmed(text);
    auto const comma = text.find(", ");
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 2);
    if (text.size() != 24 || !text.ends_with(" GMT")) return std::nullopt;
    auto const month = std::ranges::find(months, text.substr(3, 3));
    if (month == months.end()) return std::nullopt;
    return parse_time(fmt::format("{}-{:02}-{}T{}Z", text.substr(7, 4), month - months.begin() + 1, text.substr(0, 2),
                                  text.substr(12, 8)));
}

std::optional<UtcTime> retry_after(http::ClientResponse const& response, UtcTime now) {
    auto const header = response.header("retry-after");
    if (!header) return std::nullopt;
    if (auto const wait = parse_count(header)) return now + seconds(std::min<std::int64_t>(*wait, 86'400));
    return parse_http_date(*header);
}

bool is_rate_limited(http::ClientResponse const& response, UtcTime now) {
    if (response.status == 429) return true;
    if (response.status != 403) return false;
    if (retry_after(response, now) || response.header("retry-after")) return true;
    if (parse_rate_limit(response).remaining == 0 || response.header("gh-limited-by")) return true;
    auto const text = ascii_lower(std::string_view(response.body).substr(0, 2'000));
    return text.find("rate limit") != std::string::npos || text.find("abuse detection") != std::string::npos;
}

UtcTime rate_limited_until(http::ClientResponse const& response, UtcTime now) {
    auto const rate = parse_rate_limit(response);
    UtcTime until = now + minutes(1);
    if (auto const told = retry_after(response, now))
        until = *told;
    else if (rate.remaining == 0 && rate.reset)
        until = *rate.reset + seconds(1);
    return std::clamp(until, now + seconds(1), now + hours(24));
}

std::string error_message(http::ClientResponse const& response) {
    std::string text;
    thread_local simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(response.body).get_object().get(object) == simdjson::SUCCESS) {
        std::string_view part;
        if (object["message"].get_string().get(part) == simdjson::SUCCESS)
            text = part;
        else if (object["error"].get_string().get(part) == simdjson::SUCCESS)
            text = part;
        simdjson::dom::array errors;
        if (object["errors"].get_array().get(errors) == simdjson::SUCCESS) {
            for (auto const error : errors) {
                std::string_view more;
                if (error["message"].get_string().get(more) == simdjson::SUCCESS ||
                    error["code"].get_string().get(more) == simdjson::SUCCESS ||
                    error.get_string().get(more) == simdjson::SUCCESS) {
                    text += text.empty() ? "" : ": ";
                    text += more;
                    break;
                }
            }
        }
    }
    if (text.empty()) return fmt::format("status {}", response.status);
    return fmt::format("{} (status {})", one_line(text, 280), response.status);
}

} // namespace gem::github
