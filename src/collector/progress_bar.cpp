// Pure text: whoever prints decides when and where.
#include "collector/progress_bar.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace gem {

namespace {

std::string with_commas(std::uint64_t number) {
    auto text = std::to_string(number);
    for (std::ptrdiff_t at = std::ssize(text) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

std::string clock_time(seconds duration) {
    auto const count = duration.count();
    if (count >= 3600) return fmt::format("{}:{:02}:{:02}", count / 3600, count / 60 % 60, count % 60);
    return fmt::format("{}:{:02}", count / 60, count % 60);
}

/// `1.8 of 3.8 MB` in a unit that fits the greater of both.
std::string bytes_text(BackfillProgress const& progress) {
    constexpr std::array<std::string_view, 5> units = {"B", "kB", "MB", "GB", "TB"};
    auto const greatest = std::max(progress.bytes, progress.total_bytes.value_or(0));
    std::size_t unit = 0;
    double divisor = 1;
    while (unit + 1 < units.size() && static_cast<double>(greatest) >= 1000 * divisor) {
        divisor *= 1000;
        ++unit;
    }
    auto const shown = [&](std::uint64_t bytes) {
        return fmt::format("{:.{}f}", static_cast<double>(bytes) / divisor, unit == 0 ? 0 : 1);
    };
    if (!progress.total_bytes) return fmt::format("{} {}", shown(progress.bytes), units[unit]);
    return fmt::format("{} of {} {}", shown(progress.bytes), shown(*progress.total_bytes), units[unit]);
}

int percent(BackfillProgress const& progress) { return static_cast<int>(std::floor(progress.fraction() * 100)); }

std::string rate_text(BackfillProgress const& progress) {
    return fmt::format("{} events/s",
                       with_commas(static_cast<std::uint64_t>(std::llround(progress.events_per_second))));
}

} // namespace

double BackfillProgress::fraction() const {
    if (total_bytes && *total_bytes > 0)
        return std::min(1.0, static_cast<double>(bytes) / static_cast<double>(*total_bytes));
    if (files_total == 0) return finished ? 1 : 0;
    return static_cast<double>(files_done) / static_cast<double>(files_total);
}

std::string progress_bar(BackfillProgress const& progress, std::size_t width) {
    width = std::max<std::size_t>(width, 40);
    // In order of importance; each is taken while there is room for it and a bar of ten.
    std::string tail = fmt::format(" {:3}%", percent(progress));
    auto const add = [&](std::string const& text) {
        if (tail.size() + 2 + text.size() + 12 <= width) tail += "  " + text;
    };
    if (progress.remaining) add(clock_time(*progress.remaining) + " left");
    add(rate_text(progress));
    add(bytes_text(progress));
    std::string head;
    if (tail.size() + progress.file.size() + 1 + 22 <= width) head = progress.file + " ";
    auto const room = width - head.size() - tail.size() - 2;
    auto const filled = static_cast<std::size_t>(progress.fraction() * static_cast<double>(room));
    std::string bar(room, ' ');
    std::fill_n(bar.begin(), filled, '=');
    if (filled < room && filled > 0) bar[filled - 1] = '>';
    return head + "[" + bar + "]" + tail;
}

std::string progress_line(BackfillProgress const& progress) {
    auto line = fmt::format("{}% {}, {} events, {}", percent(progress), bytes_text(progress),
                            with_commas(progress.events), rate_text(progress));
    if (progress.remaining && !progress.finished) line += fmt::format(", {} left", clock_time(*progress.remaining));
    if (progress.files_total > 1) line += fmt::format(", {} of {} files", progress.files_done, progress.files_total);
    if (!progress.file.empty() && !progress.finished) line += ", " + progress.file;
    return line;
}

} // namespace gem
