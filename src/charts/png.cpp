#include "charts/png.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include <cairo.h>
#include <fmt/format.h>

#include "charts/text.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
// fontconfig keeps what it has read until the process ends, where LeakSanitizer does not find it any more.
extern "C" char const* __lsan_default_suppressions() { return "leak:libfontconfig"; }
#endif
#endif

namespace gem::charts {

namespace {

template <auto Destroy>
struct Destroyer {
    template <class T>
    void operator()(T* object) const {
        Destroy(object);
    }
};
using Surface = std::unique_ptr<cairo_surface_t, Destroyer<&cairo_surface_destroy>>;
using Pen = std::unique_ptr<cairo_t, Destroyer<&cairo_destroy>>;
using FontOptions = std::unique_ptr<cairo_font_options_t, Destroyer<&cairo_font_options_destroy>>;

class CairoPainter {
  public:
    CairoPainter(cairo_t* pen, Theme theme) : pen_(pen), theme_(theme) {
        // Nothing that depends on the screen or on settings of the machine.
        FontOptions const options(cairo_font_options_create());
        cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
        cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
        cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
        cairo_set_font_options(pen_, options.get());
        cairo_set_line_join(pen_, CAIRO_LINE_JOIN_ROUND);
    }

    void operator()(Box const& box) {
        auto const& area = box.area;
        auto const radius = std::min({box.radius, area.width / 2, area.height / 2});
        if (radius > 0) {
            cairo_new_sub_path(pen_);
            corner(area.right() - radius, area.y + radius, radius, 3);
            corner(area.right() - radius, area.bottom() - radius, radius, 0);
            corner(area.x + radius, area.bottom() - radius, radius, 1);
            corner(area.x + radius, area.y + radius, radius, 2);
            cairo_close_path(pen_);
        } else {
            cairo_rectangle(pen_, area.x, area.y, area.width, area.height);
        }
        fill(box.fill);
    }
    void operator()(Area const& area) {
        trace(area.outline);
        cairo_close_path(pen_);
        fill(area.fill);
    }
    void operator()(Line const& line) {
        trace(line.points);
        stroke(line.stroke, line.thickness);
    }
    void operator()(Dot const& dot) {
        cairo_new_sub_path(pen_);
        cairo_arc(pen_, dot.center.x, dot.center.y, dot.radius, 0, 2 * std::numbers::pi);
        fill(dot.fill);
    }
    void operator()(Hatch const& hatch) {
        for (auto const& [from, to] : hatch_lines(hatch.area)) {
            cairo_move_to(pen_, from.x, from.y);
            cairo_line_to(pen_, to.x, to.y);
        }
        stroke(Ink::hatch, 1);
    }
    void operator()(Label const& label) {
        auto const text = printable(label.text);
        cairo_select_font_face(pen_, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                               label.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
        cairo_set_font_size(pen_, label.size);
        cairo_text_extents_t extents;
        cairo_text_extents(pen_, text.c_str(), &extents);
        double const share = label.anchor == Anchor::start ? 0 : label.anchor == Anchor::middle ? 0.5 : 1;
        use(label.ink);
        cairo_move_to(pen_, label.at.x - share * extents.x_advance, label.at.y);
        cairo_show_text(pen_, text.c_str());
        cairo_new_path(pen_);
    }

    void use(Ink ink) {
        auto const color = color_of(ink, theme_);
        auto const part = [&](unsigned shift) { return static_cast<double>((color >> shift) & 0xFFU) / 255.0; };
        cairo_set_source_rgb(pen_, part(16), part(8), part(0));
    }

  private:
    void corner(double x, double y, double radius, int quarter) {
        auto const start = quarter * std::numbers::pi / 2;
        cairo_arc(pen_, x, y, radius, start, start + std::numbers::pi / 2);
    }
    void trace(std::vector<Point> const& points) {
        cairo_new_path(pen_);
        for (auto const& point : points) cairo_line_to(pen_, point.x, point.y);
    }
    void fill(Ink ink) {
        use(ink);
        cairo_fill(pen_);
    }
    void stroke(Ink ink, double thickness) {
        use(ink);
        cairo_set_line_width(pen_, thickness);
        cairo_stroke(pen_);
    }

    cairo_t* pen_;
    Theme theme_;
};

cairo_status_t append(void* closure, unsigned char const* bytes, unsigned size) {
    static_cast<std::string*>(closure)->append(reinterpret_cast<char const*>(bytes), size);
    return CAIRO_STATUS_SUCCESS;
}

} // namespace

Result<std::string> to_png(Drawing const& drawing, Theme theme, int scale) {
    auto const pixels = [&](double length) { return static_cast<int>(std::ceil(length * scale)); };
    Surface const surface(
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels(drawing.size.width), pixels(drawing.size.height)));
    Pen const pen(cairo_create(surface.get()));
    cairo_scale(pen.get(), scale, scale);
    CairoPainter painter(pen.get(), theme);
    painter.use(Ink::background);
    cairo_paint(pen.get());
    for (auto const& shape : drawing.shapes) std::visit(painter, shape);
    auto status = cairo_status(pen.get());
    std::string png;
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png_stream(surface.get(), &append, &png);
    if (status != CAIRO_STATUS_SUCCESS)
        return fail(ErrorCode::internal, fmt::format("cairo: {}", cairo_status_to_string(status)));
    return png;
}

} // namespace gem::charts
