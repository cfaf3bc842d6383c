// The detector: its parts on cases worked out by hand, the whole on simulated weeks with fixed seeds.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "analytics/anomalies.hpp"
#include "analytics/negative_binomial.hpp"

namespace gem {
namespace {

constexpr std::size_t weeks4 = 672;

TEST(NegativeBinomial, has_the_tails_of_its_formula) {
    // mean 3, variance 6: r = 9/3 = 3, p = 1/2; P(n) = C(n + 2, n) / 2^(n + 3): 1/8, 3/16, 6/32 …
    NegativeBinomial const counts(3, 6);
    EXPECT_NEAR(counts.at(0), 0.125, 1e-12);
    EXPECT_NEAR(counts.at(1), 0.1875, 1e-12);
    EXPECT_NEAR(counts.at(2), 0.1875, 1e-12);
    EXPECT_NEAR(counts.at_most(1), 0.3125, 1e-12);
    EXPECT_NEAR(counts.at_most(2), 0.5, 1e-12);
    EXPECT_NEAR(counts.at_least(3), 0.5, 1e-12);
    EXPECT_NEAR(counts.at_least(4) + counts.at_most(3), 1, 1e-12);
    EXPECT_EQ(counts.at_least(0), 1);
    EXPECT_EQ(counts.at_most(-1), 0);
}

TEST(NegativeBinomial, is_nearly_poisson_when_the_variance_is_nearly_the_mean) {
    // Poisson(4): P(X ≤ 1) = 5·e^(−4) = 0.0915782
    EXPECT_NEAR(NegativeBinomial(4, 4.000001).at_most(1), 5 * std::exp(-4), 1e-6);
}

TEST(NegativeBinomial, stays_right_far_out_and_for_great_counts) {
    NegativeBinomial const great(50'000, 60'000);
    EXPECT_NEAR(great.at_least(50'000) + great.at_most(49'999), 1, 1e-9);
    EXPECT_GT(great.at_least(52'000), 0);
    EXPECT_LT(great.at_least(52'000), 1e-10);
}

TEST(ExpectedCount, is_made_of_three_hours_of_four_weeks) {
    constexpr std::size_t place = weeks4 + 1; // the first that has all of its twelve hours behind it
    HourlyCounts counts(place + 1, 0);
    for (std::size_t w = 1; w <= 4; ++w) counts[place - 168 * w] = 5; // the same hour: 20
    counts[place - 168 + 1] = 3;                                      // a neighbour
    counts[place - 2] = 100;                                          // another hour of the week
    EXPECT_NEAR(*expected_count(counts, place), 23.5 / 12, 1e-9);
}

TEST(ExpectedCount, comes_from_the_day_and_the_level_when_the_history_is_short) {
    HourlyCounts counts(weeks4 + 1); // only the last four days are known, two an hour
    for (auto i = weeks4 - 96; i < weeks4; ++i) counts[i] = 2;
    // no hour of the week is known: (0 + 12·2 + 0.5) / 12
    EXPECT_NEAR(*expected_count(counts, weeks4), 24.5 / 12, 1e-9);
    HourlyCounts too_short(weeks4 + 1);
    for (auto i = weeks4 - 71; i < weeks4; ++i) too_short[i] = 2;
    EXPECT_FALSE(expected_count(too_short, weeks4));
}

TEST(Dispersion, is_zero_of_what_never_varies) {
    EXPECT_EQ(dispersion(HourlyCounts(weeks4, 4), weeks4), 0);
    EXPECT_EQ(dispersion(HourlyCounts(weeks4, 0), weeks4), 0);
    EXPECT_EQ(dispersion({}, 0), 0);
}

TEST(Deviations, are_not_looked_for_in_hours_that_nobody_saw) {
    HourlyCounts counts(weeks4 + 3, 4);
    counts[weeks4] = 500;
    counts[weeks4 + 1].reset();
    counts[weeks4 + 2] = 4;
    auto const found = find_deviations(counts, weeks4);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].place, weeks4);
    EXPECT_EQ(found[0].kind, "spike");
    EXPECT_GT(found[0].threshold, 4);
    EXPECT_LT(found[0].threshold, 30);
    EXPECT_EQ(severity_of(found[0].probability), "high");
}

TEST(Deviations, tell_a_drop_from_silence) {
    HourlyCounts counts(weeks4 + 2, 100);
    counts[weeks4] = 20;
    counts[weeks4 + 1] = 0;
    auto const found = find_deviations(counts, weeks4);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].kind, "drop");
    EXPECT_EQ(found[1].kind, "silence");
    EXPECT_GT(found[0].threshold, 20);
    EXPECT_LT(found[0].threshold, 100);
    EXPECT_EQ(found[0].threshold, found[1].threshold);
}

TEST(Deviations, have_the_threshold_as_the_first_count_that_alarms) {
    for (std::int64_t extra = 0; extra < 60; ++extra) {
        HourlyCounts counts(weeks4 + 1, 10);
        counts[weeks4] = 10 + extra;
        auto const found = find_deviations(counts, weeks4);
        if (found.empty()) continue;
        EXPECT_EQ(found[0].threshold, 10 + extra);
        return;
    }
    ADD_FAILURE() << "nothing alarmed";
}

TEST(Deviations, need_a_history) { EXPECT_TRUE(find_deviations(HourlyCounts(50, 1000), 10).empty()); }

TEST(HourlyCounts, know_nothing_of_hours_that_a_gap_touches) {
    constexpr UtcTime noon = from_unix(1'420'113'600);
    std::vector<BucketTally> const found = {{.bucket_start = noon, .counts = {{"PushEvent", 3}}},
                                            {.bucket_start = noon + hours(2), .counts = {{"PushEvent", 4}}}};
    std::vector<CoverageGap> const gaps = {
        {.from = noon + minutes(119), .to = noon + minutes(121), .reason = "two polls did not overlap"}};
    auto const series = hourly_counts({.from = noon - minutes(10), .to = noon + minutes(250)}, found, gaps);
    EXPECT_EQ(series.at("PushEvent"), (HourlyCounts{3, std::nullopt, std::nullopt, 0}));
}

// ---------------------------------------------------------------------------------------------------------------------
// Simulated weeks

/// Four weeks of history and a week more of a series with the season of a day and of a week.
class Simulation {
  public:
    Simulation(double rate, bool poisson, std::uint32_t seed) : rate_(rate), poisson_(poisson), random_(seed) {}

    [[nodiscard]] double mean(std::size_t hour) const {
        auto const of_day = static_cast<double>(hour % 24) / 24 * 2 * std::numbers::pi;
        bool const weekend = hour / 24 % 7 >= 5;
        return rate_ * (1 + 0.5 * std::sin(of_day)) * (weekend ? 0.6 : 1.16);
    }
    std::int64_t draw(double mean) {
        double level = mean;
        if (!poisson_) { // a gamma mixture of Poissons with k = 4 is negative binomial: variance µ + µ²/4
            std::gamma_distribution<double> gamma(4.0, mean / 4.0);
            level = gamma(random_);
        }
        if (level <= 0) return 0;
        std::poisson_distribution<std::int64_t> poisson(level);
        return poisson(random_);
    }
    HourlyCounts weeks() {
        HourlyCounts counts;
        for (std::size_t hour = 0; hour < weeks4 + 168; ++hour) counts.emplace_back(draw(mean(hour)));
        return counts;
    }
    std::size_t any_hour_of_the_last_week() {
        return weeks4 + std::uniform_int_distribution<std::size_t>(0, 167)(random_);
    }

  private:
    double rate_;
    bool poisson_;
    std::mt19937 random_;
};

TEST(Detector, seldom_cries_wolf_and_finds_spikes_in_simulated_weeks) {
    constexpr int weeks = 200;
    for (double const rate : {0.3, 3.0, 30.0}) {
        for (bool const poisson : {true, false}) {
            Simulation simulation(rate, poisson, 20'260'115);
            std::size_t false_alarms = 0;
            int found = 0;
            for (int week = 0; week < weeks; ++week) {
                auto counts = simulation.weeks();
                false_alarms += find_deviations(counts, weeks4).size();
                auto const place = simulation.any_hour_of_the_last_week();
                double const mean = simulation.mean(place);
                counts[place] = *counts[place] + static_cast<std::int64_t>(std::llround(4 * mean + 8));
                auto const deviations = find_deviations(counts, weeks4);
                found += std::ranges::any_of(
                    deviations, [&](Deviation const& each) { return each.place == place && each.kind == "spike"; });
            }
            SCOPED_TRACE(fmt::format("{} an hour, {}: {} false alarms and {} of {} spikes in {} weeks", rate,
                                     poisson ? "Poisson" : "negative binomial", false_alarms, found, weeks, weeks));
            RecordProperty(fmt::format("{}_{}", rate, poisson ? "poisson" : "negative_binomial"),
                           fmt::format("{} alarms, {} found", false_alarms, found));
            EXPECT_LE(false_alarms, weeks / 10);
            EXPECT_GE(found, weeks * 85 / 100);
        }
    }
}

} // namespace
} // namespace gem
