#include "storage/usage.hpp"

#include <simdjson.h>

namespace gem {

std::string usage_key(UtcTime time) { return std::string(usage_prefix) + format_day(time).substr(0, 7); }

Result<Usage> parse_usage(JsonText const& json) {
    auto const corrupt = fail(ErrorCode::corrupt, "what the store counted of its use cannot be read");
    simdjson::dom::parser parser;
    simdjson::dom::array rows;
    if (parser.parse(json.text())["rows"].get(rows) != simdjson::SUCCESS) return corrupt;
    Usage usage;
    for (auto const element : rows) {
        auto const text_at = [&](std::string_view name) {
            std::string_view text;
            if (element[name].get(text) != simdjson::SUCCESS) return std::string();
            return std::string(text);
        };
        UsageRow row{.table = text_at("table"),
                     .index = text_at("index"),
                     .operation = text_at("operation"),
                     .read_units = {},
                     .write_units = {}};
        if (element["read_units"].get(row.read_units.value) != simdjson::SUCCESS ||
            element["write_units"].get(row.write_units.value) != simdjson::SUCCESS ||
            element["requests"].get(row.requests) != simdjson::SUCCESS) {
            return corrupt;
        }
        usage.rows.push_back(std::move(row));
    }
    return usage;
}

} // namespace gem
