#include "storage/dynamodb/item_json.hpp"

#include <openssl/evp.h>

#include "base/json.hpp"

namespace gem::dynamodb {

namespace {

void write_base64(std::string& out, std::string_view bytes) {
    auto const start = out.size();
    auto const length = (bytes.size() + 2) / 3 * 4;
    out.resize(start + length + 1); // OpenSSL adds a zero
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + start),
                    reinterpret_cast<unsigned char const*>(bytes.data()), static_cast<int>(bytes.size()));
    out.resize(start + length);
}

std::optional<std::string> read_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    auto const size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<unsigned char const*>(text.data()), static_cast<int>(text.size()));
    if (size < 0 || static_cast<std::size_t>(size) != bytes.size()) return std::nullopt;
    for (auto padding = text.size(); padding > 0 && text[padding - 1] == '='; --padding) bytes.pop_back();
    return bytes;
}

struct ValueWriter {
    std::string& out;

    void operator()(Null) const { out += R"({"NULL":true})"; }
    void operator()(bool flag) const { out += flag ? R"({"BOOL":true})" : R"({"BOOL":false})"; }
    void operator()(std::string const& text) const {
        out += R"({"S":)";
        json::write_string(out, text);
        out += '}';
    }
    void operator()(Number const& number) const {
        out += R"({"N":)";
        json::write_string(out, number.text);
        out += '}';
    }
    void operator()(Binary const& binary) const {
        out += R"({"B":")";
        write_base64(out, binary.bytes);
        out += R"("})";
    }
    void operator()(StringSet const& set) const {
        out += R"({"SS":[)";
        bool first = true;
        for (auto const& text : set.values) {
            if (!first) out += ',';
            first = false;
            json::write_string(out, text);
        }
        out += "]}";
    }
    void operator()(List const& list) const {
        out += R"({"L":[)";
        bool first = true;
        for (auto const& member : list) {
            if (!first) out += ',';
            first = false;
            write_value(out, member);
        }
        out += "]}";
    }
    void operator()(Item const& members) const {
        out += R"({"M":)";
        write_item(out, members);
        out += '}';
    }
};

std::optional<AttributeValue> read_scalar(std::string_view type, std::string_view text) {
    if (type == "S") return AttributeValue{std::string(text)};
    if (type == "N") return AttributeValue{Number{std::string(text)}};
    auto bytes = read_base64(text);
    if (!bytes) return std::nullopt;
    return AttributeValue{Binary{std::move(*bytes)}};
}

std::optional<AttributeValue> read_list(std::string_view type, simdjson::dom::array array) {
    List list;
    StringSet set;
    for (auto const member : array) {
        if (type == "L") {
            auto value = read_value(member);
            if (!value) return std::nullopt;
            list.push_back(std::move(*value));
            continue;
        }
        std::string_view text;
        if (member.get(text) != simdjson::SUCCESS) return std::nullopt;
        if (type == "SS") {
            set.values.emplace(text);
            continue;
        }
        auto value = read_scalar(type == "NS" ? "N" : "B", text);
        if (!value) return std::nullopt;
        list.push_back(std::move(*value));
    }
    if (type == "SS") return AttributeValue{std::move(set)};
    return AttributeValue{std::move(list)};
}

} // namespace

void write_value(std::string& out, AttributeValue const& value) { std::visit(ValueWriter{out}, value.value); }

void write_item(std::string& out, Item const& item) {
    out += '{';
    bool first = true;
    for (auto const& [name, value] : item) {
        if (!first) out += ',';
        first = false;
        json::write_string(out, name);
        out += ':';
        write_value(out, value);
    }
    out += '}';
}

std::optional<AttributeValue> read_value(simdjson::dom::element element) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS || object.size() != 1) return std::nullopt;
    auto const [type, content] = *object.begin();
    if (type == "S" || type == "N" || type == "B") {
        std::string_view text;
        if (content.get(text) != simdjson::SUCCESS) return std::nullopt;
        return read_scalar(type, text);
    }
    if (type == "M") {
        auto members = read_item(content);
        if (!members) return std::nullopt;
        return AttributeValue{std::move(*members)};
    }
    if (type == "L" || type == "SS" || type == "NS" || type == "BS") {
        simdjson::dom::array array;
        if (content.get(array) != simdjson::SUCCESS) return std::nullopt;
        return read_list(type, array);
    }
    bool flag = false;
    if (content.get(flag) != simdjson::SUCCESS) return std::nullopt;
    if (type == "BOOL") return AttributeValue{flag};
    if (type == "NULL") return AttributeValue{Null{}};
    return std::nullopt;
}

std::optional<Item> read_item(simdjson::dom::element element) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return std::nullopt;
    Item item;
    for (auto const [name, content] : object) {
        auto value = read_value(content);
        if (!value) return std::nullopt;
        item.emplace(std::string(name), std::move(*value));
    }
    return item;
}

std::optional<Item> parse_item(std::string_view text) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
    return read_item(root);
}

} // namespace gem::dynamodb
