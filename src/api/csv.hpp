// Lists of described structs as CSV (RFC 4180): a header line, then a line for each; what is nested is a cell of JSON.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace gem::api {

/// Puts quotes around a cell that needs them.
inline void write_csv_cell(std::string& out, std::string_view cell) {
    if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += cell;
        return;
    }
    out += '"';
    for (char const c : cell) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

template <class T>
std::string csv_text(T const& value) {
    if constexpr (json::IsOptional<T>::value)
        return value ? csv_text(*value) : std::string{};
    else if constexpr (json::IsAbsent<T>::value)
        return csv_text(value.value);
    else if constexpr (std::is_same_v<T, UtcTime>)
        return format_time(value);
    else if constexpr (std::is_convertible_v<T const&, std::string_view>)
        return std::string(value);
    else
        return json::to_string(value);
}

/// Calls `visit(name, field)` for every member, the inherited ones first.
template <class T, class Visit>
void each_member(T const& value, Visit const& visit) {
    boost::mp11::mp_for_each<boost::describe::describe_bases<T, boost::describe::mod_public>>(
        [&](auto base) { each_member(static_cast<typename decltype(base)::type const&>(value), visit); });
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) { visit(json::key_of(member.name), value.*member.pointer); });
}

template <class T>
std::string csv_of(std::vector<T> const& rows) {
    std::string out;
    bool first = true;
    auto const separate = [&] {
        if (!first) out += ',';
        first = false;
    };
    each_member(T{}, [&](std::string_view name, auto const&) {
        separate();
        write_csv_cell(out, name);
    });
    out += "\r\n";
    for (auto const& row : rows) {
        first = true;
        each_member(row, [&](std::string_view, auto const& field) {
            separate();
            write_csv_cell(out, csv_text(field));
        });
        out += "\r\n";
    }
    return out;
}

} // namespace gem::api
