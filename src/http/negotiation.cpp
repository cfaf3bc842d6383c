#include "http/negotiation.hpp"

#include <algorithm>

namespace gem::http {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Cuts the first element off a list separated by `separator`.
std::string_view take(std::string_view& list, char separator) {
    auto const element = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(element.size() + 1, list.size()));
    return trim(element);
}

/// A q-value in thousandths: 1000 where none is given, 0 where it cannot be read.
int quality(std::string_view parameters) {
    while (!parameters.empty()) {
        auto const parameter = take(parameters, ';');
        if (parameter.size() < 2 || lower(parameter[0]) != 'q' || parameter[1] != '=') continue;
        auto const number = parameter.substr(2);
        if (number.empty() || (number[0] != '0' && number[0] != '1')) return 0;
        int value = (number[0] - '0') * 1000;
        if (number.size() > 1 && number[1] != '.') return 0;
        int unit = 100;
        for (std::size_t i = 2; i < number.size(); ++i, unit /= 10) {
            if (number[i] < '0' || number[i] > '9') return 0;
            value += (number[i] - '0') * unit;
        }
        return std::min(value, 1000);
    }
    return 1000;
}

bool is_token_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

} // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    int gzip = -1;
    int identity = -1;
    int any = -1;
    while (!accept_encoding.empty()) {
        auto element = take(accept_encoding, ',');
        auto const coding = take(element, ';');
        int const q = quality(element);
        if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip"))
            gzip = std::max(gzip, q);
        else if (equals_ignoring_case(coding, "identity"))
            identity = q;
        else if (coding == "*")
            any = q;
    }
    if (gzip < 0) gzip = any;
    return gzip > 0 && gzip >= identity;
}

bool compressible(std::string_view content_type) {
    auto const type = trim(content_type.substr(0, content_type.find(';')));
    if (type == "text/event-stream") return false;
    return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml") || type.ends_with("javascript");
}

bool matches_etag(std::string_view if_none_match, std::string_view etag, std::string_view suffix) {
    auto rest = trim(if_none_match);
    if (rest == "*") return true;
    while (true) {
        auto const open = rest.find('"');
        if (open == std::string_view::npos) return false;
        auto const close = rest.find('"', open + 1);
        if (close == std::string_view::npos) return false;
        auto const tag = rest.substr(open + 1, close - open - 1);
        if (tag.size() == etag.size() + suffix.size() && tag.starts_with(etag) && tag.ends_with(suffix)) return true;
        rest.remove_prefix(close + 1);
    }
}

Representation choose_representation(Request const& request, Response const& response) {
    Representation chosen;
    if (response.body && response.body->bytes().size() >= gzip_threshold && compressible(response.content_type)) {
        auto const accept = request.header("accept-encoding");
        bool const encoded = std::ranges::any_of(response.headers, [](auto const& header) {
            return equals_ignoring_case(header.first, "Content-Encoding");
        });
        chosen.gzip = accept && !encoded && accepts_gzip(*accept);
    }
    bool const conditional =
        response.status == 200 && !response.etag.empty() && (request.method == "GET" || request.method == "HEAD");
    if (conditional) {
        auto const known = request.header("if-none-match");
        chosen.not_modified = known && matches_etag(*known, response.etag, chosen.gzip ? "-gzip" : "");
    }
    return chosen;
}

std::string_view allowed_origin(std::string_view origin, std::vector<std::string> const& allowed) {
    for (auto const& candidate : allowed) {
        if (candidate == "*") return "*";
        if (equals_ignoring_case(candidate, origin)) return origin;
    }
    return {};
}

bool is_token_list(std::string_view text) {
    if (trim(text).empty()) return false;
    while (!text.empty()) {
        auto const token = take(text, ',');
        if (token.empty() || !std::ranges::all_of(token, is_token_character)) return false;
    }
    return true;
}

} // namespace gem::http
