// Random histories into the provider and into the model side by side: every answer of every operation must agree.
// A failure tells its seed.
#include "contract/contract_test.hpp"
#include "support/reference_database.hpp"
#include "support/workload.hpp"

namespace gem::test {

namespace {

/// Actor numbers mean nothing across stores: each person is replaced by what that person did, as text.
std::vector<std::string> anonymous(std::vector<ActivityRow> const& rows) {
    std::map<std::int64_t, std::string> deeds;
    for (auto const& row : rows)
        deeds[row.actor] +=
            fmt::format("{} {} {} {} {}; ", to_unix(row.minute), row.type, row.action, row.bot, row.events);
    std::vector<std::string> people;
    for (auto const& [actor, deed] : deeds) people.push_back((actor == 0 ? "unknown: " : "known: ") + deed);
    std::ranges::sort(people);
    return people;
}

std::string text_of(std::optional<UtcTime> time) { return time ? format_time(*time) : "never"; }

std::string text_of(std::vector<RepoActivity> const& answers, bool with_rows) {
    std::string text;
    for (auto const& one : answers) {
        text += fmt::format("{} {}:", one.repo, one.total_events);
        for (auto const& [type, count] : one.counts) text += fmt::format(" {} {}", type, count);
        text += "\n";
        if (!with_rows) continue;
        for (auto const& line : anonymous(one.rows)) text += "  " + line + "\n";
    }
    return text;
}

std::string text_of(std::vector<RepoSummary> const& summaries) {
    std::string text;
    for (auto const& one : summaries)
        text +=
            fmt::format("{} {} {} {}\n", one.repo, one.total_events, text_of(one.first_event), text_of(one.last_event));
    return text;
}

std::string text_of(EventFactsList const& rows) {
    std::string text;
    for (auto const& row : rows)
        text += fmt::format("{} {} {} {} {} {}\n", row.id, row.type, format_time(row.created_at),
                            row.actor_id.value_or(-1), row.actor_login, json::to_string(row.facts));
    return text;
}

std::string text_of(Totals const& totals) {
    return fmt::format("{} {} {} {} {}", totals.events, totals.raw_events, text_of(totals.first_event),
                       text_of(totals.last_event), totals.repositories);
}

bool in_order(std::vector<ActivityRow> const& rows) {
    return std::ranges::is_sorted(
        rows, {}, [](ActivityRow const& row) { return std::tuple(row.minute, row.type, row.action, row.actor); });
}

} // namespace

class Differential : public ContractTest {
  protected:
    static WorkloadOptions history(std::uint32_t seed) { return {.seed = seed, .start = ten_o_clock - hours(60)}; }

    /// A model with the same clock.
    std::unique_ptr<DatabaseManager> make_model(days retention = days(0)) {
        auto model = make_reference_manager(std::make_shared<ReferenceStore>(), clock(), retention);
        wait_ok(model->connection().initialize());
        return model;
    }

    static void insert_both(DatabaseManager& one, DatabaseManager& model, std::vector<Event> const& batch) {
        auto const ours = wait_ok(one.events().insert_events(batch));
        auto const theirs = wait_ok(model.events().insert_events(batch));
        EXPECT_EQ(ours.inserted, theirs.inserted);
        EXPECT_EQ(ours.duplicates, theirs.duplicates);
        EXPECT_EQ(ours.expired, theirs.expired);
        ASSERT_EQ(ours.rejected.size(), theirs.rejected.size());
        for (std::size_t i = 0; i < ours.rejected.size(); ++i)
            EXPECT_EQ(ours.rejected[i].index, theirs.rejected[i].index);
    }

    /// Asks both one question of each kind. `raw_gone`: retention took raw events, so that people are not compared.
    static void compare(DatabaseManager& one, DatabaseManager& model, QuestionMaker& ask, bool raw_gone = false) {
        auto& ours = one.events();
        auto& theirs = model.events();
        auto const window = ask.window();
        auto const name = ask.maybe_repo();
        SCOPED_TRACE(fmt::format("{} to {}, {}", format_time(window.from), format_time(window.to),
                                 name ? name->text() : "everything"));
        auto const same = [&](auto const& question) { EXPECT_EQ(question(ours), question(theirs)); };
        same([&](auto& events) { return wait_ok(events.tally(window, name)); });
        minutes const bucket(ask.number(1, 1440));
        auto const type = ask.type();
        same([&](auto& events) { return wait_ok(events.tally_series(window, bucket, name, std::nullopt)); });
        same([&](auto& events) { return wait_ok(events.tally_series(window, minutes(60), name, type)); });
        if (!raw_gone) same([&](auto& events) { return wait_ok(events.sources(window, name)); });
        auto const limit = ask.number(1, 12);
        same([&](auto& events) { return text_of(wait_ok(events.busiest(window, limit, !raw_gone)), !raw_gone); });
        std::vector<RepoName> const repos = {ask.repo(), ask.repo(), ask.repo()};
        same([&](auto& events) { return text_of(wait_ok(events.activity(window, repos)), !raw_gone); });
        for (auto const& answer : wait_ok(ours.activity(window, repos))) EXPECT_TRUE(in_order(answer.rows));
        auto const one_repo = ask.repo();
        SCOPED_TRACE(one_repo.text());
        same([&](auto& events) { return text_of(wait_ok(events.event_facts(one_repo, window, {}))); });
        same([&](auto& events) { return text_of(wait_ok(events.event_facts(one_repo, window, {type, "PushEvent"}))); });
        if (!raw_gone) {
            same([&](auto& events) {
                auto const summary = wait_ok(events.find_repository(one_repo));
                return text_of(summary ? std::vector{*summary} : std::vector<RepoSummary>());
            });
            same([&](auto& events) { return text_of(wait_ok(events.list_repositories(one_repo.key(), limit))); });
            same([&](auto& events) { return text_of(wait_ok(events.totals())); });
        }
        EventQuery query{.repo = one_repo, .window = window, .limit = ask.number(1, 40)};
        compare_pages(one, model, query);
        query.type = type;
        compare_pages(one, model, query);
        query.actor = ask.actor();
        query.type.reset();
        compare_pages(one, model, query);
        compare_pages(one, model, {.window = ask.short_window(), .limit = 100});
    }

    static void compare_pages(DatabaseManager& one, DatabaseManager& model, EventQuery query) {
        auto their_query = query;
        for (;;) {
            auto const ours = wait_ok(one.events().find_events(query));
            auto const theirs = wait_ok(model.events().find_events(their_query));
            ASSERT_EQ(ours.events, theirs.events);
            ASSERT_EQ(ours.next_cursor.has_value(), theirs.next_cursor.has_value());
            if (!ours.next_cursor) return;
            query.cursor = ours.next_cursor;
            their_query.cursor = theirs.next_cursor;
        }
    }
};
GEM_CONTRACT(Differential);

TEST_P(Differential, every_answer_agrees_with_the_model_while_a_random_history_comes_in) {
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        auto const one = open_elsewhere();
        auto const model = make_model();
        QuestionMaker ask(seed, history(seed));
        for (auto const& batch : make_workload(history(seed))) {
            insert_both(*one, *model, batch);
            compare(*one, *model, ask);
            if (HasFailure()) return;
        }
        for (int i = 0; i < 20 && !HasFailure(); ++i) compare(*one, *model, ask);
        EXPECT_EQ(wait_ok(one->maintenance().verify()).drift_total, 0);
        wait_ok(one->connection().close());
    }
}

TEST_P(Differential, the_order_in_which_events_come_in_does_not_matter) {
    auto events_in = make_workload(history(9));
    auto const model = make_model();
    for (auto const& batch : events_in) wait_ok(model->events().insert_events(batch));
    // An identity that two different events share is decided by who comes first: such ones would differ.
    std::map<EventKey, Event> distinct;
    for (auto const& batch : events_in) {
        for (auto const& event : batch)
            distinct.try_emplace(
                {event.created_at, event.type, event.id, repository_key(event.repo_id, event.repo_name)}, event);
    }
    std::vector<Event> shuffled;
    for (auto const& [key, event] : distinct) shuffled.push_back(event);
    std::mt19937 random(9);
    std::ranges::shuffle(shuffled, random);
    for (std::size_t at = 0; at < shuffled.size(); at += 37)
        insert({shuffled.begin() + static_cast<std::ptrdiff_t>(at),
                shuffled.begin() + static_cast<std::ptrdiff_t>(std::min(at + 37, shuffled.size()))});
    QuestionMaker ask(9, history(9));
    for (int i = 0; i < 40 && !HasFailure(); ++i) compare(database(), *model, ask);
    expect_no_drift();
}

TEST_P(Differential, every_answer_agrees_after_things_were_forgotten) {
    for (std::uint32_t seed = 21; seed <= 23; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        auto const one = open_elsewhere();
        auto const model = make_model();
        QuestionMaker ask(seed, history(seed));
        int round = 0;
        for (auto const& batch : make_workload(history(seed))) {
            insert_both(*one, *model, batch);
            ++round;
            if (round % 10 == 0) {
                auto const name = ask.repo();
                SCOPED_TRACE("forgetting " + name.text());
                EXPECT_EQ(wait_ok(one->maintenance().forget_repository(name)).events,
                          wait_ok(model->maintenance().forget_repository(name)).events);
            } else if (round % 10 == 5) {
                auto const login = ask.actor();
                EXPECT_EQ(wait_ok(one->maintenance().forget_actor(login)).events,
                          wait_ok(model->maintenance().forget_actor(login)).events);
            }
            if (round % 5 == 0) {
                EXPECT_EQ(wait_ok(one->maintenance().verify()).drift_total, 0);
                compare(*one, *model, ask);
            }
            if (HasFailure()) return;
        }
        wait_ok(one->maintenance().rebuild());
        for (int i = 0; i < 20 && !HasFailure(); ++i) compare(*one, *model, ask);
        wait_ok(one->connection().close());
    }
}

TEST_P(Differential, counts_agree_while_retention_takes_raw_events) {
    auto const one = open_elsewhere(days(2));
    auto const model = make_model(days(2));
    QuestionMaker ask(31, history(31));
    int round = 0;
    for (auto const& batch : make_workload(history(31))) {
        insert_both(*one, *model, batch);
        if (++round % 3 == 0) clock().advance(hours(3));
        if (round % 6 == 0) {
            EXPECT_EQ(wait_ok(one->maintenance().apply_retention()), wait_ok(model->maintenance().apply_retention()));
            compare(*one, *model, ask, true);
            EXPECT_EQ(wait_ok(one->maintenance().verify()).drift_total, 0);
        }
        if (HasFailure()) return;
    }
    wait_ok(one->connection().close());
}

} // namespace gem::test
