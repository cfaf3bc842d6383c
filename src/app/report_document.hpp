// The report for people: one document of headings, sentences, tables and drawings, written as Markdown or as HTML.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/report.hpp"
#include "charts/drawing.hpp"

namespace gem {

/// A text in a table. `foreign`: somebody else wrote it (a login, a commit's message); nothing in it may take effect.
struct ReportCell {
    std::string text;
    bool foreign = false;
};

struct ReportHeading {
    std::string text;
};
struct ReportText {
    std::string text;
};
/// Single figures with their names.
struct ReportFacts {
    std::vector<std::pair<std::string, std::string>> facts;
};
struct ReportTable {
    std::vector<std::string> columns;
    std::vector<std::vector<ReportCell>> rows;
};
struct ReportPicture {
    std::string name; ///< for a file or an id: `events`
    charts::Drawing drawing;
};
using ReportBlock = std::variant<ReportHeading, ReportText, ReportFacts, ReportTable, ReportPicture>;

struct ReportDocument {
    std::string title;
    std::vector<ReportBlock> blocks;
};

ReportDocument make_document(RepositoryReport const& report);

/// GitHub's Markdown. With `pictures`, the beginning of their files' names (`report-` for `report-events.svg`), they
/// are referred to; without, what they show is said in words. Texts of others neither mention people nor issues.
std::string to_markdown(ReportDocument const& document, std::optional<std::string> const& pictures);

/// One page with the drawings in it, light or dark as the reader's system is; it asks for nothing.
std::string to_html(ReportDocument const& document);

} // namespace gem
