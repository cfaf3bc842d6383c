#include "contract/providers.hpp"

#include "storage/dynamodb/dynamodb_manager.hpp"
#include "support/dynamodb_local.hpp"
#include "support/reference_database.hpp"
#include "support/run_async.hpp"

#if __has_include("storage/sqlite/sqlite_manager.hpp")
#define GEM_HAS_SQLITE 1
#include "storage/database_factory.hpp"
#include "storage/sqlite/sqlite_manager.hpp"
#endif

namespace gem::test {

namespace {

Provider model_provider() {
    // What stands for the disk: one store for each place.
    auto const stores = std::make_shared<std::map<std::filesystem::path, std::shared_ptr<ReferenceStore>>>();
    auto const make = [stores](Clock const& clock, Log&, ProviderOptions const& options) {
        auto& store = (*stores)[options.place];
        if (!store) store = std::make_shared<ReferenceStore>();
        return make_reference_manager(store, clock, options.retention);
    };
    return {.name = "model", .make = make, .shared = true, .backups = false, .open_backup = {}, .is_model = true};
}

#ifdef GEM_HAS_SQLITE
std::unique_ptr<DatabaseManager> make_sqlite(Clock const& clock, Log& log, std::string path, days retention) {
    return expect_ok(make_sqlite_manager(
        DatabaseConfig{.provider = "sqlite", .db_path = std::move(path), .retention = retention}, clock, log));
}

std::unique_ptr<DatabaseManager> open_sqlite_file(Clock const& clock, Log& log, std::filesystem::path const& file) {
    return make_sqlite(clock, log, file.string(), days(0));
}

Provider sqlite_file() {
    auto const make = [](Clock const& clock, Log& log, ProviderOptions const& options) {
        return make_sqlite(clock, log, (options.place / "events.db").string(), options.retention);
    };
    return {.name = "sqlite_file", .make = make, .shared = true, .backups = true, .open_backup = open_sqlite_file};
}

Provider sqlite_memory() {
    auto const make = [](Clock const& clock, Log& log, ProviderOptions const& options) {
        return make_sqlite(clock, log, ":memory:", options.retention);
    };
    return {.name = "sqlite_memory", .make = make, .shared = false, .backups = false, .open_backup = {}};
}
#endif

/// Tables of their own for each place.
Provider dynamodb_local() {
    auto const prefixes = std::make_shared<std::map<std::filesystem::path, std::string>>();
    auto const make = [prefixes](Clock const& clock, Log& log, ProviderOptions const& options) {
        auto& prefix = (*prefixes)[options.place];
        if (prefix.empty()) prefix = DynamoDbLocal::unique_prefix();
        DatabaseConfig config{.provider = "dynamodb",
                              .table_prefix = prefix,
                              .endpoint_url = DynamoDbLocal::instance().url(),
                              .retention = options.retention};
        config.dynamodb.environment = {{"AWS_ACCESS_KEY_ID", "test"}, {"AWS_SECRET_ACCESS_KEY", "secret"}};
        return expect_ok(make_dynamodb_manager(config, clock, log));
    };
    return {.name = "dynamodb_local",
            .make = make,
            .shared = true,
            .backups = false,
            .open_backup = {},
            .keeps_arrivals = false};
}

} // namespace

std::vector<Provider> providers() {
    return {
        model_provider(),
#ifdef GEM_HAS_SQLITE
        sqlite_file(),
        sqlite_memory(),
#endif
        dynamodb_local(),
    };
}

} // namespace gem::test
