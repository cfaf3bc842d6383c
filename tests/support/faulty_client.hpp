// A DynamoDB client that dies or freezes at a given request, before it is done or with its answer lost.
#pragma once

#include <functional>

#include "storage/dynamodb/client.hpp"

namespace gem::test {

/// From the request `fails_at` on (counted from 0) nothing is done any more, as if the process had died there. With
/// `answer_lost` that request itself is still done.
class FaultyClient final : public dynamodb::Client {
  public:
    explicit FaultyClient(dynamodb::Client& client) : client_(client) {}

    int fails_at = -1; ///< -1: never
    bool answer_lost = false;
    int asked = 0;
    int freezes_at = -1;               ///< before this request is sent …
    std::function<void()> meanwhile{}; ///< … this happens, and then work goes on as if no time had passed
    std::string rival_does;            ///< the operation of call() that somebody else has done just before

    template <class T>
    using Outcome = dynamodb::Outcome<T>;
    Async<Outcome<std::optional<dynamodb::Item>>> get(dynamodb::GetItem request) override {
        return run<std::optional<dynamodb::Item>>(client_.get(std::move(request)));
    }
    Async<Outcome<void>> put(dynamodb::PutItem request) override { return run<void>(client_.put(std::move(request))); }
    Async<Outcome<dynamodb::Item>> update(dynamodb::UpdateItem request) override {
        return run<dynamodb::Item>(client_.update(std::move(request)));
    }
    Async<Outcome<void>> remove(dynamodb::DeleteItem request) override {
        return run<void>(client_.remove(std::move(request)));
    }
    Async<Outcome<dynamodb::ItemPage>> query(dynamodb::Query request) override {
        return run<dynamodb::ItemPage>(client_.query(std::move(request)));
    }
    Async<Outcome<dynamodb::ItemPage>> scan(dynamodb::Scan request) override {
        return run<dynamodb::ItemPage>(client_.scan(std::move(request)));
    }
    Async<Outcome<std::vector<dynamodb::Item>>> batch_get(std::string table, std::vector<dynamodb::Item> keys,
                                                          bool consistent) override {
        return run<std::vector<dynamodb::Item>>(client_.batch_get(std::move(table), std::move(keys), consistent));
    }
    Async<Outcome<void>> batch_write(std::vector<dynamodb::WriteRequest> requests) override {
        return run<void>(client_.batch_write(std::move(requests)));
    }
    Async<Outcome<void>> transact(std::vector<dynamodb::TransactionPart> parts) override {
        return run<void>(client_.transact(std::move(parts)));
    }
    Async<Outcome<std::vector<std::string>>> list_tables() override { return client_.list_tables(); }
    Async<Outcome<dynamodb::TableDescription>> describe_table(std::string table) override {
        return client_.describe_table(std::move(table));
    }
    Async<Outcome<void>> create_table(dynamodb::TableSpec const& spec) override { return client_.create_table(spec); }
    Async<Outcome<void>> delete_table(std::string table) override { return client_.delete_table(std::move(table)); }
    Async<Outcome<std::string>> call(std::string operation, std::string table, std::string body) override {
        if (operation == rival_does) co_await client_.call(operation, table, body);
        co_return co_await client_.call(std::move(operation), std::move(table), std::move(body));
    }

  private:
    template <class T>
    Async<Outcome<T>> run(Async<Outcome<T>> work) {
        auto const number = asked++;
        bool const dead = fails_at >= 0 && number >= fails_at;
        if (dead && !(number == fails_at && answer_lost)) co_return std::unexpected(died());
        if (number == freezes_at) meanwhile();
        auto outcome = co_await std::move(work);
        if (dead) co_return std::unexpected(died());
        co_return outcome;
    }
    static dynamodb::Failure died() {
        return {.kind = dynamodb::Failure::Kind::timed_out,
                .operation = "any",
                .table = "",
                .aws_code = "",
                .message = "the process died here"};
    }

    dynamodb::Client& client_;
};

} // namespace gem::test
