// The one place that knows which database providers there are.
#pragma once

#include <memory>

#include "storage/database_factory.hpp"
#include "storage/database_service.hpp"

namespace gem {

/// sqlite and dynamodb.
DatabaseFactory make_database_factory();

/// Their names.
std::vector<std::string> built_in_providers();

/// A service over what `config` names; not initialized yet.
Result<std::unique_ptr<DatabaseService>> make_database(DatabaseConfig const& config, Clock const& clock, Log& log);

/// For commands that must not make a database by a slip of the pen: not_found, with what to do, when there is none yet.
/// A provider without a file is taken to be there.
Result<void> require_database(DatabaseConfig const& config);

/// Whether `setup create` could make it: the directory is there and can be written to.
Result<void> require_place(DatabaseConfig const& config);

/// Makes, initializes, hands to `work(DatabaseService&) -> Async<Result<T>>`, closes. The first error counts.
template <class Work>
auto with_database(DatabaseConfig config, Clock const& clock, Log& log, Work work)
    -> std::invoke_result_t<Work&, DatabaseService&> {
    auto database = make_database(config, clock, log);
    if (!database) co_return fail(std::move(database.error()));
    if (auto opened = co_await (*database)->initialize(); !opened) {
        auto const closed = co_await (*database)->close();
        static_cast<void>(closed); // what went wrong first is what matters
        co_return fail(std::move(opened.error()));
    }
    auto answer = co_await work(**database);
    auto closed = co_await (*database)->close();
    if (answer && !closed) co_return fail(std::move(closed.error()));
    co_return answer;
}

} // namespace gem
