// Walks simdjson's structural index: the offsets of all brackets, colons, commas and starts of scalars.
#include "github/json_spans.hpp"

namespace gem::github {

namespace {

constexpr int depth_change(char c) {
    auto const folded = static_cast<unsigned char>(c) | 0x20U; // '[' and '{', ']' and '}' fall together
    return static_cast<int>(folded == '{') - static_cast<int>(folded == '}');
}

class Walker {
  public:
    Walker(simdjson::dom::parser const& parser, std::string_view text)
        : offsets_(parser.implementation->structural_indexes.get()), text_(text) {}

    [[nodiscard]] char at() const { return text_[offsets_[place_]]; }
    void step(std::size_t count = 1) { place_ += count; }

    /// Goes behind the value that starts here and gives its text.
    std::string_view take_value() {
        std::size_t const start = offsets_[place_];
        int depth = depth_change(at());
        if (depth == 0) {
            ++place_;
            // A scalar ends where the next structural begins, but for the white space between.
            std::size_t end = offsets_[place_];
            while (end > start && (text_[end - 1] == ' ' || text_[end - 1] == '\n' || text_[end - 1] == '\r' ||
                                   text_[end - 1] == '\t'))
                --end;
            return text_.substr(start, end - start);
        }
        while (depth > 0) {
            ++place_;
            depth += depth_change(at());
        }
        std::size_t const end = offsets_[place_] + 1;
        ++place_;
        return text_.substr(start, end - start);
    }

  private:
    std::uint32_t const* offsets_;
    std::string_view text_;
    std::size_t place_ = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The length of the JSON number at the front of `text`; 0 if there is none.
std::size_t number_length(std::string_view text) {
    std::size_t i = 0;
    auto const digits = [&] {
        std::size_t const from = i;
        while (i < text.size() && is_digit(text[i])) ++i;
        return i > from;
    };
    if (i < text.size() && text[i] == '-') ++i;
    if (i < text.size() && text[i] == '0')
        ++i;
    else if (!digits())
        return 0;
    if (i < text.size() && text[i] == '.') {
        ++i;
        if (!digits()) return 0;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        ++i;
        if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
        if (!digits()) return 0;
    }
    return i;
}

/// Puts 0 and blanks in place of numbers that are long or have an exponent. False if one of them is no JSON number.
bool soften_numbers(std::string& text) {
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '-' || is_digit(c)) {
            auto const length = number_length(std::string_view(text).substr(i));
            if (length == 0) return false;
            if (length > 15 || std::string_view(text).substr(i, length).find_first_of("eE") != std::string_view::npos) {
                text.replace(i, length, length, ' ');
                text[i] = '0';
            }
            i += length - 1;
        }
    }
    return true;
}

} // namespace

simdjson::error_code parse_json(simdjson::dom::parser& parser, std::string_view text, std::string& scratch,
                                simdjson::dom::element& root) {
    auto error = parser.parse(text.data(), text.size(), false).get(root);
    if (error == simdjson::NUMBER_ERROR) {
        scratch.assign(text);
        if (!soften_numbers(scratch)) return error;
        scratch.reserve(text.size() + simdjson::SIMDJSON_PADDING);
        error = parser.parse(scratch.data(), scratch.size(), false).get(root);
    }
    return error;
}

std::string_view member_text(simdjson::dom::parser const& parser, std::string_view text, std::size_t ordinal) {
    Walker walker(parser, text);
    walker.step();
    for (;; --ordinal) {
        walker.step(2); // the key and its colon
        auto const value = walker.take_value();
        if (ordinal == 0) return value;
        walker.step(); // the comma
    }
}

std::vector<std::string_view> element_texts(simdjson::dom::parser const& parser, std::string_view text) {
    std::vector<std::string_view> texts;
    Walker walker(parser, text);
    walker.step();
    while (walker.at() != ']') {
        texts.push_back(walker.take_value());
        if (walker.at() == ',') walker.step();
    }
    return texts;
}

} // namespace gem::github
