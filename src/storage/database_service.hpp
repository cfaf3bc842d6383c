// What the application layers call: the repositories of one manager, and what is the same for every provider.
#pragma once

#include <memory>

#include "storage/database_interface.hpp"

namespace gem {

/// Owns the manager. The layers above reach storage through this alone and never learn which provider it is, but by
/// `describe()`, for people.
class DatabaseService {
  public:
    explicit DatabaseService(std::unique_ptr<DatabaseManager> manager) : manager_(std::move(manager)) {}

    Async<Result<void>> initialize() { return manager_->connection().initialize(); }
    Async<Result<void>> close() { return manager_->connection().close(); }
    Async<DatabaseHealth> health_check() { return manager_->connection().health_check(); }

    [[nodiscard]] DatabaseConnection& connection() const { return manager_->connection(); }
    [[nodiscard]] EventsRepository& events() const { return manager_->events(); }
    [[nodiscard]] CommitsRepository& commits() const { return manager_->commits(); }
    [[nodiscard]] MetricsRepository& metrics() const { return manager_->metrics(); }
    [[nodiscard]] DatabaseMaintenance& maintenance() const { return manager_->maintenance(); }
    /// For export and import.
    [[nodiscard]] DatabaseManager& manager() const { return *manager_; }

  private:
    std::unique_ptr<DatabaseManager> manager_;
};

} // namespace gem
