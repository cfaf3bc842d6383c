#include "charts/svg.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "charts/text.hpp"

namespace gem::charts {

namespace {

constexpr std::string_view fonts =
    "system-ui,-apple-system,&#39;Segoe UI&#39;,Roboto,&#39;DejaVu Sans&#39;,Verdana,sans-serif";

/// At most two decimals, none where there are none.
std::string number(double value) {
    auto text = fmt::format("{:.2f}", value);
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    return text == "-0" ? "0" : text;
}

std::string shown(std::string_view text) { return escape_markup(printable(text)); }

class SvgWriter {
  public:
    explicit SvgWriter(SvgOptions const& options) : options_(options) {}

    void begin(Drawing const& drawing) {
        out_ += fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" )"
                            R"(role="img" aria-labelledby="{2}-title {2}-desc" font-family="{3}">)"
                            "\n<title id=\"{2}-title\">{4}</title>\n<desc id=\"{2}-desc\">{5}</desc>\n",
                            number(drawing.size.width), number(drawing.size.height), shown(options_.id), fonts,
                            shown(drawing.title), shown(drawing.description));
        if (options_.theme == Theme::follow && options_.standalone) out_ += style_sheet();
    }
    std::string end() { return std::move(out_) + "</svg>\n"; }

    void operator()(Box const& box) {
        auto shape = fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}")", number(box.area.x),
                                 number(box.area.y), number(box.area.width), number(box.area.height));
        if (box.radius > 0) shape += fmt::format(R"( rx="{}")", number(box.radius));
        put(shape + paint("fill", box.fill), "rect", box.hint);
    }
    void operator()(Area const& area) {
        put(fmt::format(R"(<path d="{}Z")", path(area.outline)) + paint("fill", area.fill), "path", {});
    }
    void operator()(Line const& line) {
        put(fmt::format(R"(<path d="{}" fill="none" stroke-width="{}" stroke-linejoin="round")", path(line.points),
                        number(line.thickness)) +
                paint("stroke", line.stroke),
            "path", {});
    }
    void operator()(Dot const& dot) {
        put(fmt::format(R"(<circle cx="{}" cy="{}" r="{}")", number(dot.center.x), number(dot.center.y),
                        number(dot.radius)) +
                paint("fill", dot.fill),
            "circle", dot.hint);
    }
    void operator()(Hatch const& hatch) {
        std::string steps;
        for (auto const& [from, to] : hatch_lines(hatch.area))
            steps += fmt::format("M{} {}L{} {}", number(from.x), number(from.y), number(to.x), number(to.y));
        if (steps.empty()) return;
        put(fmt::format(R"(<path d="{}" fill="none" stroke-width="1")", steps) + paint("stroke", Ink::hatch), "path",
            {});
    }
    void operator()(Label const& label) {
        out_ += fmt::format(R"(<text x="{}" y="{}" font-size="{}")", number(label.at.x), number(label.at.y),
                            number(label.size));
        if (label.anchor == Anchor::middle) out_ += R"( text-anchor="middle")";
        if (label.anchor == Anchor::end) out_ += R"( text-anchor="end")";
        if (label.bold) out_ += R"( font-weight="600")";
        if (label.fixed_width)
            out_ += fmt::format(R"( textLength="{}")", number(text_width(label.text, label.size, label.bold)));
        out_ += fmt::format("{}>{}</text>\n", paint("fill", label.ink), shown(label.text));
    }

  private:
    void put(std::string_view opened, std::string_view name, std::string_view hint) {
        out_ += opened;
        if (hint.empty())
            out_ += "/>\n";
        else
            out_ += fmt::format("><title>{}</title></{}>\n", shown(hint), name);
    }
    /// As an attribute, which every program understands; as a class where the reader's system chooses.
    [[nodiscard]] std::string paint(std::string_view attribute, Ink ink) const {
        if (options_.theme == Theme::follow) return fmt::format(R"( class="{}-{}")", attribute, ink_name(ink));
        return fmt::format(R"( {}="#{:06x}")", attribute, color_of(ink, options_.theme));
    }
    static std::string path(std::vector<Point> const& points) {
        std::string steps;
        for (auto const& point : points)
            steps += fmt::format("{}{} {}", steps.empty() ? 'M' : 'L', number(point.x), number(point.y));
        return steps;
    }
    static std::string style_sheet() { return fmt::format("<style>{}</style>\n", chart_style_sheet()); }

    SvgOptions const& options_;
    std::string out_;
};

std::string rules_of(Theme theme) {
    std::string rules;
    for (std::size_t place = 0; place < ink_count; ++place) {
        auto const ink = static_cast<Ink>(place);
        auto const color = color_of(ink, theme);
        rules += fmt::format(".fill-{0}{{fill:#{1:06x}}}.stroke-{0}{{stroke:#{1:06x}}}", ink_name(ink), color);
    }
    return rules;
}

} // namespace

std::string chart_style_sheet() {
    return fmt::format("{}@media (prefers-color-scheme:dark){{{}}}", rules_of(Theme::light), rules_of(Theme::dark));
}

std::string to_svg(Drawing const& drawing, SvgOptions const& options) {
    SvgWriter writer(options);
    writer.begin(drawing);
    for (auto const& shape : drawing.shapes) std::visit(writer, shape);
    return writer.end();
}

} // namespace gem::charts
