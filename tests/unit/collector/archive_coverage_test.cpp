#include "collector/archive_coverage.hpp"

#include <gtest/gtest.h>

#include "support/await.hpp"
#include "support/collecting_store.hpp"

namespace gem {
namespace {

UtcTime at(std::string_view text) { return *parse_time(text); }

struct ArchiveCoverage : testing::Test {
    void gap(std::string const& target, std::string const& from, std::string const& to) {
        auto const key = "coverage#gap#" + target + "#" + from;
        data.state[key] = {.key = key,
                           .value = JsonText::already_validated(
                               fmt::format(R"({{"target":"{}","from":"{}","to":"{}"}})", target, from, to)),
                           .version = 1};
    }
    test::CollectedData data;
    DatabaseService database{std::make_unique<test::CollectingManager>(data)};
};

TEST(HourOfFile, is_told_by_the_name_alone) {
    EXPECT_EQ(hour_of_file("2015-01-01-15.json.gz"), at("2015-01-01T15:00:00Z"));
    EXPECT_EQ(hour_of_file("/some/where/2015-01-01-3.json"), at("2015-01-01T03:00:00Z"));
    for (auto const* const odd : {"2015-01-01.json", "a.json", "2015-01-01-15", "2015-13-01-15.json", "-.json"})
        EXPECT_FALSE(hour_of_file(odd)) << odd;
}

TEST_F(ArchiveCoverage, gaps_become_hours_and_repositories) {
    gap("o/r", "2024-01-01T10:20:00Z", "2024-01-01T12:05:00Z");
    gap("p/q", "2024-01-01T12:00:00Z", "2024-01-01T12:30:00Z");
    gap("org:octo", "2024-01-02T00:00:00Z", "2024-01-02T01:00:00Z");
    gap("user:ada", "2023-01-02T00:00:00Z", "2023-01-02T01:00:00Z");
    auto const fill = test::await(gaps_to_fill(database, at("2024-01-02T03:00:00Z"))).value();
    EXPECT_EQ(fill.hours, (std::vector{at("2024-01-01T10:00:00Z"), at("2024-01-01T11:00:00Z"),
                                       at("2024-01-01T12:00:00Z"), at("2024-01-02T00:00:00Z")}));
    ASSERT_EQ(fill.repos.size(), 2U);
    EXPECT_EQ(fill.repos[0].key(), "o/r");
    EXPECT_EQ(fill.owners, std::vector<std::string>{"octo"});
    ASSERT_EQ(fill.left.size(), 1U);
    EXPECT_TRUE(fill.left[0].starts_with("user:ada"));
}

TEST_F(ArchiveCoverage, hours_that_are_not_published_yet_are_left) {
    gap("o/r", "2024-01-01T10:20:00Z", "2024-01-01T12:05:00Z");
    auto const fill = test::await(gaps_to_fill(database, at("2024-01-01T14:00:00Z"))).value();
    EXPECT_EQ(fill.hours.size(), 2U);
    EXPECT_EQ(fill.left.size(), 1U);
}

TEST_F(ArchiveCoverage, of_a_month_is_one_document) {
    for (auto const* const hour : {"2024-02-01T00:00:00Z", "2024-02-29T23:00:00Z", "2024-02-01T00:00:00Z"})
        ASSERT_TRUE(test::await(vouch_for_hour(database, at(hour), {})));
    ASSERT_EQ(data.count("coverage#archive#*#"), 1U);
    auto const& text = data.state.at("coverage#archive#*#2024-02").value.text();
    EXPECT_EQ(std::ranges::count(text, '1'), 2);
    EXPECT_EQ(text.substr(10 + 28 * 24 + 23, 1), "1");
    EXPECT_EQ(data.state_writes, 2U) << "what is there is not written again";
}

} // namespace
} // namespace gem
