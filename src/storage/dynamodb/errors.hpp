// What can go wrong with DynamoDB: which operation, which table, what AWS called it, and what a person can do.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "storage/dynamodb/attribute_value.hpp"

namespace gem::dynamodb {

struct Failure {
    enum class Kind {
        condition_failed, ///< ConditionalCheckFailedException, or a transaction cancelled by one
        conflict,         ///< TransactionConflict, ResourceInUse: somebody else is at it
        throttled,        ///< still so after all retries
        table_missing,    ///< ResourceNotFoundException: run `setup create`
        access_denied,    ///< the credentials are good but not allowed to do this
        credentials,      ///< none found, expired, not valid; the sources that were tried are in the message
        clock,            ///< the signature's time is too far off: this machine's clock is wrong
        invalid,          ///< ValidationException and the like: a bug of ours, or tables of a foreign form
        unreachable,      ///< no connection, TLS, or not DynamoDB that answers there
        timed_out,        ///< the deadline passed while it was tried
        server,           ///< 5xx after all retries, a damaged answer (CRC32)
    };
    Kind kind = Kind::server;
    std::string operation;          ///< `PutItem`
    std::string table{};            ///< whole name; empty if the operation is about none
    std::string aws_code{};         ///< `ProvisionedThroughputExceededException`; empty if AWS did not answer
    std::string message{};          ///< for a person: what happened and what to do
    std::optional<Item> old_item{}; ///< condition_failed of a single write: what was there
};

template <class T>
using Outcome = std::expected<T, Failure>;

/// As the layers above know it; `retryable` where trying later may help.
Error to_error(Failure const& failure);

} // namespace gem::dynamodb
