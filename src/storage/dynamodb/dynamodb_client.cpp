#include "storage/dynamodb/dynamodb_client.hpp"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "base/json.hpp"
#include "storage/dynamodb/caller.hpp"
#include "storage/dynamodb/endpoint.hpp"
#include "storage/dynamodb/in_flight.hpp"
#include "storage/dynamodb/item_json.hpp"
#include "storage/dynamodb/request_json.hpp"

namespace gem::dynamodb {

namespace {

constexpr std::size_t writes_of_a_batch = 25;
constexpr std::size_t keys_of_a_batch = 100;
constexpr std::size_t bytes_of_a_batch = 900'000; // below libcurl's `Expect: 100-continue`

/// An answer that is DynamoDB's and cannot be read all the same.
std::unexpected<Failure> unreadable(std::string operation, std::string table) {
    return std::unexpected(Failure{.kind = Failure::Kind::server,
                                   .operation = std::move(operation),
                                   .table = std::move(table),
                                   .message = "its answer cannot be understood"});
}

/// The items of an array; nothing if one cannot be read.
std::optional<std::vector<Item>> read_items(simdjson::simdjson_result<simdjson::dom::element> element) {
    simdjson::dom::array array;
    if (element.get(array) != simdjson::SUCCESS) return std::nullopt;
    std::vector<Item> items;
    items.reserve(array.size());
    for (auto const one : array) {
        auto item = read_item(one);
        if (!item) return std::nullopt;
        items.push_back(std::move(*item));
    }
    return items;
}

std::optional<ItemPage> read_page(simdjson::dom::element root) {
    auto items = read_items(root["Items"]);
    if (!items) return std::nullopt;
    ItemPage page{.items = std::move(*items)};
    simdjson::dom::element next;
    if (root["LastEvaluatedKey"].get(next) == simdjson::SUCCESS) {
        page.next = read_item(next);
        if (!page.next) return std::nullopt;
    }
    if (root["ScannedCount"].get(page.scanned) != simdjson::SUCCESS) page.scanned = 0;
    return page;
}

/// What a batch left undone, by table, as JSON again. `member` is the list's name within the table (keys), or empty.
std::vector<BatchMember> read_unprocessed(simdjson::dom::element root, std::string_view name, std::string_view member) {
    std::vector<BatchMember> rest;
    simdjson::dom::object tables;
    if (root[name].get(tables) != simdjson::SUCCESS) return rest;
    for (auto const [table, content] : tables) {
        simdjson::dom::array list;
        auto const found = member.empty() ? content.get(list) : content[member].get(list);
        if (found != simdjson::SUCCESS) continue;
        for (auto const one : list) rest.push_back({.table = std::string(table), .json = simdjson::minify(one)});
    }
    return rest;
}

/// Takes as many from the end as fit into one request, at least one.
std::vector<BatchMember> take_batch(std::vector<BatchMember>& from, std::size_t most) {
    std::vector<BatchMember> batch;
    std::size_t bytes = 0;
    while (!from.empty() && batch.size() < most) {
        bytes += from.back().json.size();
        if (!batch.empty() && bytes > bytes_of_a_batch) break;
        batch.push_back(std::move(from.back()));
        from.pop_back();
    }
    return batch;
}

/// A random token, by which DynamoDB knows a transaction that is sent again.
std::string transaction_token() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

class HttpDynamoClient final : public Client {
  public:
    HttpDynamoClient(ClientOptions options, Endpoint endpoint, ClientParts parts)
        : caller_(std::move(options), std::move(endpoint), parts) {}

    Async<Outcome<std::optional<Item>>> get(GetItem request) override {
        auto answer = co_await run("GetItem", request);
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        simdjson::dom::element element;
        if (answer->root()["Item"].get(element) != simdjson::SUCCESS) co_return std::optional<Item>();
        auto item = read_item(element);
        if (!item) co_return unreadable("GetItem", whole(request.table));
        co_return item;
    }

    Async<Outcome<void>> put(PutItem request) override { return run_without_answer("PutItem", std::move(request)); }

    Async<Outcome<Item>> update(UpdateItem request) override {
        auto answer = co_await run("UpdateItem", request);
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        simdjson::dom::element element;
        if (answer->root()["Attributes"].get(element) != simdjson::SUCCESS) co_return Item();
        auto item = read_item(element);
        if (!item) co_return unreadable("UpdateItem", whole(request.table));
        co_return std::move(*item);
    }

    Async<Outcome<void>> remove(DeleteItem request) override {
        return run_without_answer("DeleteItem", std::move(request));
    }

    Async<Outcome<ItemPage>> query(Query request) override { return run_page("Query", std::move(request)); }
    Async<Outcome<ItemPage>> scan(Scan request) override { return run_page("Scan", std::move(request)); }

    Async<Outcome<std::vector<Item>>> batch_get(std::string table, std::vector<Item> keys, bool consistent) override;
    Async<Outcome<void>> batch_write(std::vector<WriteRequest> requests) override;

    Async<Outcome<void>> transact(std::vector<TransactionPart> parts) override {
        auto body = body_of(parts, transaction_token(), caller_.prefix());
        auto answer = co_await caller_.run({.operation = "TransactWriteItems", .table = {}, .body = std::move(body)});
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        co_return Outcome<void>();
    }

    Async<Outcome<std::vector<std::string>>> list_tables() override;
    Async<Outcome<TableDescription>> describe_table(std::string table) override;

    Async<Outcome<void>> create_table(TableSpec const& spec) override {
        return create(whole(spec.name), create_table_body(spec, caller_.prefix()));
    }

    Async<Outcome<void>> delete_table(std::string table) override {
        auto answer = co_await caller_.run(about_table("DeleteTable", table));
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        co_return Outcome<void>();
    }

    Async<Outcome<std::string>> call(std::string operation, std::string table, std::string body) override {
        auto answer =
            co_await caller_.run({.operation = std::move(operation), .table = whole(table), .body = std::move(body)});
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        co_return answer->body();
    }

  private:
    [[nodiscard]] std::string whole(std::string_view table) const {
        return table.empty() ? std::string() : std::string(caller_.prefix()).append(table);
    }

    template <class Request>
    Async<Outcome<Answer>> run(std::string operation, Request const& request) {
        return caller_.run({.operation = std::move(operation),
                            .table = whole(request.table),
                            .body = body_of(request, caller_.prefix())});
    }

    template <class Request>
    Async<Outcome<void>> run_without_answer(std::string operation, Request request) {
        auto answer = co_await run(std::move(operation), request);
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        co_return Outcome<void>();
    }

    template <class Request>
    Async<Outcome<ItemPage>> run_page(std::string operation, Request request) {
        auto answer = co_await run(operation, request);
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        auto page = read_page(answer->root());
        if (!page) co_return unreadable(std::move(operation), whole(request.table));
        co_return std::move(*page);
    }

    Async<Outcome<void>> create(std::string table, std::string body) {
        auto answer =
            co_await caller_.run({.operation = "CreateTable", .table = std::move(table), .body = std::move(body)});
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        co_return Outcome<void>();
    }

    Call about_table(std::string operation, std::string_view table) const {
        auto name = whole(table);
        std::string body = R"({"TableName":)";
        json::write_string(body, name);
        body += '}';
        return {.operation = std::move(operation), .table = std::move(name), .body = std::move(body)};
    }

    /// Waits before the rest of a batch is sent again; a failure when it was refused too often. `progressed`: some of
    /// it was taken, so the count begins anew.
    Async<Outcome<void>> pause_for_rest(Retry* retry, bool progressed, Call const* call);
    Async<Outcome<void>> write_batch(std::vector<BatchMember> members);
    Async<Outcome<std::vector<Item>>> get_batch(std::vector<BatchMember> keys, bool consistent);

    Caller caller_;
};

Async<Outcome<void>> HttpDynamoClient::pause_for_rest(Retry* retry, bool progressed, Call const* call) {
    if (progressed) *retry = Retry(caller_.options().retry, caller_.options().deadline);
    auto const pause = retry->next({}, Caller::random());
    if (!pause) {
        co_return std::unexpected(
            Failure{.kind = Failure::Kind::throttled,
                    .operation = call->operation,
                    .table = call->table,
                    .message = fmt::format("DynamoDB left items of a batch undone {} times in a row: it takes no more "
                                           "just now",
                                           retry->attempts())});
    }
    co_await caller_.options().sleep(*pause);
    co_return Outcome<void>();
}

Async<Outcome<void>> HttpDynamoClient::write_batch(std::vector<BatchMember> members) {
    Retry retry(caller_.options().retry, caller_.options().deadline);
    while (!members.empty()) {
        auto const batch = take_batch(members, writes_of_a_batch);
        bool const one_table =
            std::ranges::all_of(batch, [&](BatchMember const& member) { return member.table == batch.front().table; });
        Call const call{.operation = "BatchWriteItem",
                        .table = one_table ? batch.front().table : std::string(),
                        .body = batch_write_body(batch)};
        auto answer = co_await caller_.run(call);
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        auto rest = read_unprocessed(answer->root(), "UnprocessedItems", "");
        if (rest.empty()) continue;
        bool const progressed = rest.size() < batch.size();
        std::ranges::move(rest, std::back_inserter(members));
        if (auto paused = co_await pause_for_rest(&retry, progressed, &call); !paused) co_return paused;
    }
    co_return Outcome<void>();
}

Async<Outcome<void>> HttpDynamoClient::batch_write(std::vector<WriteRequest> requests) {
    auto const batches = (requests.size() + writes_of_a_batch - 1) / writes_of_a_batch;
    auto const write = [&](std::size_t number) {
        std::vector<BatchMember> members;
        auto const begin = number * writes_of_a_batch;
        auto const end = std::min(begin + writes_of_a_batch, requests.size());
        for (auto i = begin; i < end; ++i) {
            members.push_back({.table = whole(requests[i].table), .json = batch_member_of(requests[i])});
        }
        return write_batch(std::move(members));
    };
    co_return co_await run_in_flight(batches, caller_.options().batches_in_flight, write);
}

Async<Outcome<std::vector<Item>>> HttpDynamoClient::get_batch(std::vector<BatchMember> keys, bool consistent) {
    Retry retry(caller_.options().retry, caller_.options().deadline);
    auto const table = keys.front().table;
    std::vector<Item> all;
    while (!keys.empty()) {
        auto const batch = take_batch(keys, keys_of_a_batch);
        Call const call{.operation = "BatchGetItem", .table = table, .body = batch_get_body(batch, consistent)};
        auto answer = co_await caller_.run(call);
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        auto items = read_items(answer->root()["Responses"][table]);
        if (!items) co_return unreadable("BatchGetItem", table);
        std::ranges::move(*items, std::back_inserter(all));
        auto rest = read_unprocessed(answer->root(), "UnprocessedKeys", "Keys");
        if (rest.empty()) continue;
        bool const progressed = rest.size() < batch.size();
        std::ranges::move(rest, std::back_inserter(keys));
        auto paused = co_await pause_for_rest(&retry, progressed, &call);
        if (!paused) co_return std::unexpected(std::move(paused.error()));
    }
    co_return all;
}

Async<Outcome<std::vector<Item>>> HttpDynamoClient::batch_get(std::string table, std::vector<Item> keys,
                                                              bool consistent) {
    std::vector<Item> all;
    auto const batches = (keys.size() + keys_of_a_batch - 1) / keys_of_a_batch;
    auto const read = [&](std::size_t number) -> Async<Outcome<void>> {
        std::vector<BatchMember> members;
        auto const begin = number * keys_of_a_batch;
        auto const end = std::min(begin + keys_of_a_batch, keys.size());
        for (auto i = begin; i < end; ++i) {
            BatchMember member{.table = whole(table), .json = {}};
            write_item(member.json, keys[i]);
            members.push_back(std::move(member));
        }
        auto items = co_await get_batch(std::move(members), consistent);
        if (!items) co_return std::unexpected(std::move(items.error()));
        std::ranges::move(*items, std::back_inserter(all));
        co_return Outcome<void>();
    };
    auto done = co_await run_in_flight(batches, caller_.options().batches_in_flight, read);
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return all;
}

Async<Outcome<std::vector<std::string>>> HttpDynamoClient::list_tables() {
    std::vector<std::string> names;
    std::string after;
    do {
        std::string body = "{";
        if (!after.empty()) {
            body += R"("ExclusiveStartTableName":)";
            json::write_string(body, after);
        }
        body += '}';
        auto answer = co_await caller_.run({.operation = "ListTables", .table = {}, .body = std::move(body)});
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        simdjson::dom::array page;
        if (answer->root()["TableNames"].get(page) != simdjson::SUCCESS) co_return unreadable("ListTables", {});
        for (auto const element : page) {
            std::string_view name;
            if (element.get(name) != simdjson::SUCCESS) co_return unreadable("ListTables", {});
            if (name.starts_with(caller_.prefix())) names.emplace_back(name.substr(caller_.prefix().size()));
        }
        std::string_view last;
        if (answer->root()["LastEvaluatedTableName"].get(last) != simdjson::SUCCESS) last = {};
        after = last;
    } while (!after.empty());
    std::ranges::sort(names);
    co_return names;
}

Async<Outcome<TableDescription>> HttpDynamoClient::describe_table(std::string table) {
    auto answer = co_await caller_.run(about_table("DescribeTable", table));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    simdjson::dom::element element;
    if (answer->root()["Table"].get(element) != simdjson::SUCCESS) co_return unreadable("DescribeTable", whole(table));
    auto description = read_table(element, caller_.prefix());
    if (!description) co_return unreadable("DescribeTable", whole(table));
    co_return std::move(*description);
}

} // namespace

Result<std::unique_ptr<Client>> make_client(ClientOptions options, ClientParts parts) {
    auto endpoint = parse_endpoint(options.endpoint_url.value_or(aws_endpoint(options.region)));
    if (!endpoint) return fail(std::move(endpoint.error()));
    if (endpoint->plain && !endpoint->loopback && !options.allow_plain_http) {
        return fail(ErrorCode::invalid_argument,
                    "DYNAMODB_ENDPOINT_URL: plain http is refused to other machines, for anybody on the way could "
                    "read and change what is sent; use https, or set DYNAMODB_ALLOW_HTTP=1");
    }
    return std::make_unique<HttpDynamoClient>(std::move(options), std::move(*endpoint), parts);
}

Async<Outcome<void>> query_all(Client& client, Query request, std::function<bool(Item&&)> take) {
    while (true) {
        auto page = co_await client.query(request);
        if (!page) co_return std::unexpected(std::move(page.error()));
        for (auto& item : page->items) {
            if (!take(std::move(item))) co_return Outcome<void>();
        }
        if (!page->next) co_return Outcome<void>();
        request.start = std::move(page->next);
    }
}

} // namespace gem::dynamodb
