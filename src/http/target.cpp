#include "http/target.hpp"

namespace gem::http {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        auto const lead = static_cast<unsigned char>(text[i]);
        std::size_t const length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead >= 0x80 && (lead < 0xC2 || lead > 0xF4)) return false;
        if (i + length > text.size()) return false;
        for (std::size_t k = 1; k < length; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return false;
        auto const second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0U;
        bool const overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
        bool const beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
        if (overlong || beyond) return false;
        i += length;
    }
    return true;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

Result<void> parse_query(std::string_view text, Request& request) {
    while (!text.empty()) {
        auto const piece = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(piece.size() + 1, text.size()));
        if (piece.empty()) continue;
        auto const equals = std::min(piece.find('='), piece.size());
        auto name = percent_decode(piece.substr(0, equals), true);
        if (!name) return fail(std::move(name.error()));
        auto value = percent_decode(piece.substr(std::min(equals + 1, piece.size())), true);
        if (!value) return fail(std::move(value.error()));
        request.query.emplace_back(std::move(*name), std::move(*value));
    }
    return {};
}

} // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
    std::string out;
    out.reserve(text.size());
    bool ascii = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && plus_is_blank) {
            c = ' ';
        } else if (c == '%') {
            int const high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
            int const low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return fail(ErrorCode::invalid_argument,
                            "the request target has a % that two hexadecimal digits do not follow; write %25 for a %");
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (is_control(c))
            return fail(ErrorCode::invalid_argument,
                        "the request target has a control character, which is never allowed");
        ascii = ascii && static_cast<unsigned char>(c) < 0x80;
        out += c;
    }
    if (!ascii && !is_utf8(out)) return fail(ErrorCode::invalid_argument, "the request target is not UTF-8");
    return out;
}

Result<void> parse_target(Request& request) {
    request.query.clear();
    std::string_view rest = request.target;
    if (rest == "*" && request.method == "OPTIONS") {
        request.path = "*";
        return {};
    }
    for (std::string_view const scheme : {"http://", "https://"}) {
        if (!rest.starts_with(scheme)) continue;
        rest.remove_prefix(std::min(rest.find_first_of("/?", scheme.size()), rest.size()));
        break;
    }
    if (rest.find('#') != std::string_view::npos)
        return fail(ErrorCode::invalid_argument, "the request target has a #; write %23 where one is meant");
    auto const question = std::min(rest.find('?'), rest.size());
    auto const path_text = rest.substr(0, question);
    bool const absolute = rest.size() != request.target.size();
    if (path_text.empty() && absolute) {
        request.path = "/";
    } else if (!path_text.starts_with('/')) {
        return fail(ErrorCode::invalid_argument, "the request target must begin with /");
    } else {
        auto path = percent_decode(path_text, false);
        if (!path) return fail(std::move(path.error()));
        request.path = std::move(*path);
    }
    return parse_query(rest.substr(std::min(question + 1, rest.size())), request);
}

} // namespace gem::http
