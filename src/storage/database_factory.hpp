// From a configuration to a manager. A new provider is one line where `app` registers it, and nothing above.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "storage/database_interface.hpp"

namespace gem {

/// What only the provider dynamodb asks for.
struct DynamoDBConfig {
    bool allow_http = false;             ///< plain http to hosts other than this machine
    bool point_in_time_recovery = false; ///< of tables that are made
    bool deletion_protection = false;    ///< likewise
    bool make_tables = true;             ///< initialize() makes those that are missing
    bool every_switch = false;           ///< and sets both, and TTL, of tables that are there as well
    seconds generation_lag{60};          ///< after which others' writes are taken to have changed every answer
    /// Where credentials are looked for: variables such as AWS_PROFILE, and HOME.
    std::map<std::string, std::string> environment{};
};

/// SEED.md's `database_config`.
struct DatabaseConfig {
    std::string provider = "sqlite";
    std::string db_path = "./github_events.db"; ///< sqlite; `:memory:` keeps nothing
    std::string region = "us-east-1";           ///< dynamodb
    std::string table_prefix = "github-events-";
    std::optional<std::string> endpoint_url;
    DynamoDBConfig dynamodb{};
    days retention{0}; ///< 0: keep everything
};

class DatabaseFactory {
  public:
    using Maker = std::function<Result<std::unique_ptr<DatabaseManager>>(DatabaseConfig const&, Clock const&, Log&)>;
    void add_provider(std::string name, Maker maker) { makers_[std::move(name)] = std::move(maker); }
    /// invalid_argument for an unknown provider; names those that there are.
    Result<std::unique_ptr<DatabaseManager>> create(DatabaseConfig const& config, Clock const& clock, Log& log) const;
    [[nodiscard]] std::vector<std::string> providers() const;

  private:
    std::map<std::string, Maker> makers_;
};

} // namespace gem
