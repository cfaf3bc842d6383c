#include "collector/poll_plan.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace gem {
namespace {

UtcTime const noon = *parse_time("2026-01-15T12:00:00Z");

github::TokenPool::Entry token(std::int64_t remaining, seconds until_reset, std::int64_t limit = 5000) {
    return {.token = "secret",
            .fingerprint = "f",
            .rate = {.limit = limit, .remaining = remaining, .reset = noon + until_reset, .resource = "core"}};
}

PollNews news(std::size_t events, seconds since = minutes(5)) {
    return {.new_events = events, .since_previous = since, .poll_interval = seconds(60), .paged = true, .charged = 2};
}

TEST(PollBudget, spreads_what_is_left_until_the_reset_and_keeps_the_reserve) {
    std::vector const tokens = {token(2600, minutes(30))};
    auto const budget = budget_of(tokens, noon, {.reserve_share = 0.2, .untouched_share = 0.02});
    // 2,600 − 100 untouched − 500 for the details of half an hour.
    EXPECT_EQ(budget.spare, 2000);
    EXPECT_EQ(budget.urgent, 2500);
    EXPECT_NEAR(budget.charged_per_second, 2000.0 / 1800, 0.03);
    EXPECT_DOUBLE_EQ(budget.asked_per_second, 10);
    EXPECT_EQ(budget.renewed, noon + minutes(30));
}

TEST(PollBudget, does_not_rush_what_is_left_at_the_end_of_a_window) {
    std::vector const tokens = {token(4000, seconds(10))};
    EXPECT_LT(budget_of(tokens, noon, {}).charged_per_second, 5000.0 / 3600 * 2);
}

TEST(PollBudget, adds_the_tokens_up_without_those_that_pause) {
    std::vector tokens = {token(1100, hours(1)), token(600, hours(1)), token(5000, hours(1))};
    tokens[2].paused_until = noon + minutes(2);
    auto const budget = budget_of(tokens, noon, {.untouched_share = 0.02});
    EXPECT_EQ(budget.spare, 1000 + 500);
    EXPECT_DOUBLE_EQ(budget.asked_per_second, 20);
    EXPECT_EQ(budget.renewed, noon + minutes(2));
}

TEST(PollBudget, takes_an_unknown_limit_for_githubs_usual_one) {
    std::vector tokens = {github::TokenPool::Entry{.token = "secret"}};
    EXPECT_EQ(budget_of(tokens, noon, {.untouched_share = 0}).spare, 5000);
    tokens[0].token.clear();
    EXPECT_EQ(budget_of(tokens, noon, {.untouched_share = 0}).spare, 60);
    tokens[0] = token(0, seconds(0)); // the window is over
    EXPECT_EQ(budget_of(tokens, noon, {.untouched_share = 0}).spare, 5000);
}

TEST(PollPlan, asks_a_quiet_one_at_the_ceiling) {
    PollPlan plan({});
    plan.note("o/r", news(0));
    EXPECT_EQ(plan.wait("o/r"), minutes(5));
    EXPECT_EQ(plan.wait("never/seen"), minutes(5));
}

TEST(PollPlan, asks_a_busy_one_before_a_third_of_what_github_shows_has_passed) {
    PollPlan plan({});
    plan.note("o/r", news(200)); // in 300 s: 100 pass in 150 s
    EXPECT_EQ(plan.wait("o/r"), seconds(150));
    plan.note("b/b", news(60)); // 100 pass in 500 s, which is beyond the ceiling
    EXPECT_EQ(plan.wait("b/b"), minutes(5));
    plan.note("c/c", news(300, minutes(1))); // 100 pass in 20 s, but GitHub wants 60 s
    EXPECT_EQ(plan.wait("c/c"), minutes(1));
}

TEST(PollPlan, keeps_the_interval_that_github_asks_for_above_the_ceiling) {
    PollPlan plan({});
    auto slow = news(0);
    slow.poll_interval = minutes(20);
    plan.note("o/r", slow);
    EXPECT_EQ(plan.wait("o/r"), minutes(20));
}

TEST(PollPlan, takes_a_full_first_answer_for_a_busy_one) {
    PollPlan plan({});
    plan.note("full/one", {.new_events = 300, .charged = 3});
    plan.note("small/one", {.new_events = 20, .charged = 1});
    EXPECT_EQ(plan.wait("full/one"), minutes(1));
    EXPECT_EQ(plan.wait("small/one"), minutes(5));
}

TEST(PollPlan, follows_a_rise_at_once_and_a_fall_slowly) {
    PollPlan plan({});
    plan.note("o/r", news(10));
    plan.note("o/r", news(250));
    EXPECT_EQ(plan.wait("o/r"), seconds(120));
    plan.note("o/r", news(0, seconds(120)));
    EXPECT_LT(plan.wait("o/r"), seconds(130));
    for (int i = 0; i < 50; ++i) plan.note("o/r", news(0));
    EXPECT_EQ(plan.wait("o/r"), minutes(5));
}

TEST(PollPlan, stretches_the_waits_only_as_far_as_the_budget_asks_and_spares_the_busy) {
    PollPlan plan({});
    for (int i = 0; i < 500; ++i) plan.note("quiet/" + std::to_string(i), news(2));
    plan.note("busy/one", news(250));
    plan.fit({.charged_per_second = 100, .asked_per_second = 100});
    EXPECT_EQ(plan.tightness(), 0);
    plan.fit({.charged_per_second = 4000.0 / 3600, .asked_per_second = 10});
    EXPECT_GT(plan.tightness(), 0);
    EXPECT_LE(plan.tightness(), 1);
    EXPECT_LT(plan.wait("busy/one"), seconds(200));
    EXPECT_GT(plan.wait("quiet/1"), minutes(10));
    plan.fit({.charged_per_second = 100, .asked_per_second = 100});
    EXPECT_EQ(plan.wait("quiet/1"), minutes(5));
}

TEST(PollPlan, asks_no_more_often_a_minute_than_github_wants_even_if_nothing_is_charged) {
    PollPlan plan({});
    for (int i = 0; i < 6000; ++i) plan.note("quiet/" + std::to_string(i), news(0));
    plan.fit({.charged_per_second = 100, .asked_per_second = 10});
    EXPECT_NEAR(static_cast<double>(plan.wait("quiet/1").count()), 600, 5);
}

TEST(PollPlan, says_when_the_budget_cannot_suffice) {
    PollPlan plan({});
    for (int i = 0; i < 500; ++i) plan.note("busy/" + std::to_string(i), news(290, minutes(1)));
    plan.fit({.charged_per_second = 1, .asked_per_second = 10});
    EXPECT_GT(plan.tightness(), 2);
}

TEST(PollPlan, tells_which_one_is_about_to_lose_events) {
    PollPlan plan({});
    plan.note("o/r", news(150));
    EXPECT_NEAR(plan.urgency("o/r", noon, noon + minutes(5)), 0.5, 0.01);
    EXPECT_NEAR(plan.urgency("o/r", noon, noon + minutes(20)), 2, 0.01);
    EXPECT_EQ(plan.urgency("never/seen", {}, noon), 0.5);
}

// --- Simulated weeks -------------------------------------------------------------------------------------------------

/// GitHub as far as a schedule can tell: time lines that grow, of which 300 events are shown; answers that are charged
/// or not; a limit that is renewed each hour.
class SimulatedWeeks {
  public:
    struct TimeLine {
        std::string name;
        double per_hour = 0;
        double phase = 0;   ///< of its day
        double pending = 0; ///< parts of an event that have grown
        std::int64_t unseen = 0;
        std::int64_t total = 0;
        UtcTime last_complete{};
        UtcTime grown{};
        bool asked = false;
        double burst = 1;
        UtcTime due{};
    };

    SimulatedWeeks(std::size_t repositories, double busiest, std::int64_t limit) : limit_(limit) {
        for (std::size_t i = 0; i < repositories; ++i) {
            auto const rank = static_cast<double>(i + 1);
            lines_.push_back({.name = std::to_string(i),
                              .per_hour = busiest / std::pow(rank, 0.9),
                              .phase = std::uniform_real_distribution<double>(0, 1)(random_),
                              .grown = now_});
        }
    }

    void run(days length) {
        auto const end = now_ + length;
        auto window = now_;
        auto fitted = now_ - minutes(1);
        while (now_ < end) {
            if (now_ - window >= hours(1)) {
                window = now_;
                most_charged = std::max(most_charged, charged_);
                charged_ = 0;
            }
            github::TokenPool::Entry entry{.token = "secret"};
            entry.rate = {.limit = limit_, .remaining = limit_ - charged_, .reset = window + hours(1), .resource = {}};
            auto const tokens = std::span(&entry, 1);
            if (now_ - fitted >= minutes(1)) {
                plan.fit(budget_of(tokens, now_, limits));
                tightest = std::max(tightest, plan.tightness());
                fitted = now_;
                for (auto& line : lines_) line.due = line.last_complete + plan.wait(line.name);
            }
            for (auto& line : lines_) {
                if (line.due > now_) continue;
                entry.rate.remaining = limit_ - charged_;
                auto const budget = budget_of(tokens, now_, limits);
                bool const full = plan.urgency(line.name, last(line), now_) > 0.5;
                if ((full ? budget.urgent : budget.spare) < 3) {
                    ++postponed;
                    continue;
                }
                poll(line);
            }
            now_ += seconds(15);
        }
        most_charged = std::max(most_charged, charged_);
    }

    PollPlan plan{{}};
    BudgetLimits limits{.reserve_share = 0.2};
    std::int64_t most_charged = 0; ///< within an hour
    std::int64_t lost = 0;
    std::int64_t events = 0;
    std::int64_t polls = 0;
    std::int64_t not_modified = 0;
    std::int64_t postponed = 0;
    double tightest = 0;
    seconds longest_wait{0};

  private:
    static std::optional<UtcTime> last(TimeLine const& line) {
        return line.asked ? std::optional(line.last_complete) : std::nullopt;
    }

    /// Night and day, and a release now and then that makes ten times as much of a quiet one, from one minute to the
    /// next and for an hour or two, and twice as much of a busy one.
    void grow(TimeLine& line) {
        while (line.grown < now_) {
            auto const step = std::min(seconds(60), now_ - line.grown);
            line.grown += step;
            auto const day = static_cast<double>(to_unix(line.grown) % 86'400) / 86'400;
            auto const chance = std::uniform_real_distribution<double>(0, 1)(random_);
            if (chance < 1.0 / (60 * 24 * 7)) line.burst = line.per_hour < 60 ? 10 : 2;
            if (chance > 1 - 1.0 / 90) line.burst = 1;
            auto const mean = line.per_hour / 3600 * static_cast<double>(step.count()) * line.burst *
                              (1 + 0.8 * std::sin(2 * M_PI * (day + line.phase)));
            auto const grown = std::poisson_distribution<std::int64_t>(mean)(random_);
            line.unseen += grown;
            line.total += grown;
            events += grown;
        }
    }

    void poll(TimeLine& line) {
        grow(line);
        ++polls;
        PollNews answer{.poll_interval = seconds(60), .paged = line.total > 100};
        if (line.asked) {
            answer.since_previous = now_ - line.last_complete;
            longest_wait = std::max(longest_wait, *answer.since_previous);
        }
        if (line.asked && line.unseen == 0) {
            ++not_modified;
        } else {
            answer.new_events = static_cast<std::size_t>(std::min<std::int64_t>(line.unseen, 300));
            auto const pages = static_cast<std::int64_t>((answer.new_events + 99) / 100) + 1;
            answer.charged = answer.paged ? static_cast<std::size_t>(std::min<std::int64_t>(3, pages)) : 1;
            answer.gap = line.asked && line.unseen > 300;
            if (line.asked) lost += std::max<std::int64_t>(0, line.unseen - 300);
            line.unseen = 0;
        }
        charged_ += static_cast<std::int64_t>(answer.charged);
        EXPECT_LE(charged_, limit_);
        line.asked = true;
        line.last_complete = now_;
        plan.note(line.name, answer);
        line.due = now_ + plan.wait(line.name);
    }

    std::int64_t limit_;
    std::int64_t charged_ = 0;
    UtcTime now_ = noon;
    std::mt19937 random_{7};
    std::vector<TimeLine> lines_;
};

TEST(PollPlan, loses_nothing_of_500_repositories_within_5000_requests_an_hour_in_a_simulated_week) {
    SimulatedWeeks weeks(500, 1500, 5000);
    weeks.run(days(7));
    EXPECT_EQ(weeks.lost, 0) << "of " << weeks.events;
    EXPECT_LE(weeks.most_charged, 5000);
    EXPECT_GT(weeks.not_modified, weeks.polls / 20);
    EXPECT_GT(weeks.tightest, 0) << "the budget was not even short";
    RecordProperty("events", std::to_string(weeks.events));
    RecordProperty("polls", std::to_string(weeks.polls));
    RecordProperty("most_charged", std::to_string(weeks.most_charged));
    RecordProperty("not_modified", std::to_string(weeks.not_modified));
    RecordProperty("longest_wait", std::to_string(weeks.longest_wait.count()));
    RecordProperty("tightest", std::to_string(weeks.tightest));
    RecordProperty("postponed", std::to_string(weeks.postponed));
}

TEST(PollPlan, polls_a_few_quiet_ones_at_the_ceiling_without_a_token_in_a_simulated_week) {
    SimulatedWeeks week(4, 6, 60);
    week.limits.reserve_share = 0;
    week.run(days(7));
    EXPECT_EQ(week.lost, 0);
    EXPECT_LE(week.most_charged, 60);
    EXPECT_GT(week.not_modified, week.polls / 2);
}

TEST(PollPlan, never_exceeds_a_budget_that_is_far_too_small_in_a_simulated_day) {
    SimulatedWeeks day(500, 5000, 300);
    day.run(days(1));
    EXPECT_LE(day.most_charged, 300);
    EXPECT_GT(day.tightest, 2);
    EXPECT_GT(day.lost, 0);
}

} // namespace
} // namespace gem
