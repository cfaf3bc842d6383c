// Whole runs over small files made here, into a store in memory.
#include "collector/backfill.hpp"

#include <filesystem>
#include <fstream>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/collecting_store.hpp"
#include "support/packed.hpp"
#include "support/shared_data.hpp"

namespace gem {
namespace {

std::string event_line(int id, std::string_view repo = "o/r") {
    return fmt::format(R"({{"id":"{}","type":"WatchEvent","actor":{{"id":1,"login":"a"}},"repo":{{"name":"{}"}},)"
                       R"("payload":{{"action":"started"}},"public":true,"created_at":"2024-01-01T00:00:00Z"}})",
                       id, repo);
}

std::string lines(int from, int to) {
    std::string text;
    for (int i = from; i < to; ++i) text += event_line(i) + "\n";
    return text;
}

/// Counts how many inserts are under way at once, each taking a few turns of the event loop.
class WatchedEvents final : public EventsRepository {
  public:
    explicit WatchedEvents(test::CollectedData& data) : inner_(data) {}
    std::size_t under_way = 0;
    std::size_t most = 0;
    std::size_t largest = 0;
    std::function<void()> before;

    Async<Result<InsertResult>> insert_events(std::vector<Event> batch) override {
        if (before) before();
        most = std::max(most, ++under_way);
        largest = std::max(largest, batch.size());
        for (int turn = 0; turn < 20; ++turn)
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        auto result = co_await inner_.insert_events(std::move(batch));
        --under_way;
        co_return result;
    }
    Async<Result<InsertResult>> restore_events(std::vector<Event> batch) override {
        return inner_.restore_events(std::move(batch));
    }
    Async<Result<ArrivalPage>> arrivals(std::string after, std::size_t limit) override {
        return inner_.arrivals(std::move(after), limit);
    }
    Async<Result<EventPage>> find_events(EventQuery query) override { return inner_.find_events(std::move(query)); }
    Async<Result<std::vector<Tally>>> tally(TimeWindow window, std::optional<RepoName> repo) override {
        return inner_.tally(window, std::move(repo));
    }
    Async<Result<std::vector<BucketTally>>> tally_series(TimeWindow window, minutes bucket,
                                                         std::optional<RepoName> repo,
                                                         std::optional<std::string> type) override {
        return inner_.tally_series(window, bucket, std::move(repo), std::move(type));
    }
    Async<Result<std::vector<RepoActivity>>> busiest(TimeWindow window, std::size_t limit, bool rows) override {
        return inner_.busiest(window, limit, rows);
    }
    Async<Result<std::vector<RepoActivity>>> activity(TimeWindow window, std::vector<RepoName> repos) override {
        return inner_.activity(window, std::move(repos));
    }
    Async<Result<EventFactsList>> event_facts(RepoName repo, TimeWindow window,
                                              std::vector<std::string> types) override {
        return inner_.event_facts(std::move(repo), window, std::move(types));
    }
    Async<Result<std::optional<RepoSummary>>> find_repository(RepoName repo) override {
        return inner_.find_repository(std::move(repo));
    }
    Async<Result<std::vector<RepoSummary>>> list_repositories(std::string after, std::size_t limit) override {
        return inner_.list_repositories(std::move(after), limit);
    }
    Async<Result<Totals>> totals() override { return inner_.totals(); }
    Async<Result<std::vector<std::string>>> sources(TimeWindow window, std::optional<RepoName> repo) override {
        return inner_.sources(window, std::move(repo));
    }

  private:
    test::CollectingEvents inner_;
};

class Manager final : public DatabaseManager {
  public:
    Manager(WatchedEvents& events, test::CollectedData& data) : events_(events), metrics_(data) {}
    DatabaseConnection& connection() override { throw std::logic_error("not in this fake"); }
    EventsRepository& events() override { return events_; }
    CommitsRepository& commits() override { throw std::logic_error("not in this fake"); }
    MetricsRepository& metrics() override { return metrics_; }
    DatabaseMaintenance& maintenance() override { throw std::logic_error("not in this fake"); }

  private:
    WatchedEvents& events_;
    test::CollectingMetrics metrics_;
};

class Backfill : public testing::Test {
  protected:
    Backfill() {
        auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::temp_directory_path() / fmt::format("gem_backfill_{}_{}", test->name(), ::getpid());
        std::filesystem::create_directories(folder_);
    }
    ~Backfill() override { std::filesystem::remove_all(folder_); }

    std::string file(std::string const& name, std::string_view content) {
        auto const path = (folder_ / name).string();
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }

    BackfillReport run(BackfillOptions options, HourSource* source = nullptr) {
        auto result = run_to_end(backfill(database_, std::move(options), source));
        EXPECT_TRUE(result.has_value()) << result.error().message;
        return result ? *std::move(result) : BackfillReport();
    }

    std::filesystem::path folder_;
    test::CollectedData data_;
    WatchedEvents events_{data_};
    DatabaseService database_{std::make_unique<Manager>(events_, data_)};
};

std::string all_lines(BackfillReport const& report) {
    auto lines = problem_lines(report);
    lines.push_back(summary_line(report));
    return fmt::format("{}", fmt::join(lines, "\n"));
}

TEST_F(Backfill, stores_a_file_once_and_tells_its_duplicates_the_second_time) {
    auto const path = file("a.json.gz", test::gzipped(lines(0, 10'000)));
    auto const first = run({.files = {path}});
    EXPECT_TRUE(first.ok()) << all_lines(first);
    EXPECT_EQ(first.totals().inserted, 10'000U);
    EXPECT_EQ(data_.events.size(), 10'000U);
    auto const second = run({.files = {path}});
    EXPECT_TRUE(second.ok());
    EXPECT_EQ(all_lines(second), "10000 events read, 0 stored, 10000 duplicates");
}

TEST_F(Backfill, vouches_for_an_hour_that_it_stored_whole_and_for_no_other) {
    auto const vouched = [&](std::string const& scope) {
        auto const found = data_.state.find("coverage#archive#" + scope + "#2015-01");
        return found == data_.state.end() ? std::string() : found->second.value.text().substr(10, 18);
    };
    run({.files = {file("notes.json", lines(0, 5)), file("2015-01-01-4.json", lines(0, 5) + "oops\n"),
                   file("2026-01-01-3.json", lines(0, 5))}});
    EXPECT_EQ(data_.count("coverage#archive#"), 0U) << "no hour, not whole, not an archive that is whole";
    run({.files = {file("2015-01-01-15.json.gz", test::gzipped(lines(0, 5)))}});
    EXPECT_EQ(vouched("*"), "000000000000000100");
    run({.files = {file("2015-01-01-2.json", lines(0, 5))}, .repos = {RepoName::parse("O/R").value()}});
    EXPECT_EQ(vouched("*"), "000000000000000100");
    EXPECT_EQ(vouched("o/r"), "001000000000000000");
}

TEST_F(Backfill, has_at_most_three_batches_on_their_way) {
    std::vector<std::string> files;
    for (int i = 0; i < 4; ++i) files.push_back(file(fmt::format("{}.json", i), lines(i * 9000, (i + 1) * 9000)));
    auto const report = run({.files = files, .jobs = 2});
    EXPECT_EQ(report.totals().inserted, 36'000U);
    EXPECT_LE(events_.most, 3U);
    EXPECT_LE(events_.largest, 8000U);
    EXPECT_EQ(report.files.size(), 4U);
    EXPECT_EQ(report.files[3].inserted, 9000U);
}

TEST_F(Backfill, reports_bad_records_by_file_and_line_and_stores_the_rest) {
    auto const path = file("a.json", lines(0, 2) + "oops\n" + lines(2, 4));
    auto const report = run({.files = {path}});
    EXPECT_FALSE(report.ok());
    EXPECT_EQ(report.totals().inserted, 4U);
    EXPECT_NE(all_lines(report).find("a.json:3: expected a JSON object, got \"oops\""), std::string::npos);
    EXPECT_NE(all_lines(report).find("1 bad records"), std::string::npos);
}

TEST_F(Backfill, stores_what_is_whole_of_a_truncated_file_and_goes_on_with_the_next) {
    auto const packed = test::gzipped(lines(0, 9000));
    auto const report = run({.files = {file("a.json.gz", packed.substr(0, packed.size() - 100)),
                                       file("b.json", lines(20'000, 20'005)), "/no/such.gz"}});
    EXPECT_FALSE(report.ok());
    EXPECT_GT(report.files[0].inserted, 0U);
    EXPECT_FALSE(report.files[0].finished);
    EXPECT_NE(report.files[0].problem->message.find("cut off"), std::string::npos);
    EXPECT_TRUE(report.files[1].finished);
    EXPECT_EQ(report.files[2].problem->code, ErrorCode::not_found);
}

TEST_F(Backfill, stops_at_the_first_problem_if_strict) {
    auto const report = run(
        {.files = {file("a.json", lines(0, 2) + "oops\n" + lines(2, 4)), file("b.json", lines(5, 6))}, .strict = true});
    EXPECT_FALSE(report.ok());
    EXPECT_EQ(report.totals().inserted, 2U);
    EXPECT_EQ(report.files_left, 1U);
    EXPECT_NE(all_lines(report).find("a.json: line 3: expected"), std::string::npos) << all_lines(report);
}

TEST_F(Backfill, keeps_only_the_repositories_asked_for) {
    auto const path = file("a.json", event_line(1, "o/r") + "\n" + event_line(2, "x/y") + "\n" + event_line(3, "O/R"));
    auto const report = run({.files = {path}, .repos = {*RepoName::parse("O/r")}});
    EXPECT_TRUE(report.ok());
    EXPECT_EQ(all_lines(report), "3 events read, 2 stored, 0 duplicates, 1 of other repositories");
}

TEST_F(Backfill, takes_the_hours_of_a_range_and_skips_those_that_are_finished) {
    file("2024-01-01-8.json.gz", test::gzipped(lines(0, 5)));
    file("2024-01-01-9.json.gz", test::gzipped(lines(5, 7)));
    auto const source = hours_in_directory(folder_.string());
    BackfillOptions const options{
        .hours = TimeWindow{.from = *parse_hour("2024-01-01T08"), .to = *parse_hour("2024-01-01T11")}};
    auto const first = run(options, source.get());
    EXPECT_FALSE(first.ok());
    EXPECT_EQ(first.totals().inserted, 7U);
    EXPECT_EQ(first.files[2].problem->code, ErrorCode::not_found);
    file("2024-01-01-10.json.gz", test::gzipped(lines(7, 8)));
    auto const second = run(options, source.get());
    EXPECT_TRUE(second.ok()) << all_lines(second);
    EXPECT_TRUE(second.files[0].skipped);
    EXPECT_EQ(all_lines(second), "1 events read, 1 stored, 0 duplicates; 2 of 3 files were finished before");
}

TEST_F(Backfill, reads_a_finished_hour_again_when_its_content_or_the_repositories_are_others) {
    file("2024-01-01-8.json.gz", test::gzipped(lines(0, 5)));
    auto const source = hours_in_directory(folder_.string());
    BackfillOptions options{.hours =
                                TimeWindow{.from = *parse_hour("2024-01-01T08"), .to = *parse_hour("2024-01-01T09")}};
    options.repos = {*RepoName::parse("x/y")};
    EXPECT_EQ(run(options, source.get()).totals().filtered, 5U);
    options.repos.clear();
    EXPECT_EQ(run(options, source.get()).totals().inserted, 5U);
    EXPECT_TRUE(run(options, source.get()).files[0].skipped);
    file("2024-01-01-8.json.gz", test::gzipped(lines(0, 9)));
    EXPECT_EQ(run(options, source.get()).totals().inserted, 4U);
}

TEST_F(Backfill, ends_with_what_was_stored_when_the_database_fails) {
    data_.insert_error = Error{.code = ErrorCode::unavailable, .message = "the disk is full"};
    auto const report = run({.files = {file("a.json", lines(0, 20'000)), file("b.json", lines(0, 5))}});
    EXPECT_FALSE(report.ok());
    EXPECT_EQ(report.totals().inserted, 0U);
    EXPECT_FALSE(report.files[0].finished);
    EXPECT_EQ(report.files_left, 1U);
    EXPECT_NE(all_lines(report).find("stopped: the disk is full"), std::string::npos);
}

TEST_F(Backfill, stops_between_batches_when_asked_and_says_how_to_go_on) {
    int asked = 0;
    auto const path = file("a.json", lines(0, 40'000));
    auto const report = run({.files = {path}, .stop_requested = [&] { return ++asked > 3; }});
    EXPECT_TRUE(report.cancelled);
    EXPECT_FALSE(report.ok());
    EXPECT_GT(report.totals().inserted, 0U);
    EXPECT_EQ(report.totals().inserted, data_.events.size());
    EXPECT_LT(data_.events.size(), 40'000U);
    EXPECT_NE(all_lines(report).find("run the same command again"), std::string::npos);
    EXPECT_EQ(run({.files = {path}}).totals().duplicates, report.totals().inserted);
}

TEST_F(Backfill, stops_cleanly_when_its_coroutine_is_cancelled) {
    asio::io_context context(1);
    asio::cancellation_signal signal;
    std::optional<Result<BackfillReport>> result;
    events_.before = [&] { signal.emit(asio::cancellation_type::terminal); };
    BackfillOptions options{.files = {file("a.json", lines(0, 40'000))}};
    asio::co_spawn(
        context, backfill(database_, std::move(options), nullptr),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error, Result<BackfillReport> report) {
            EXPECT_FALSE(error);
            result.emplace(std::move(report));
        }));
    context.run();
    ASSERT_TRUE(result && *result);
    EXPECT_TRUE((*result)->cancelled);
    EXPECT_EQ((*result)->totals().inserted, data_.events.size());
    EXPECT_LT(data_.events.size(), 40'000U);
}

TEST_F(Backfill, refuses_options_that_make_no_sense) {
    auto const complaint = [&](BackfillOptions options) {
        auto const result = run_to_end(backfill(database_, std::move(options), nullptr));
        return result ? std::string() : result.error().message;
    };
    EXPECT_NE(complaint({}), "");
    EXPECT_NE(complaint({.files = {"a"}, .jobs = 0}), "");
    EXPECT_NE(complaint({.hours = TimeWindow{.from = from_unix(0), .to = from_unix(3600)}}).find("--dir or --url"),
              std::string::npos);
}

TEST_F(Backfill, tells_its_progress_and_ends_with_a_finished_one) {
    std::vector<BackfillProgress> told;
    auto const path = file("a.json", lines(0, 9000));
    auto clock = std::chrono::steady_clock::time_point();
    run({.files = {path},
         .on_progress = [&](BackfillProgress const& progress) { told.push_back(progress); },
         .now = [&] { return clock += std::chrono::seconds(1); }});
    ASSERT_GT(told.size(), 2U);
    EXPECT_TRUE(told.back().finished);
    EXPECT_EQ(told.back().events, 9000U);
    EXPECT_EQ(told.back().bytes, std::filesystem::file_size(path));
    EXPECT_EQ(told.back().total_bytes, std::filesystem::file_size(path));
    EXPECT_GT(told.back().events_per_second, 0);
}

TEST_F(Backfill, stores_exactly_11351_events_of_a_recorded_hour) {
    auto const data = test::shared_data();
    if (!data) GTEST_SKIP() << "the recorded data is not there";
    auto const path = (*data / "gharchive/2015-01-01-15.json.gz").string();
    EXPECT_EQ(all_lines(run({.files = {path}})), "11351 events read, 11351 stored, 0 duplicates");
    EXPECT_EQ(all_lines(run({.files = {path}})), "11351 events read, 0 stored, 11351 duplicates");
}

TEST(HourFiles, are_named_and_read_as_people_write_them) {
    EXPECT_EQ(hour_file_name(*parse_hour("2015-01-01T05")), "2015-01-01-5.json.gz");
    EXPECT_EQ(parse_hour("2015-01-01-15"), parse_hour("2015-01-01T15:00:00Z"));
    EXPECT_EQ(parse_hour("2015-01-01"), parse_hour("2015-01-01T0"));
    for (auto const* const text :
         {"", "2015", "2015-01-01T24", "2015-01-01T15:30:00Z", "2015-13-01", "2015-01-01x1", "2015-01-01T"})
        EXPECT_FALSE(parse_hour(text)) << text;
}

TEST(ProgressBar, fills_its_width_and_drops_what_does_not_fit) {
    BackfillProgress const progress{.file = "2015-01-01-15.json.gz",
                                    .files_total = 1,
                                    .bytes = 1'800'000,
                                    .total_bytes = 3'800'000,
                                    .events = 52'000,
                                    .events_per_second = 104'201,
                                    .remaining = seconds(12)};
    auto const bar = progress_bar(progress, 100);
    EXPECT_EQ(bar.size(), 100U);
    EXPECT_TRUE(bar.starts_with("2015-01-01-15.json.gz [==")) << bar;
    EXPECT_TRUE(bar.ends_with("]  47%  0:12 left  104,201 events/s  1.8 of 3.8 MB")) << bar;
    auto const narrow = progress_bar(progress, 40);
    EXPECT_EQ(narrow.size(), 40U);
    EXPECT_TRUE(narrow.ends_with("]  47%  0:12 left")) << narrow;
    EXPECT_EQ(progress_line(progress),
              "47% 1.8 of 3.8 MB, 52,000 events, 104,201 events/s, 0:12 left, 2015-01-01-15.json.gz");
    EXPECT_TRUE(progress_bar({.finished = true}, 40).starts_with("[====="));
    // A run that ended early is not shown as one that did everything.
    EXPECT_TRUE(progress_line({.files_total = 2, .finished = true}).starts_with("0% "));
    EXPECT_TRUE(progress_line({.bytes = 50, .total_bytes = 100, .finished = true}).starts_with("50% "));
}

} // namespace
} // namespace gem
