// A client of DynamoDB Local with everything it works with, and tables for tests.
#pragma once

#include <memory>

#include "storage/dynamodb/dynamodb_client.hpp"
#include "support/dynamodb_local.hpp"

namespace gem::test {

/// The client's parts, alive as long as it.
struct DynamoClient {
    explicit DynamoClient(dynamodb::ClientOptions options = {},
                          dynamodb::Credentials keys = {.access_key_id = "test", .secret_access_key = "secret"})
        : log(clock, LogLevel::off, LogFormat::text, [](std::string_view) {}),
          credentials(dynamodb::fixed_credentials(std::move(keys))) {
        if (!options.endpoint_url) options.endpoint_url = DynamoDbLocal::instance().url();
        auto made = dynamodb::make_client(std::move(options), {http, *credentials, capacity, clock, log});
        if (!made) throw std::runtime_error(made.error().message);
        client = std::move(*made);
    }
    /// With a prefix that no other test has.
    static dynamodb::ClientOptions own_tables() { return {.table_prefix = DynamoDbLocal::unique_prefix()}; }

    dynamodb::Client* operator->() const { return client.get(); }

    SystemClock clock;
    Log log;
    http::CurlClient http;
    std::unique_ptr<dynamodb::CredentialsProvider> credentials;
    dynamodb::CapacityMeter capacity;
    std::unique_ptr<dynamodb::Client> client;
};

/// A failure as gtest shows it.
inline std::string told(dynamodb::Failure const& failure) {
    return failure.operation + " " + failure.table + " " + failure.aws_code + ": " + failure.message;
}

/// What a coroutine of the client came to; throws its failure.
template <class T>
T ok(Async<dynamodb::Outcome<T>> coroutine) {
    auto wrap = [](Async<dynamodb::Outcome<T>> inner) -> Async<std::optional<dynamodb::Outcome<T>>> {
        co_return co_await std::move(inner);
    };
    auto outcome = std::move(*run_to_end(wrap(std::move(coroutine))));
    if (!outcome) throw std::runtime_error(told(outcome.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

/// The failure that a coroutine of the client came to; throws if it succeeded.
template <class T>
dynamodb::Failure failure_of(Async<dynamodb::Outcome<T>> coroutine) {
    auto wrap = [](Async<dynamodb::Outcome<T>> inner) -> Async<std::optional<dynamodb::Outcome<T>>> {
        co_return co_await std::move(inner);
    };
    auto outcome = std::move(*run_to_end(wrap(std::move(coroutine))));
    if (outcome) throw std::runtime_error("expected a failure");
    return std::move(outcome.error());
}

} // namespace gem::test
