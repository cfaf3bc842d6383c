#include "base/json_text.hpp"

#include <simdjson.h>

namespace gem {

namespace {

/// Why `text` is not JSON; empty if it is. Numbers that fit no machine type are JSON all the same.
std::string json_problem(std::string_view text) {
    thread_local simdjson::dom::parser parser;
    auto const error = parser.parse(text.data(), text.size(), true).error();
    if (error == simdjson::SUCCESS) return {};
    // simdjson converts numbers as it goes; a number beyond its range is still valid JSON. Such texts are rare: they
    // are looked at once more with every such number's digits cut short.
    if (error == simdjson::NUMBER_ERROR) {
        std::string shortened;
        bool in_string = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            char const c = text[i];
            if (in_string) {
                shortened += c;
                if (c == '\\' && i + 1 < text.size()) shortened += text[++i];
                if (c == '"') in_string = false;
                continue;
            }
            if (c == '"') in_string = true;
            std::size_t run = 0;
            bool const starts_number =
                c >= '1' && c <= '9' && (shortened.empty() || shortened.back() < '0' || shortened.back() > '9');
            if (starts_number) {
                while (i + run < text.size() && text[i + run] >= '0' && text[i + run] <= '9') ++run;
            }
            if (run > 15) {
                shortened += text.substr(i, 15);
                i += run - 1;
            } else {
                shortened += c;
            }
        }
        auto const second = parser.parse(shortened).error();
        if (second == simdjson::SUCCESS) return {};
        return simdjson::error_message(second);
    }
    return simdjson::error_message(error);
}

} // namespace

bool is_json(std::string_view text) { return json_problem(text).empty(); }

Result<JsonText> JsonText::parse(std::string text) {
    if (auto const problem = json_problem(text); !problem.empty())
        return fail(ErrorCode::invalid_argument, "expected JSON: " + problem);
    return JsonText(std::move(text));
}

} // namespace gem
