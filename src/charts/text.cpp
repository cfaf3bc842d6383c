#include "charts/text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gem::charts {

namespace {

/// Advance widths of the characters from blank to `~` in thousandths of the size.
constexpr std::array<int, 95> regular_widths = {
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361,  318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635,  611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352,  635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592,  525, 636, 337, 636, 838};
constexpr std::array<int, 95> bold_widths = {
    348, 456,  521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415,  380, 365, 696, 696,  696,
    696, 696,  696, 696, 696, 696,  696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830,  683,
    683, 821,  837, 372, 372, 775,  637, 995, 837, 850, 733, 850, 770, 720,  682, 812, 774, 1103, 771,
    724, 725,  457, 365, 457, 838,  500, 500, 675, 716, 593, 716, 678, 435,  716, 712, 343, 343,  665,
    343, 1042, 712, 687, 716, 716,  493, 595, 478, 712, 652, 924, 645, 652,  582, 712, 365, 712,  838};
constexpr double other_width = 0.7;
constexpr std::string_view ellipsis = "…";

struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

/// The code point at the start of `text`, which is not empty.
CodePoint first_code_point(std::string_view text) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const lead = byte(0);
    if (lead < 0x80) return {.value = lead, .bytes = 1, .valid = true};
    std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
    char32_t value = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {};
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    bool const overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
    return {.value = value, .bytes = length, .valid = true};
}

double width_of(char32_t value, bool bold) {
    if (value >= 0x20 && value < 0x7F) return (bold ? bold_widths : regular_widths)[value - 0x20] / 1000.0;
    bool const combining = value >= 0x300 && value <= 0x36F;
    if (combining || value == 0x200B || value == 0x200D) return 0;
    bool const wide = (value >= 0x1100 && value <= 0x115F) || (value >= 0x2E80 && value <= 0xA4CF) ||
                      (value >= 0xAC00 && value <= 0xD7A3) || (value >= 0xF900 && value <= 0xFAFF) ||
                      (value >= 0xFF00 && value <= 0xFF60) || value >= 0x1F300;
    if (wide || value == U'…' || value == U'—' || value == U'≥') return 1;
    if (value == U'·') return bold ? 0.38 : 0.318;
    return other_width;
}

std::vector<std::string_view> code_points(std::string_view text) {
    std::vector<std::string_view> all;
    while (!text.empty()) {
        all.push_back(text.substr(0, first_code_point(text).bytes));
        text.remove_prefix(all.back().size());
    }
    return all;
}

std::vector<std::string> wrap(std::vector<std::string> const& words, std::string_view between, double width,
                              double size, std::size_t most) {
    std::vector<std::string> lines;
    for (auto const& word : words) {
        if (!lines.empty()) {
            auto const longer = lines.back() + std::string(between) + word;
            if (text_width(longer, size) <= width || lines.size() == most) {
                lines.back() = longer;
                continue;
            }
        }
        lines.push_back(word);
    }
    for (auto& line : lines) line = shorten_middle(line, width, size);
    return lines;
}

} // namespace

double text_width(std::string_view text, double size, bool bold) {
    double width = 0;
    while (!text.empty()) {
        auto const next = first_code_point(text);
        width += next.valid ? width_of(next.value, bold) : other_width;
        text.remove_prefix(next.bytes);
    }
    return width * size;
}

std::string shorten_middle(std::string_view text, double width, double size, bool bold) {
    if (text_width(text, size, bold) <= width) return std::string(text);
    auto const points = code_points(text);
    double left = width - text_width(ellipsis, size, bold);
    std::string start;
    std::string end;
    // From both ends by turns, the beginning first.
    for (std::size_t taken = 0; taken < points.size(); ++taken) {
        bool const at_start = taken % 2 == 0;
        auto const point = at_start ? points[taken / 2] : points[points.size() - 1 - taken / 2];
        left -= text_width(point, size, bold);
        if (left < 0) break;
        if (at_start)
            start += point;
        else
            end.insert(0, point);
    }
    return start + std::string(ellipsis) + end;
}

std::vector<std::string> wrap_words(std::string_view text, double width, double size, std::size_t most) {
    std::vector<std::string> words;
    while (!text.empty()) {
        auto const word = text.substr(0, text.find(' '));
        if (!word.empty()) words.emplace_back(word);
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    return wrap(words, " ", width, size, most);
}

std::vector<std::string> wrap_pieces(std::vector<std::string> const& pieces, double width, double size,
                                     std::size_t most) {
    return wrap(pieces, " · ", width, size, most);
}

std::string format_count(std::int64_t count) {
    auto digits = fmt::format("{}", count);
    auto const first = count < 0 ? 1 : 0;
    for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > first; place -= 3)
        digits.insert(static_cast<std::size_t>(place), ",");
    return digits;
}

std::string format_short(std::int64_t count) {
    if (count < 10'000) return format_count(count);
    struct Unit {
        std::int64_t size;
        std::string_view name;
    };
    static constexpr std::array<Unit, 5> units = {Unit{1'000'000'000'000'000, "P"}, Unit{1'000'000'000'000, "T"},
                                                  Unit{1'000'000'000, "G"}, Unit{1'000'000, "M"}, Unit{1'000, "k"}};
    auto const* const unit = std::ranges::find_if(units, [&](Unit const& each) { return count >= each.size; });
    auto const tenths = count / (unit->size / 10);
    if (tenths >= 1000 || tenths % 10 == 0) return fmt::format("{}{}", format_count(tenths / 10), unit->name);
    return fmt::format("{}.{}{}", tenths / 10, tenths % 10, unit->name);
}

std::string name_of_type(std::string_view type) {
    using Row = std::pair<std::string_view, std::string_view>;
    static constexpr std::array<Row, 17> names = {
        Row{"PushEvent", "pushes"},
        Row{"WatchEvent", "stars"},
        Row{"ForkEvent", "forks"},
        Row{"IssuesEvent", "issues"},
        Row{"IssueCommentEvent", "comments"},
        Row{"PullRequestEvent", "pull requests"},
        Row{"PullRequestReviewEvent", "reviews"},
        Row{"PullRequestReviewCommentEvent", "review comments"},
        Row{"CommitCommentEvent", "commit comments"},
        Row{"CreateEvent", "creations"},
        Row{"DeleteEvent", "deletions"},
        Row{"ReleaseEvent", "releases"},
        Row{"GollumEvent", "wiki edits"},
        Row{"MemberEvent", "members"},
        Row{"PublicEvent", "made public"},
        Row{"DeploymentEvent", "deployments"},
        Row{"StatusEvent", "statuses"},
    };
    auto const* const known = std::ranges::find(names, type, &Row::first);
    if (known != names.end()) return std::string(known->second);
    if (type.ends_with("Event")) type.remove_suffix(5);
    std::string words;
    for (char const c : type) {
        bool const upper = c >= 'A' && c <= 'Z';
        if (upper && !words.empty()) words += ' ';
        words += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return words;
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        auto const next = first_code_point(text);
        // XML 1.0 takes neither control characters nor U+FFFE and U+FFFF.
        bool const shown = next.valid && next.value >= 0x20 && next.value != 0x7F && (next.value & 0xFFFEU) != 0xFFFE;
        out += shown ? text.substr(0, next.bytes) : "?";
        text.remove_prefix(next.bytes);
    }
    return out;
}

} // namespace gem::charts
