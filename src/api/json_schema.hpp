// JSON Schema (2020-12) of described structs: the same description that writes an answer says what it looks like.
#pragma once

#include <map>
#include <string>
#include <typeindex>

#include <boost/core/demangle.hpp>

#include "base/json.hpp"

namespace gem::api {

/// Schemas of described structs by name, as `components/schemas` of an OpenAPI document: they refer to each other.
class SchemaBook {
  public:
    /// The name under which the schema of `T` stands here: `wished`, unless it stands here already, or another struct
    /// has that name (a digit is added).
    template <class T>
    std::string add(std::string_view wished);

    [[nodiscard]] std::map<std::string, std::string> const& schemas() const { return schemas_; }

  private:
    std::map<std::type_index, std::string> names_;
    std::map<std::string, std::string> schemas_; ///< JSON text by name
};

/// Writes the schema of `T`; with a book, structs are put there and referred to.
template <class T>
void write_schema(std::string& out, SchemaBook* book = nullptr);

/// The properties of a described struct, the inherited ones first, and which of them are always there.
template <class T>
void write_properties(std::string& properties, std::string& required, SchemaBook* book) {
    boost::mp11::mp_for_each<boost::describe::describe_bases<T, boost::describe::mod_public>>(
        [&](auto base) { write_properties<typename decltype(base)::type>(properties, required, book); });
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto member) {
        using Field = std::remove_cvref_t<decltype(std::declval<T const&>().*member.pointer)>;
        if (!properties.empty()) properties += ',';
        json::write_string(properties, json::key_of(member.name));
        properties += ':';
        if constexpr (json::IsAbsent<Field>::value) {
            using Value = std::remove_cvref_t<decltype(*std::declval<Field const&>().value)>;
            write_schema<Value>(properties, book);
        } else {
            write_schema<Field>(properties, book);
            if (!required.empty()) required += ',';
            json::write_string(required, json::key_of(member.name));
        }
    });
}

template <class T>
std::string struct_schema(SchemaBook* book) {
    std::string properties;
    std::string required;
    write_properties<T>(properties, required, book);
    return R"({"type":"object","properties":{)" + properties + R"(},"required":[)" + required + "]}";
}

/// The name of a struct without its namespace and its template arguments.
template <class T>
std::string struct_name() {
    auto name = boost::core::demangle(typeid(T).name());
    name.resize(std::min(name.find('<'), name.size()));
    return name.substr(name.rfind(':') + 1);
}

/// `schema` for a value that may also be null.
inline std::string or_null(std::string schema) {
    constexpr std::string_view plain = R"({"type":")";
    if (!schema.starts_with(plain)) return R"({"oneOf":[)" + schema + R"(,{"type":"null"}]})";
    schema.insert(schema.find('"', plain.size()) + 1, R"(,"null"])");
    schema.insert(plain.size() - 1, "[");
    return schema;
}

template <class T>
void write_schema(std::string& out, SchemaBook* book) {
    if constexpr (json::IsOptional<T>::value) {
        std::string value;
        write_schema<typename T::value_type>(value, book);
        out += book != nullptr ? or_null(std::move(value)) : R"({"anyOf":[)" + value + R"(,{"type":"null"}]})";
    } else if constexpr (std::is_same_v<T, JsonText>) {
        out += "{}";
    } else if constexpr (std::is_same_v<T, bool>) {
        out += R"({"type":"boolean"})";
    } else if constexpr (std::is_same_v<T, UtcTime>) {
        out += R"({"type":"string","format":"date-time"})";
    } else if constexpr (std::is_integral_v<T>) {
        out += book != nullptr ? R"({"type":"integer","format":"int64"})" : R"({"type":"integer"})";
    } else if constexpr (json::IsFixed<T>::value > 0) {
        out += R"({"type":"number"})";
    } else if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        out += R"({"type":"string"})";
    } else if constexpr (json::IsMap<T>::value) {
        out += R"({"type":"object","additionalProperties":)";
        using Value = std::remove_cvref_t<decltype(std::declval<T const&>().begin()->second)>;
        write_schema<Value>(out, book);
        out += '}';
    } else if constexpr (json::IsVector<T>::value) {
        out += R"({"type":"array","items":)";
        write_schema<typename T::value_type>(out, book);
        out += '}';
    } else if (book != nullptr) {
        out += R"({"$ref":"#/components/schemas/)" + book->add<T>(struct_name<T>()) + R"("})";
    } else {
        out += struct_schema<T>(nullptr);
    }
}

template <class T>
std::string SchemaBook::add(std::string_view wished) {
    if (auto const known = names_.find(typeid(T)); known != names_.end()) return known->second;
    std::string name(wished);
    for (int i = 2; schemas_.contains(name); ++i) name = std::string(wished) + std::to_string(i);
    names_.emplace(typeid(T), name);
    schemas_.emplace(name, std::string()); // the name is taken while the parts are written
    schemas_[name] = struct_schema<T>(this);
    return name;
}

/// The schema of `T` as JSON text, on one line, nothing shared or referenced.
template <class T>
std::string schema_of() {
    std::string out;
    write_schema<T>(out);
    return out;
}

} // namespace gem::api
