// The nine tables: their keys, indexes and switches; making them, and telling where existing ones differ.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/log.hpp"
#include "storage/dynamodb/client.hpp"
#include "storage/dynamodb/key_names.hpp"
#include "storage/dynamodb/tables.hpp"

namespace gem::dynamodb {

struct TableSwitches {
    bool point_in_time_recovery = false;
    bool deletion_protection = false;
    std::map<std::string, std::string> tags{}; ///< beside `application`, which every table has
};

/// In the order of table_names.
std::vector<TableSpec> table_specs(TableSwitches const& switches = {});

/// What differs in keys or indexes, each a sentence that begins with the table's name; empty when nothing does.
/// Indexes that we do not know are none of our business.
std::vector<std::string> differences(TableSpec const& wanted, TableDescription const& found);

struct TablesState {
    std::vector<TableDescription> found; ///< in the order of table_names, as far as they are there
    std::vector<std::string> missing;
    std::vector<std::string> differences;
};

/// Asks for all nine at once.
Async<Outcome<TablesState>> look_at_tables(Client& client);

/// Makes the tables that are missing and waits until all nine are active; one that another process is making at this
/// moment is waited for. With `every_switch` also sets TTL, recovery and protection of the tables that were there
/// (without it of new ones only). Errors: conflict when a table has foreign keys or indexes (each told), timed_out.
Async<Result<void>> create_tables(Client& client, TableSwitches switches, bool every_switch, Log& log);

/// Removes all of the nine that are there and waits until they are gone. Deletion protection is told, not overcome.
Async<Result<void>> delete_tables(Client& client);

} // namespace gem::dynamodb
