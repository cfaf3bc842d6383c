// The report's document as Markdown and as HTML.
#include <fmt/format.h>

#include "app/report_document.hpp"
#include "base/text.hpp"
#include "charts/svg.hpp"
#include "charts/text.hpp"

namespace gem {

namespace {

/// Words of ours in Markdown: what would be a sign is one no more.
std::string markdown_words(std::string_view text) {
    std::string out;
    for (char const c : charts::printable(text)) {
        if (std::string_view("\\`*_[]<>#|~&!").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// Words of others: as code, in which nothing takes effect, neither @names nor #numbers.
std::string markdown_code(std::string_view text) {
    auto const shown = charts::printable(text);
    if (shown.empty()) return {};
    std::string out = "`";
    for (char const c : shown) {
        if (c == '|') out += '\\';
        out += c == '`' ? '\'' : c;
    }
    return out + '`';
}

class MarkdownWriter {
  public:
    explicit MarkdownWriter(std::optional<std::string> const& pictures) : pictures_(pictures) {}

    void operator()(ReportHeading const& heading) { out += fmt::format("## {}\n\n", markdown_words(heading.text)); }
    void operator()(ReportText const& text) { out += markdown_words(text.text) + "\n\n"; }
    void operator()(ReportFacts const& facts) {
        out += "| Figure | Value |\n| --- | ---: |\n";
        for (auto const& [name, value] : facts.facts)
            out += fmt::format("| {} | {} |\n", markdown_words(name), markdown_words(value));
        out += '\n';
    }
    void operator()(ReportTable const& table) {
        std::string line = "|";
        for (auto const& column : table.columns) {
            out += fmt::format("| {} ", markdown_words(column));
            line += " --- |";
        }
        out += "|\n" + line + '\n';
        for (auto const& row : table.rows) {
            for (auto const& cell : row)
                out += fmt::format("| {} ", cell.foreign ? markdown_code(cell.text) : markdown_words(cell.text));
            out += "|\n";
        }
        out += '\n';
    }
    void operator()(ReportPicture const& picture) {
        auto const& drawing = picture.drawing;
        if (pictures_) {
            out += fmt::format("![{}]({}{}.svg)\n\n", markdown_words(drawing.title + ". " + drawing.description),
                               *pictures_, picture.name);
        } else {
            out += fmt::format("**{}.** {}\n\n", markdown_words(drawing.title), markdown_words(drawing.description));
        }
    }

    std::string out;

  private:
    std::optional<std::string> const& pictures_;
};

std::string html_words(std::string_view text) { return escape_markup(charts::printable(text)); }

class HtmlWriter {
  public:
    void operator()(ReportHeading const& heading) { out += fmt::format("<h2>{}</h2>\n", html_words(heading.text)); }
    void operator()(ReportText const& text) { out += fmt::format("<p>{}</p>\n", html_words(text.text)); }
    void operator()(ReportFacts const& facts) {
        out += "<dl>\n";
        for (auto const& [name, value] : facts.facts)
            out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_words(name), html_words(value));
        out += "</dl>\n";
    }
    void operator()(ReportTable const& table) {
        out += "<div class=\"wide\"><table>\n<thead><tr>";
        for (auto const& column : table.columns) out += fmt::format("<th scope=\"col\">{}</th>", html_words(column));
        out += "</tr></thead>\n<tbody>\n";
        for (auto const& row : table.rows) {
            out += "<tr>";
            for (auto const& cell : row) out += fmt::format("<td>{}</td>", html_words(cell.text));
            out += "</tr>\n";
        }
        out += "</tbody></table></div>\n";
    }
    void operator()(ReportPicture const& picture) {
        out += fmt::format(
            "<figure>\n{}</figure>\n",
            charts::to_svg(picture.drawing, {.theme = charts::Theme::follow, .id = picture.name, .standalone = false}));
    }

    std::string out;
};

constexpr std::string_view page_style =
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;background:#fff;"
    "color:#1f2328}"
    "h1,h2{line-height:1.2}h2{margin-top:2.5rem}"
    "dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.75rem}"
    "dl div{border:1px solid #8886;border-radius:6px;padding:.6rem .8rem}"
    "dt{font-size:.85rem;color:#57606a}dd{margin:0;font-size:1.25rem;font-weight:600}"
    "figure{margin:1.5rem 0}figure svg{display:block;max-width:100%;height:auto}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem;margin:1rem 0}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #8886;"
    "overflow-wrap:break-word}"
    "@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}dt{color:#9198a1}}";

} // namespace

std::string to_markdown(ReportDocument const& document, std::optional<std::string> const& pictures) {
    MarkdownWriter writer(pictures);
    writer.out = fmt::format("# {}\n\n", markdown_words(document.title));
    for (auto const& block : document.blocks) std::visit(writer, block);
    writer.out.pop_back(); // one line end is enough
    return std::move(writer.out);
}

std::string to_html(ReportDocument const& document) {
    HtmlWriter writer;
    auto const title = html_words(document.title);
    writer.out = fmt::format("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                             "'unsafe-inline'\">\n<title>{0}</title>\n<style>{1}{2}</style>\n</head>\n<body>\n<main>\n"
                             "<h1>{0}</h1>\n",
                             title, page_style, charts::chart_style_sheet());
    for (auto const& block : document.blocks) std::visit(writer, block);
    return std::move(writer.out) + "</main>\n</body>\n</html>\n";
}

} // namespace gem
