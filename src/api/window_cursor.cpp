#include "api/window_cursor.hpp"

#include <charconv>

#include <fmt/format.h>

namespace gem::api {

std::optional<WindowCursor> read_cursor(std::string_view text) {
    auto const take = [&text]() -> std::optional<std::int64_t> {
        std::int64_t number = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end == text.data() + text.size() || *end != '.') return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
        return number;
    };
    auto const from = take();
    if (!from) return std::nullopt;
    auto const to = take();
    constexpr std::int64_t furthest = 253402300800; // the year 10000
    if (!to || text.empty() || *from < 0 || *from > *to || *to > furthest) return std::nullopt;
    return WindowCursor{.window = {.from = from_unix(*from), .to = from_unix(*to)}, .rest = std::string(text)};
}

std::string write_cursor(TimeWindow window, std::string_view rest) {
    return fmt::format("{}.{}.{}", to_unix(window.from), to_unix(window.to), rest);
}

} // namespace gem::api
