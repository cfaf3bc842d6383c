#include "mcp/json.hpp"

#include <charconv>
#include <cmath>

#include <boost/json/parse.hpp>

#include "base/json.hpp"

namespace gem::mcp {

namespace {

void write_number(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    // Shortest form that reads back the same; fixed up to where that would be a long row of digits.
    std::array<char, 64> digits{};
    auto const magnitude = std::abs(number);
    bool const plain = magnitude == 0 || (magnitude >= 1e-7 && magnitude < 1e21);
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific)
                         .ptr;
    out.append(digits.data(), end);
}

} // namespace

std::optional<Value> parse_json(std::string_view text, std::size_t deepest) {
    boost::json::parse_options options;
    options.max_depth = deepest;
    boost::system::error_code error;
    auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
    if (error) return std::nullopt;
    return value;
}

void write_json(std::string& out, Value const& value) {
    switch (value.kind()) {
    case boost::json::kind::null:
        out += "null";
        break;
    case boost::json::kind::bool_:
        out += value.get_bool() ? "true" : "false";
        break;
    case boost::json::kind::int64:
        out += std::to_string(value.get_int64());
        break;
    case boost::json::kind::uint64:
        out += std::to_string(value.get_uint64());
        break;
    case boost::json::kind::double_:
        write_number(out, value.get_double());
        break;
    case boost::json::kind::string:
        json::write_string(out, std::string_view(value.get_string()));
        break;
    case boost::json::kind::array: {
        out += '[';
        bool first = true;
        for (auto const& element : value.get_array()) {
            if (!std::exchange(first, false)) out += ',';
            write_json(out, element);
        }
        out += ']';
        break;
    }
    case boost::json::kind::object: {
        out += '{';
        bool first = true;
        for (auto const& member : value.get_object()) {
            if (!std::exchange(first, false)) out += ',';
            json::write_string(out, std::string_view(member.key()));
            out += ':';
            write_json(out, member.value());
        }
        out += '}';
        break;
    }
    }
}

std::string to_text(Value const& value) {
    std::string out;
    write_json(out, value);
    return out;
}

std::size_t json_size(Value const& value) { return to_text(value).size(); }

std::optional<std::string_view> get_string(Object const& object, std::string_view name) {
    auto const* const found = object.if_contains(name);
    if (found == nullptr || !found->is_string()) return std::nullopt;
    return std::string_view(found->get_string());
}

Object const* get_object(Object const& object, std::string_view name) {
    auto const* const found = object.if_contains(name);
    return found == nullptr ? nullptr : found->if_object();
}

} // namespace gem::mcp
