// Rules and alerts in the database's state store. What changes is claimed by the version of its entry, so that of two
// processes one does it.
#pragma once

#include <vector>

#include "alerts/alert.hpp"
#include "storage/database_service.hpp"

namespace gem::alerts {

inline constexpr std::size_t most_rules = 100;

/// A stored alert, with the version that a change of it has to name.
struct StoredAlert {
    AlertRecord record;
    std::int64_t version = 0;
};

/// For one event loop; the database outlives it.
class AlertStore {
  public:
    explicit AlertStore(DatabaseService& database) : database_(database) {}

    /// Oldest first.
    Async<Result<std::vector<AlertRule>>> rules();
    Async<Result<std::optional<AlertRule>>> rule(std::string id);
    /// Gives it an id and a time; conflict when there are `most_rules`.
    Async<Result<AlertRule>> add_rule(AlertRule rule, UtcTime now);
    /// False if there is none. What it found is closed without a word.
    Async<Result<bool>> remove_rule(std::string id, UtcTime now);
    /// The rule afterwards; nothing if there is none. Disabling closes what it found.
    Async<Result<std::optional<AlertRule>>> enable_rule(std::string id, bool enabled, UtcTime now);

    /// The rule afterwards; nothing if there is none. What it found is closed when it judges otherwise from now on.
    /// Errors of changed_rule(); conflict if somebody else changed it at the same time.
    Async<Result<std::optional<AlertRule>>> change_rule(std::string id, RuleChange change, bool private_addresses,
                                                        UtcTime now);
    /// Removes the rules and the alerts about a repository, whatever the case of its letters. Returns how many there
    /// were.
    Async<Result<std::int64_t>> forget_repository(RepoName repo);

    /// By key: the latest of each rule, repository and cause; `prefix` as alert.hpp tells it.
    Async<Result<std::map<std::string, StoredAlert>>> standing(std::string prefix);
    Async<Result<std::optional<StoredAlert>>> find_standing(std::string key);
    /// Everything kept, newest first by (fired_at, id).
    Async<Result<std::vector<AlertRecord>>> alerts();
    /// The new version; conflict if somebody else changed it first.
    Async<Result<std::int64_t>> put_standing(AlertRecord record, std::int64_t version);
    /// Into the past ones; it may be there already.
    Async<Result<void>> put_past(AlertRecord record);
    /// Into the past, resolved, and what was to be told of it is not. False if somebody else changed it first.
    Async<Result<bool>> close_alert(std::string key, StoredAlert alert, UtcTime now);
    /// All that stand of a rule.
    Async<Result<void>> close_alerts_of(std::string rule_id, UtcTime now);
    /// Removes what is too old or too much.
    Async<Result<std::size_t>> trim(UtcTime now);

  private:
    DatabaseService& database_;
};

} // namespace gem::alerts
