// Small questions about text.
#pragma once

#include <string>
#include <string_view>

namespace gem {

/// Without the blanks, tabs and line ends on both sides.
constexpr std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    auto const first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Without the byte order mark that some editors and exporters put before UTF-8.
constexpr std::string_view without_byte_order_mark(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    return text;
}

/// `text` between tags or in quotes of XML and HTML.
std::string escape_markup(std::string_view text);

} // namespace gem
