#include "storage/dynamodb/tables.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace gem::dynamodb {

namespace {

void write_member(std::string& out, std::string_view name, std::string_view text) {
    json::write_string(out, name);
    out += ':';
    json::write_string(out, text);
}

void write_key_schema(std::string& out, KeyAttribute const& hash, std::optional<KeyAttribute> const& range) {
    out += R"("KeySchema":[{)";
    write_member(out, "AttributeName", hash.name);
    out += R"(,"KeyType":"HASH"})";
    if (range) {
        out += ",{";
        write_member(out, "AttributeName", range->name);
        out += R"(,"KeyType":"RANGE"})";
    }
    out += ']';
}

void write_index(std::string& out, IndexSpec const& index) {
    out += '{';
    write_member(out, "IndexName", index.name);
    out += ',';
    write_key_schema(out, index.hash, index.range);
    out += R"(,"Projection":{)";
    write_member(out, "ProjectionType", index.projection);
    if (index.projection == "INCLUDE") {
        out += R"(,"NonKeyAttributes":)";
        json::write(out, index.included);
    }
    out += "}}";
}

std::map<std::string, char> key_attributes(TableSpec const& spec) {
    std::map<std::string, char> types;
    auto const note = [&](KeyAttribute const& key) { types.emplace(key.name, key.type); };
    note(spec.hash);
    if (spec.range) note(*spec.range);
    for (auto const& index : spec.indexes) {
        note(index.hash);
        if (index.range) note(*index.range);
    }
    return types;
}

std::string text_at(simdjson::dom::element element, std::string_view name) {
    std::string_view text;
    if (element[name].get(text) != simdjson::SUCCESS) return {};
    return std::string(text);
}

std::int64_t integer_at(simdjson::dom::element element, std::string_view name) {
    std::int64_t value = 0;
    if (element[name].get(value) != simdjson::SUCCESS) return 0;
    return value;
}

std::map<std::string, char> read_types(simdjson::dom::element table) {
    std::map<std::string, char> types;
    simdjson::dom::array definitions;
    if (table["AttributeDefinitions"].get(definitions) != simdjson::SUCCESS) return types;
    for (auto const definition : definitions) {
        auto const type = text_at(definition, "AttributeType");
        types.emplace(text_at(definition, "AttributeName"), type.empty() ? '?' : type.front());
    }
    return types;
}

void read_keys(simdjson::dom::element of, std::map<std::string, char> const& types, KeyAttribute& hash,
               std::optional<KeyAttribute>& range) {
    simdjson::dom::array schema;
    if (of["KeySchema"].get(schema) != simdjson::SUCCESS) return;
    for (auto const part : schema) {
        auto const name = text_at(part, "AttributeName");
        auto const type = types.find(name);
        KeyAttribute const key{.name = name, .type = type == types.end() ? '?' : type->second};
        if (text_at(part, "KeyType") == "HASH")
            hash = key;
        else
            range = key;
    }
}

IndexSpec read_index(simdjson::dom::element element, std::map<std::string, char> const& types) {
    IndexSpec index{.name = text_at(element, "IndexName"), .hash = {}};
    read_keys(element, types, index.hash, index.range);
    simdjson::dom::element projection;
    if (element["Projection"].get(projection) == simdjson::SUCCESS) {
        index.projection = text_at(projection, "ProjectionType");
        simdjson::dom::array included;
        if (projection["NonKeyAttributes"].get(included) == simdjson::SUCCESS) {
            for (auto const name : included) index.included.emplace_back(name.get_string().value());
            std::ranges::sort(index.included);
        }
    }
    return index;
}

} // namespace

bool TableDescription::active() const {
    return status == "ACTIVE" &&
           std::ranges::all_of(index_status, [](auto const& entry) { return entry.second == "ACTIVE"; });
}

std::string create_table_body(TableSpec const& spec, std::string_view prefix) {
    std::string out = "{";
    write_member(out, "TableName", std::string(prefix) + spec.name);
    out += R"(,"BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[)";
    bool first = true;
    for (auto const& [name, type] : key_attributes(spec)) {
        if (!first) out += ',';
        first = false;
        out += '{';
        write_member(out, "AttributeName", name);
        out += ',';
        write_member(out, "AttributeType", std::string_view(&type, 1));
        out += '}';
    }
    out += "],";
    write_key_schema(out, spec.hash, spec.range);
    if (!spec.indexes.empty()) {
        out += R"(,"GlobalSecondaryIndexes":[)";
        for (std::size_t i = 0; i < spec.indexes.size(); ++i) {
            if (i > 0) out += ',';
            write_index(out, spec.indexes[i]);
        }
        out += ']';
    }
    if (spec.deletion_protection) out += R"(,"DeletionProtectionEnabled":true)";
    if (!spec.tags.empty()) {
        out += R"(,"Tags":[)";
        first = true;
        for (auto const& [key, value] : spec.tags) {
            if (!first) out += ',';
            first = false;
            out += '{';
            write_member(out, "Key", key);
            out += ',';
            write_member(out, "Value", value);
            out += '}';
        }
        out += ']';
    }
    out += '}';
    return out;
}

std::optional<TableDescription> read_table(simdjson::dom::element table, std::string_view prefix) {
    if (!table.is_object()) return std::nullopt;
    TableDescription description;
    auto name = text_at(table, "TableName");
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
    description.spec.name = std::move(name);
    description.status = text_at(table, "TableStatus");
    description.arn = text_at(table, "TableArn");
    description.item_count = integer_at(table, "ItemCount");
    description.bytes = integer_at(table, "TableSizeBytes");
    simdjson::dom::element billing;
    // A table that never had another mode than the first default says nothing.
    description.billing_mode = table["BillingModeSummary"].get(billing) == simdjson::SUCCESS
                                   ? text_at(billing, "BillingMode")
                                   : std::string("PROVISIONED");
    bool protection = false;
    description.spec.deletion_protection =
        table["DeletionProtectionEnabled"].get(protection) == simdjson::SUCCESS && protection;
    auto const types = read_types(table);
    read_keys(table, types, description.spec.hash, description.spec.range);
    simdjson::dom::array indexes;
    if (table["GlobalSecondaryIndexes"].get(indexes) == simdjson::SUCCESS) {
        for (auto const element : indexes) {
            auto index = read_index(element, types);
            description.index_status[index.name] = text_at(element, "IndexStatus");
            description.index_bytes[index.name] = integer_at(element, "IndexSizeBytes");
            description.spec.indexes.push_back(std::move(index));
        }
        std::ranges::sort(description.spec.indexes, {}, &IndexSpec::name);
    }
    return description;
}

} // namespace gem::dynamodb
