// DynamoDBManager: the DynamoDB provider, whole.
#pragma once

#include <memory>

#include "storage/database_factory.hpp"

namespace gem {

/// Asks nobody yet: initialize() does. invalid_argument for an endpoint that cannot be one. `clock` and `log` must
/// outlive the manager.
Result<std::unique_ptr<DatabaseManager>> make_dynamodb_manager(DatabaseConfig const& config, Clock const& clock,
                                                               Log& log);

} // namespace gem
