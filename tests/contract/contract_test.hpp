// The fixture of the contract tests: one provider, an own empty place, a clock that stands still.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "contract/providers.hpp"
#include "support/event_maker.hpp"
#include "support/manual_clock.hpp"
#include "support/run_async.hpp"

namespace gem::test {

class ContractTest : public testing::TestWithParam<Provider> {
  protected:
    ContractTest();
    ~ContractTest() override;

    /// Another manager at this test's place, initialized: a second process, where the provider is shared.
    std::unique_ptr<DatabaseManager> open(days retention = days(0));
    /// Closes the manager under test and opens another at the same place.
    void reopen(days retention = days(0));
    /// An empty database of this provider elsewhere.
    std::unique_ptr<DatabaseManager> open_elsewhere(days retention = days(0));

    [[nodiscard]] DatabaseManager& database() { return *database_; }
    [[nodiscard]] EventsRepository& events() { return database_->events(); }
    [[nodiscard]] CommitsRepository& commits() { return database_->commits(); }
    [[nodiscard]] MetricsRepository& metrics() { return database_->metrics(); }
    [[nodiscard]] DatabaseMaintenance& maintenance() { return database_->maintenance(); }
    [[nodiscard]] std::filesystem::path const& place() const { return place_; }
    [[nodiscard]] ManualClock& clock() { return clock_; }
    [[nodiscard]] Log& log() { return log_; }

    InsertResult insert(std::vector<Event> batch) { return wait_ok(events().insert_events(std::move(batch))); }
    std::vector<Event> find(EventQuery query) { return wait_ok(events().find_events(std::move(query))).events; }
    /// Every event of a question, page by page.
    std::vector<Event> find_all(EventQuery query);
    std::int64_t total() { return wait_ok(events().totals()).events; }
    /// verify() finds nothing, and has looked at every raw event.
    void expect_no_drift();

  private:
    ManualClock clock_;
    Log log_;
    std::filesystem::path place_;
    int others_ = 0;
    std::unique_ptr<DatabaseManager> database_;
};

/// Runs the tests of `suite` (a ContractTest) on every provider.
#define GEM_CONTRACT(suite)                                                                                            \
    INSTANTIATE_TEST_SUITE_P(contract, suite, testing::ValuesIn(gem::test::providers()),                               \
                             [](auto const& test) { return test.param.name; })

/// The ids, in the order of the events.
std::vector<std::string> ids_of(std::vector<Event> const& events);

/// What tally() counted for `type` over all its actions.
std::int64_t count_of(std::vector<Tally> const& tallies, std::string_view type);

} // namespace gem::test
