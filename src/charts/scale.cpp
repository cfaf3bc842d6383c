#include "charts/scale.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "charts/text.hpp"

namespace gem::charts {

namespace {

using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr double apart = 14; ///< between two labels of an axis

/// A step of an axis of time: a length, or months.
struct TimeStep {
    seconds length{0};
    int months = 0;
};

constexpr std::array<TimeStep, 25> time_steps = {{
    {minutes(1)}, {minutes(2)}, {minutes(5)}, {minutes(10)}, {minutes(15)}, {minutes(30)}, {hours(1)},
    {hours(2)},   {hours(3)},   {hours(4)},   {hours(6)},    {hours(12)},   {days(1)},     {days(2)},
    {days(7)},    {days(14)},   {{}, 1},      {{}, 2},       {{}, 3},       {{}, 6},       {{}, 12},
    {{}, 24},     {{}, 60},     {{}, 120},    {{}, 600},
}};

year_month_day date_of(UtcTime time) { return year_month_day(std::chrono::floor<days>(time)); }

/// Months since the year 0.
int month_number(UtcTime time) {
    auto const date = date_of(time);
    return static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

UtcTime start_of_month(int number) {
    auto const month = std::chrono::month(static_cast<unsigned>(number % 12 + 1));
    return UtcTime(std::chrono::sys_days(year(number / 12) / month / 1));
}

seconds typical_length(TimeStep const& step) { return step.months > 0 ? days(30) * step.months : step.length; }

std::vector<UtcTime> tick_times(TimeWindow window, TimeStep const& step) {
    std::vector<UtcTime> times;
    if (step.months > 0) {
        for (int number = month_number(window.from) / step.months * step.months; start_of_month(number) <= window.to;
             number += step.months) {
            if (start_of_month(number) >= window.from) times.push_back(start_of_month(number));
        }
        return times;
    }
    // The epoch was a Thursday: weeks are counted from the Monday after it.
    seconds const origin = step.length % days(7) == seconds(0) ? seconds(days(4)) : seconds(0);
    auto const since = window.from.time_since_epoch() - origin;
    auto const behind = (since % step.length + step.length) % step.length;
    for (auto time = behind == seconds(0) ? window.from : window.from + (step.length - behind); time <= window.to;
         time += step.length) {
        times.push_back(time);
    }
    return times;
}

std::string tick_label(UtcTime time, TimeStep const& step) {
    auto const date = date_of(time);
    auto const month = month_names.at(static_cast<unsigned>(date.month()) - 1);
    if (step.months >= 12) return fmt::format("{}", static_cast<int>(date.year()));
    if (step.months > 0) {
        return date.month() == std::chrono::January ? fmt::format("{} {}", month, static_cast<int>(date.year()))
                                                    : std::string(month);
    }
    auto const since_midnight = time - std::chrono::floor<days>(time);
    if (since_midnight == seconds(0)) return fmt::format("{} {}", month, static_cast<unsigned>(date.day()));
    return format_minute(time).substr(11);
}

std::vector<TimeTick> labelled(TimeWindow window, TimeStep const& step) {
    std::vector<TimeTick> ticks;
    for (auto const time : tick_times(window, step)) ticks.push_back({.at = time, .label = tick_label(time, step)});
    return ticks;
}

bool stay_apart(std::vector<TimeTick> const& ticks, TimeWindow window, double width, double text_size) {
    double const pixels = width / static_cast<double>(window.length().count());
    for (std::size_t i = 1; i < ticks.size(); ++i) {
        auto const distance = pixels * static_cast<double>((ticks[i].at - ticks[i - 1].at).count());
        auto const halves = (text_width(ticks[i].label, text_size) + text_width(ticks[i - 1].label, text_size)) / 2;
        if (distance < halves + apart) return false;
    }
    return true;
}

} // namespace

std::vector<std::int64_t> CountScale::ticks() const {
    std::vector<std::int64_t> all;
    for (std::int64_t tick = 0; tick < top; tick += step) all.push_back(tick);
    all.push_back(top);
    return all;
}

CountScale count_scale(std::int64_t highest, std::size_t most_steps) {
    highest = std::clamp<std::int64_t>(highest, 1, 4'000'000'000'000'000'000);
    auto const steps_to_top = [&](std::int64_t step) { return (highest - 1) / step + 1; };
    std::int64_t power = 1;
    while (true) {
        for (std::int64_t const factor : {1, 2, 5}) {
            auto const step = factor * power;
            if (steps_to_top(step) <= static_cast<std::int64_t>(most_steps))
                return {.step = step, .top = step * steps_to_top(step)};
        }
        power *= 10;
    }
}

std::vector<TimeTick> time_ticks(TimeWindow window, double width, double text_size) {
    if (window.empty()) return {};
    for (auto const& step : time_steps) {
        auto const count = static_cast<double>(window.length() / typical_length(step));
        if (count * (2 * text_size) > width) continue; // labels are at least that wide
        auto ticks = labelled(window, step);
        if (stay_apart(ticks, window, width, text_size)) return ticks;
    }
    return {};
}

std::string format_minute(UtcTime time) {
    auto const text = format_time(time);
    return text.substr(0, 10) + ' ' + text.substr(11, 5);
}

std::string format_window(TimeWindow window) {
    auto const from = format_minute(window.from);
    auto const to = format_minute(window.to);
    bool const same_day = from.substr(0, 10) == to.substr(0, 10);
    return fmt::format("{} – {} UTC", from, same_day ? to.substr(11) : to);
}

std::string format_span(minutes length) {
    struct Unit {
        minutes length;
        std::string_view name;
    };
    static constexpr std::array<Unit, 4> units = {Unit{days(7), "week"}, Unit{days(1), "day"}, Unit{hours(1), "hour"},
                                                  Unit{minutes(1), "minute"}};
    for (auto const& unit : units) {
        if (length < unit.length || length % unit.length != minutes(0)) continue;
        auto const count = length / unit.length;
        return count == 1 ? std::string(unit.name) : fmt::format("{} {}s", count, unit.name);
    }
    return "minute";
}

} // namespace gem::charts
