#include "charts/badge.hpp"

#include "charts/text.hpp"

namespace gem::charts {

namespace {

constexpr double badge_height = 20;
constexpr double badge_text_size = 11;
constexpr double badge_padding = 7;
constexpr double widest_badge_text = 240;

} // namespace

Drawing draw(Badge const& badge) {
    auto const name = shorten_middle(printable(badge.name), widest_badge_text, badge_text_size);
    auto const value = shorten_middle(printable(badge.value), widest_badge_text, badge_text_size);
    double const name_width = text_width(name, badge_text_size) + 2 * badge_padding;
    double const value_width = text_width(value, badge_text_size) + 2 * badge_padding;
    Drawing drawing{.size = {.width = name_width + value_width, .height = badge_height},
                    .title = name + ": " + value,
                    .description = badge.description,
                    .shapes = {}};
    Rect const whole{.width = drawing.size.width, .height = badge_height};
    drawing.shapes.emplace_back(Box{.area = whole, .fill = badge.ink, .radius = 3, .hint = badge.description});
    drawing.shapes.emplace_back(Box{.area = {.width = name_width, .height = badge_height},
                                    .fill = Ink::badge_name,
                                    .radius = 3,
                                    .hint = badge.description});
    // The corners between the two are not round.
    drawing.shapes.emplace_back(
        Box{.area = {.x = name_width - 4, .width = 4, .height = badge_height}, .fill = Ink::badge_name});
    drawing.shapes.emplace_back(Box{.area = {.x = name_width, .width = 4, .height = badge_height}, .fill = badge.ink});
    auto const write = [&](double x, std::string const& text) {
        drawing.shapes.emplace_back(
            Label{.at = {x, 14}, .text = text, .size = badge_text_size, .ink = Ink::badge_text, .fixed_width = true});
    };
    write(badge_padding, name);
    write(name_width + badge_padding, value);
    return drawing;
}

} // namespace gem::charts
