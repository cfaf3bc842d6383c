#include "contract/contract_test.hpp"

#include <unistd.h>

#include <numeric>

namespace gem::test {

ContractTest::ContractTest() : log_(clock_, LogLevel::off, LogFormat::text, [](std::string_view) {}) {
    auto pattern = (std::filesystem::temp_directory_path() / "gem-contract-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a directory for the test");
    place_ = pattern;
    database_ = open();
}

ContractTest::~ContractTest() {
    if (database_) (void)run_to_end(database_->connection().close());
    database_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(place_, ignored);
}

std::unique_ptr<DatabaseManager> ContractTest::open(days retention) {
    auto manager = GetParam().make(clock_, log_, {.place = place_, .retention = retention});
    wait_ok(manager->connection().initialize());
    return manager;
}

void ContractTest::reopen(days retention) {
    wait_ok(database_->connection().close());
    database_.reset();
    database_ = open(retention);
}

std::unique_ptr<DatabaseManager> ContractTest::open_elsewhere(days retention) {
    auto const elsewhere = place_ / fmt::format("other{}", ++others_);
    std::filesystem::create_directory(elsewhere);
    auto manager = GetParam().make(clock_, log_, {.place = elsewhere, .retention = retention});
    wait_ok(manager->connection().initialize());
    return manager;
}

std::vector<Event> ContractTest::find_all(EventQuery query) {
    std::vector<Event> all;
    for (;;) {
        auto page = wait_ok(events().find_events(query));
        all.insert(all.end(), page.events.begin(), page.events.end());
        if (!page.next_cursor) return all;
        if (page.events.empty()) throw std::runtime_error("an empty page promises more");
        query.cursor = page.next_cursor;
    }
}

void ContractTest::expect_no_drift() {
    auto const report = wait_ok(maintenance().verify());
    EXPECT_EQ(report.drift_total, 0);
    for (auto const& drift : report.drift)
        ADD_FAILURE() << drift.where << ": counted " << drift.counted << ", stored " << drift.stored;
    EXPECT_EQ(report.events, wait_ok(events().totals()).raw_events);
    auto const findings = wait_ok(maintenance().check());
    EXPECT_TRUE(findings.empty()) << (findings.empty() ? "" : findings.front());
}

std::vector<std::string> ids_of(std::vector<Event> const& events) {
    std::vector<std::string> ids;
    for (auto const& event : events) ids.push_back(event.id);
    return ids;
}

std::int64_t count_of(std::vector<Tally> const& tallies, std::string_view type) {
    return std::accumulate(tallies.begin(), tallies.end(), std::int64_t{0},
                           [&](auto sum, auto const& tally) { return tally.type == type ? sum + tally.events : sum; });
}

} // namespace gem::test
