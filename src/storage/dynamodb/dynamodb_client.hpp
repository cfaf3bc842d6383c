// Makes the client that speaks to DynamoDB over HTTP.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "http/client.hpp"
#include "storage/dynamodb/capacity.hpp"
#include "storage/dynamodb/client.hpp"
#include "storage/dynamodb/credentials.hpp"
#include "storage/dynamodb/retry.hpp"
#include "storage/dynamodb/tables.hpp"

namespace gem::dynamodb {

struct ClientOptions {
    std::string region = "us-east-1";
    std::optional<std::string> endpoint_url{}; ///< nothing: AWS's of the region
    std::string table_prefix = "github-events-";
    bool allow_plain_http = false;              ///< to hosts other than loopback
    std::chrono::milliseconds deadline{30'000}; ///< of one request with all of its tries
    std::chrono::milliseconds attempt{8'000};   ///< of one try
    RetryOptions retry{};
    std::size_t batches_in_flight = 12;
    std::function<Async<void>(std::chrono::nanoseconds)> sleep{}; ///< for tests; empty: really
};

/// What the client works with; all of it outlives the client.
struct ClientParts {
    http::HttpClient& http;
    CredentialsProvider& credentials;
    CapacityMeter& capacity;
    Clock const& clock;
    Log& log;
};

/// Asks nobody yet. invalid_argument for an endpoint that is no URL, or plain http to a host that is not this machine.
Result<std::unique_ptr<Client>> make_client(ClientOptions options, ClientParts parts);

} // namespace gem::dynamodb
