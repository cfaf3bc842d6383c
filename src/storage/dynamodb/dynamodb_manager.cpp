#include "storage/dynamodb/dynamodb_manager.hpp"

#include "http/client.hpp"
#include "storage/dynamodb/dynamodb_client.hpp"
#include "storage/dynamodb/dynamodb_commits.hpp"
#include "storage/dynamodb/dynamodb_connection.hpp"
#include "storage/dynamodb/dynamodb_forgetter.hpp"
#include "storage/dynamodb/dynamodb_maintenance.hpp"
#include "storage/dynamodb/dynamodb_metrics.hpp"
#include "storage/dynamodb/dynamodb_transfer.hpp"

namespace gem {

namespace {

dynamodb::CredentialSources credential_sources(DatabaseConfig const& config) {
    auto const variable = [environment = config.dynamodb.environment](std::string const& name) {
        auto const found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    return {.variable = variable, .region = config.region};
}

/// What the client needs, made before it.
struct Ground {
    Ground(DatabaseConfig const& config, Clock const& clock, Log& log)
        : credentials(dynamodb::credentials_chain(credential_sources(config), http, clock, log)) {}
    http::CurlClient http;
    std::unique_ptr<dynamodb::CredentialsProvider> credentials;
    dynamodb::CapacityMeter capacity;
};

class DynamoDBManager final : public DatabaseManager {
  public:
    DynamoDBManager(std::unique_ptr<Ground> ground, std::unique_ptr<dynamodb::Client> client,
                    DatabaseConfig const& config, Clock const& clock, Log& log)
        : ground_(std::move(ground)), client_(std::move(client)), usage_(*client_, ground_->capacity, clock),
          context_{.client = *client_,
                   .clock = clock,
                   .log = log,
                   .retention = config.retention,
                   .lag = config.dynamodb.generation_lag,
                   .usage = &usage_},
          connection_(config, context_, filing_) {}
    DatabaseConnection& connection() override { return connection_; }
    EventsRepository& events() override { return events_; }
    CommitsRepository& commits() override { return commits_; }
    MetricsRepository& metrics() override { return metrics_; }
    DatabaseMaintenance& maintenance() override { return maintenance_; }
    DatabaseTransfer& transfer() override { return transfer_; }

  private:
    std::unique_ptr<Ground> ground_;
    std::unique_ptr<dynamodb::Client> client_;
    dynamodb::UsageLedger usage_;
    dynamodb::DynamoDBContext context_;
    DynamoDBEventsRepository events_{context_};
    dynamodb::Filing filing_{context_, events_};
    DynamoDBCommitsRepository commits_{context_, filing_};
    DynamoDBMetricsRepository metrics_{context_, filing_};
    DynamoDBForgetter forgetter_{context_, filing_, commits_};
    DynamoDBMaintenance maintenance_{context_, events_, &forgetter_};
    DynamoDBTransfer transfer_{context_, commits_};
    DynamoDBConnection connection_;
};

} // namespace

Result<std::unique_ptr<DatabaseManager>> make_dynamodb_manager(DatabaseConfig const& config, Clock const& clock,
                                                               Log& log) {
    auto ground = std::make_unique<Ground>(config, clock, log);
    dynamodb::ClientOptions options;
    options.region = config.region;
    options.endpoint_url = config.endpoint_url;
    options.table_prefix = config.table_prefix;
    options.allow_plain_http = config.dynamodb.allow_http;
    auto client = dynamodb::make_client(std::move(options), {.http = ground->http,
                                                             .credentials = *ground->credentials,
                                                             .capacity = ground->capacity,
                                                             .clock = clock,
                                                             .log = log});
    if (!client) return fail(std::move(client.error()));
    return std::make_unique<DynamoDBManager>(std::move(ground), std::move(*client), config, clock, log);
}

} // namespace gem
