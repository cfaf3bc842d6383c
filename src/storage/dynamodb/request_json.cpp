#include "storage/dynamodb/request_json.hpp"

#include "base/json.hpp"
#include "storage/dynamodb/item_json.hpp"

namespace gem::dynamodb {

namespace {

/// Writes the members of one object.
class Body {
  public:
    Body() = default;
    Body(std::string_view table, std::string_view prefix) { text("TableName", std::string(prefix).append(table)); }

    std::string& raw(std::string_view name) {
        out_ += out_.size() > 1 ? ",\"" : "\"";
        out_ += name;
        out_ += "\":";
        return out_;
    }
    void text(std::string_view name, std::string_view value) { json::write_string(raw(name), value); }
    void text_unless_empty(std::string_view name, std::string_view value) {
        if (!value.empty()) text(name, value);
    }
    void item(std::string_view name, Item const& value) { write_item(raw(name), value); }
    void flag(std::string_view name, bool value) { json::write(raw(name), value); }
    void integer(std::string_view name, std::int64_t value) { json::write(raw(name), value); }
    void names_and_values(std::map<std::string, std::string> const& names, Item const& values) {
        if (!names.empty()) json::write(raw("ExpressionAttributeNames"), names);
        if (!values.empty()) item("ExpressionAttributeValues", values);
    }
    void condition(Expression const& expression) {
        text_unless_empty("ConditionExpression", expression.text);
        names_and_values(expression.names, expression.values);
    }
    void old_item_when_refused(Expression const& expression) {
        if (!expression.text.empty()) text("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
    }
    /// The object without more.
    std::string part() && { return std::move(out_ += '}'); }
    /// The object as a request.
    std::string request() && {
        text("ReturnConsumedCapacity", "INDEXES");
        return std::move(*this).part();
    }

  private:
    std::string out_ = "{";
};

Body put(PutItem const& request, std::string_view prefix) {
    Body body(request.table, prefix);
    body.item("Item", request.item);
    body.condition(request.condition);
    return body;
}

Body update(UpdateItem const& request, std::string_view prefix) {
    Body body(request.table, prefix);
    body.item("Key", request.key);
    body.text("UpdateExpression", request.update);
    body.condition(request.expression);
    return body;
}

Body remove(DeleteItem const& request, std::string_view prefix) {
    Body body(request.table, prefix);
    body.item("Key", request.key);
    body.condition(request.condition);
    return body;
}

struct PartWriter {
    std::string_view prefix;
    std::string operator()(PutItem const& part) const { return R"({"Put":)" + put(part, prefix).part() + '}'; }
    std::string operator()(UpdateItem const& part) const { return R"({"Update":)" + update(part, prefix).part() + '}'; }
    std::string operator()(DeleteItem const& part) const { return R"({"Delete":)" + remove(part, prefix).part() + '}'; }
};

void write_list(std::string& out, std::vector<BatchMember> const& members, std::string_view table) {
    out += '[';
    bool first = true;
    for (auto const& member : members) {
        if (member.table != table) continue;
        if (!first) out += ',';
        first = false;
        out += member.json;
    }
    out += ']';
}

} // namespace

std::string body_of(GetItem const& request, std::string_view prefix) {
    Body body(request.table, prefix);
    body.item("Key", request.key);
    body.flag("ConsistentRead", request.consistent);
    return std::move(body).request();
}

std::string body_of(PutItem const& request, std::string_view prefix) {
    auto body = put(request, prefix);
    body.old_item_when_refused(request.condition);
    return std::move(body).request();
}

std::string body_of(UpdateItem const& request, std::string_view prefix) {
    auto body = update(request, prefix);
    body.old_item_when_refused(request.expression);
    body.text("ReturnValues", "ALL_NEW");
    return std::move(body).request();
}

std::string body_of(DeleteItem const& request, std::string_view prefix) {
    auto body = remove(request, prefix);
    body.old_item_when_refused(request.condition);
    return std::move(body).request();
}

std::string body_of(Query const& request, std::string_view prefix) {
    Body body(request.table, prefix);
    body.text_unless_empty("IndexName", request.index);
    body.text("KeyConditionExpression", request.key_condition.text);
    body.text_unless_empty("FilterExpression", request.filter);
    body.text_unless_empty("ProjectionExpression", request.projection);
    body.names_and_values(request.key_condition.names, request.key_condition.values);
    body.flag("ConsistentRead", request.consistent && request.index.empty());
    if (!request.forward) body.flag("ScanIndexForward", false);
    if (request.limit) body.integer("Limit", *request.limit);
    if (request.start) body.item("ExclusiveStartKey", *request.start);
    return std::move(body).request();
}

std::string body_of(Scan const& request, std::string_view prefix) {
    Body body(request.table, prefix);
    body.text_unless_empty("ProjectionExpression", request.projection);
    body.names_and_values(request.names, {});
    body.flag("ConsistentRead", request.consistent);
    if (request.segments > 1) {
        body.integer("Segment", request.segment);
        body.integer("TotalSegments", request.segments);
    }
    if (request.start) body.item("ExclusiveStartKey", *request.start);
    return std::move(body).request();
}

std::string body_of(std::vector<TransactionPart> const& parts, std::string_view token, std::string_view prefix) {
    Body body;
    auto& out = body.raw("TransactItems");
    out += '[';
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) out += ',';
        out += std::visit(PartWriter{prefix}, parts[i]);
    }
    out += ']';
    body.text("ClientRequestToken", token);
    return std::move(body).request();
}

std::string batch_member_of(WriteRequest const& request) {
    bool const put = request.put_or_delete.index() == 0;
    std::string out = put ? R"({"PutRequest":{"Item":)" : R"({"DeleteRequest":{"Key":)";
    std::visit([&](Item const& item) { write_item(out, item); }, request.put_or_delete);
    out += "}}";
    return out;
}

std::string batch_write_body(std::vector<BatchMember> const& members) {
    Body body;
    auto& out = body.raw("RequestItems");
    std::set<std::string_view> tables;
    for (auto const& member : members) tables.insert(member.table);
    out += '{';
    for (bool first = true; auto const table : tables) {
        if (!first) out += ',';
        first = false;
        json::write_string(out, table);
        out += ':';
        write_list(out, members, table);
    }
    out += '}';
    return std::move(body).request();
}

std::string batch_get_body(std::vector<BatchMember> const& keys, bool consistent) {
    Body body;
    auto& out = body.raw("RequestItems");
    out += '{';
    json::write_string(out, keys.front().table);
    out += R"(:{"Keys":)";
    write_list(out, keys, keys.front().table);
    out += R"(,"ConsistentRead":)";
    json::write(out, consistent);
    out += "}}";
    return std::move(body).request();
}

} // namespace gem::dynamodb
