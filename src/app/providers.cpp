#include "app/providers.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "storage/dynamodb/dynamodb_manager.hpp"
#include "storage/sqlite/sqlite_manager.hpp"

namespace gem {

namespace {

/// Whether `config` keeps its data in a file that a person can see.
bool is_file(DatabaseConfig const& config) { return config.provider == "sqlite" && config.db_path != ":memory:"; }

} // namespace

DatabaseFactory make_database_factory() {
    DatabaseFactory factory;
    factory.add_provider("sqlite", make_sqlite_manager);
    factory.add_provider("dynamodb", make_dynamodb_manager);
    return factory;
}

std::vector<std::string> built_in_providers() { return {"dynamodb", "sqlite"}; }

Result<std::unique_ptr<DatabaseService>> make_database(DatabaseConfig const& config, Clock const& clock, Log& log) {
    auto manager = make_database_factory().create(config, clock, log);
    if (!manager) return fail(std::move(manager.error()));
    return std::make_unique<DatabaseService>(std::move(*manager));
}

Result<void> require_database(DatabaseConfig const& config) {
    if (!is_file(config)) return {};
    std::error_code error;
    if (std::filesystem::exists(config.db_path, error)) return {};
    return fail(
        ErrorCode::not_found,
        fmt::format("there is no database at \"{}\"; name the right file with --db-path or DATABASE_PATH, or make "
                    "one with `github-events-monitor setup create`",
                    config.db_path));
}

Result<void> require_place(DatabaseConfig const& config) {
    if (!is_file(config)) return {};
    auto directory = std::filesystem::path(config.db_path).parent_path();
    if (directory.empty()) directory = ".";
    std::error_code error;
    if (!std::filesystem::is_directory(directory, error)) {
        return fail(
            ErrorCode::not_found,
            fmt::format("there is no directory \"{}\" to keep the database in; make it first", directory.string()));
    }
    if (::access(directory.c_str(), W_OK | X_OK) != 0) {
        return fail(ErrorCode::unavailable,
                    fmt::format("the directory \"{}\" cannot be written to", directory.string()));
    }
    return {};
}

} // namespace gem
