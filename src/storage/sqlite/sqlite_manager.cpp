#include "storage/sqlite/sqlite_manager.hpp"

#include "storage/sqlite/sqlite_repositories.hpp"
#include "storage/sqlite/sqlite_transfer.hpp"

namespace gem {

namespace {

class SQLiteManager final : public DatabaseManager {
  public:
    SQLiteManager(DatabaseConfig const& config, Clock const& clock, Log& log) : connection_(config, clock, log) {}
    DatabaseConnection& connection() override { return connection_; }
    EventsRepository& events() override { return events_; }
    CommitsRepository& commits() override { return commits_; }
    MetricsRepository& metrics() override { return metrics_; }
    DatabaseMaintenance& maintenance() override { return maintenance_; }
    DatabaseTransfer& transfer() override { return transfer_; }

  private:
    SQLiteConnection connection_;
    SQLiteEventsRepository events_{connection_};
    SQLiteCommitsRepository commits_{connection_};
    SQLiteMetricsRepository metrics_{connection_};
    SQLiteMaintenance maintenance_{connection_, events_};
    SQLiteTransfer transfer_{connection_};
};

} // namespace

Result<std::unique_ptr<DatabaseManager>> make_sqlite_manager(DatabaseConfig const& config, Clock const& clock,
                                                             Log& log) {
    return std::make_unique<SQLiteManager>(config, clock, log);
}

} // namespace gem
