// DynamoDB's API as this program uses it: typed requests, signed, retried, their capacity counted.
//
// Every call is bounded by a deadline, within which throttling, 5xx, time-outs and broken connections are tried again
// (full jitter, capped). A write that is tried again may have been done by the first try: callers must be able to bear
// that (idempotent puts, or conditions by which they recognise their own).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "storage/dynamodb/attribute_value.hpp"
#include "storage/dynamodb/errors.hpp"

namespace gem::dynamodb {

/// A piece of an expression: text with its names (`#n`) and values (`:v`). Empty text: none.
struct Expression {
    std::string text;
    std::map<std::string, std::string> names{}; ///< `#n` to attribute
    Item values{};                              ///< `:v` to value
};

struct GetItem {
    std::string table; ///< without the prefix, here and below
    Item key;
    bool consistent = true;
};

struct PutItem {
    std::string table;
    Item item;
    Expression condition{};
};

struct UpdateItem {
    std::string table;
    Item key;
    std::string update;      ///< `SET #a = :a REMOVE #b`; its names and values are in `expression`
    Expression expression{}; ///< text: the condition
};

struct DeleteItem {
    std::string table;
    Item key;
    Expression condition{};
};

struct Query {
    std::string table;
    std::string index{};      ///< empty: the table itself
    Expression key_condition; ///< names and values of filter and projection too
    std::string filter{};
    std::string projection{};
    bool consistent = true; ///< not on an index
    bool forward = true;    ///< false: descending
    std::optional<std::int64_t> limit{};
    std::optional<Item> start{}; ///< ExclusiveStartKey
};

/// For export, verify and rebuild only; never to answer a request.
struct Scan {
    std::string table;
    std::string projection{};
    std::map<std::string, std::string> names{};
    bool consistent = true;
    int segment = 0;
    int segments = 1;
    std::optional<Item> start{};
};

struct ItemPage {
    std::vector<Item> items;
    std::optional<Item> next{}; ///< LastEvaluatedKey
    std::int64_t scanned = 0;
};

struct WriteRequest {
    std::string table;
    std::variant<Item, Item> put_or_delete; ///< index 0: the item to put, 1: the key to delete
    static WriteRequest put(std::string table, Item item) {
        return {std::move(table), std::variant<Item, Item>(std::in_place_index<0>, std::move(item))};
    }
    static WriteRequest remove(std::string table, Item key) {
        return {std::move(table), std::variant<Item, Item>(std::in_place_index<1>, std::move(key))};
    }
};

using TransactionPart = std::variant<PutItem, UpdateItem, DeleteItem>;

/// What a table should be, or is.
struct TableSpec;
struct TableDescription;

/// Any number of calls at once. The connection that makes it outlives its calls.
class Client {
  public:
    virtual ~Client() = default;

    virtual Async<Outcome<std::optional<Item>>> get(GetItem request) = 0;
    /// A condition that does not hold is Failure::Kind::condition_failed, with the item that was there in `old_item`.
    virtual Async<Outcome<void>> put(PutItem request) = 0;
    /// The item after the update.
    virtual Async<Outcome<Item>> update(UpdateItem request) = 0;
    virtual Async<Outcome<void>> remove(DeleteItem request) = 0;
    /// One page, at most 1 MB on the side of DynamoDB.
    virtual Async<Outcome<ItemPage>> query(Query request) = 0;
    virtual Async<Outcome<ItemPage>> scan(Scan request) = 0;
    /// Any number of keys of one table, none twice; in requests of 100, unprocessed ones asked again. In no order;
    /// what is not there is missing.
    virtual Async<Outcome<std::vector<Item>>> batch_get(std::string table, std::vector<Item> keys, bool consistent) = 0;
    /// Any number of writes, no key twice; in requests of 25, several at once, unprocessed ones written again.
    virtual Async<Outcome<void>> batch_write(std::vector<WriteRequest> requests) = 0;
    /// All or nothing, at most 100. Costs twice the write units. A condition that does not hold: condition_failed.
    virtual Async<Outcome<void>> transact(std::vector<TransactionPart> parts) = 0;

    virtual Async<Outcome<std::vector<std::string>>> list_tables() = 0; ///< of the prefix, without it, sorted
    virtual Async<Outcome<TableDescription>> describe_table(std::string table) = 0;
    virtual Async<Outcome<void>> create_table(TableSpec const& spec) = 0;
    virtual Async<Outcome<void>> delete_table(std::string table) = 0;
    /// UpdateTimeToLive, UpdateContinuousBackups, TagResource, UpdateTable: an operation that is asked once in a while.
    /// `body` is the request's JSON (table names whole); returns the answer's JSON.
    virtual Async<Outcome<std::string>> call(std::string operation, std::string table, std::string body) = 0;
};

/// Page after page of `query` until there is no more or `take` returns false.
Async<Outcome<void>> query_all(Client& client, Query request, std::function<bool(Item&&)> take);

} // namespace gem::dynamodb
