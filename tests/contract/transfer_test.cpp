// Export and import: from every provider into every provider, whole, interrupted, damaged.
#include "contract/contract_test.hpp"
#include "contract/samples.hpp"
#include "storage/database_transfer.hpp"
#include "storage/import.hpp"
#include "storage/sqlite/sqlite_manager.hpp"
#include "support/workload.hpp"

namespace gem::test {

namespace {

/// A feed of `stream` in pieces.
ByteFeed feed_of(std::string stream, std::size_t piece = 10'000) {
    return [stream = std::move(stream), piece, at = std::size_t{0}]() mutable -> Result<std::string> {
        auto const from = at;
        at = std::min(stream.size(), at + piece);
        return stream.substr(from, at - from);
    };
}

/// Lines of `stream`, each with its newline.
std::vector<std::string> lines_of(std::string const& stream) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < stream.size();) {
        auto const end = stream.find('\n', at) + 1;
        lines.push_back(stream.substr(at, end - at));
        at = end;
    }
    return lines;
}

} // namespace

class Moving : public ContractTest {
  protected:
    void SetUp() override {
        if (GetParam().is_model) GTEST_SKIP() << "the model cannot be moved";
    }

    /// Events with names that change hands, odd payloads, commits, metrics and state.
    void fill() {
        for (auto const& batch : make_workload({.seed = 7, .start = ten_o_clock - hours(60)})) insert(batch);
        insert({make_event("odd").payload("{ \"a\" :\n [1.50,\"ü\\u0000\"], \"json\": {\"json\":1} }")});
        auto nameless = make_event("nameless").of("", 4711);
        auto numberless = make_event("numberless").of("Old/Timer", std::nullopt);
        insert({nameless, numberless});
        auto bare = sample_commit('c', "acme/tool", 7);
        bare.commit.stats.reset();
        bare.commit.files_changed.reset();
        bare.summary.reset();
        bare.files.reset();
        auto fileless = sample_commit('d', "acme/tool", 7);
        fileless.files.emplace();
        fileless.summary->impact_score = 99.5;
        wait_ok(commits().store_commits({sample_commit('a', "acme/tool", 7), sample_commit('b', "only/commits", 99),
                                         sample_commit('e', "only/named", std::nullopt), bare, fileless}));
        wait_ok(metrics().put_health({.repo_name = "acme/tool",
                                      .day = ten_o_clock,
                                      .health_score = 1.0 / 3,
                                      .detail = JsonText::already_validated("[\n1 ]")}));
        wait_ok(metrics().put_developer_days(
            {{.repo_name = "Never/Seen", .day = ten_o_clock, .actor_login = "ada", .total_events = 3}}));
        wait_ok(metrics().put_security(
            {.repo_name = "acme/tool", .metric_type = "overall", .day = ten_o_clock, .risk_level = "low"}));
        wait_ok(metrics().put_patterns({{.repo_name = "acme/tool",
                                         .kind = "spike",
                                         .event_type = "PushEvent",
                                         .bucket_start = ten_o_clock,
                                         .expected = 0.1,
                                         .resolved_at = ten_o_clock}}));
        wait_ok(metrics().put_deployment({.repo_name = "acme/tool", .deployment_id = "1", .created_at = ten_o_clock}));
        for (auto const* key : {"watch#acme/tool", "coverage#since#acme/tool", "poll#acme/tool"})
            wait_ok(metrics().put_state({.key = key, .value = JsonText::already_validated("{\"x\": 1}")}));
    }

    static std::string export_of(DatabaseManager& manager, ExportOptions options = {}) {
        options.lines_a_block = 10;
        std::string stream;
        auto const sink = [&](std::string_view bytes) -> Result<void> {
            stream += bytes;
            return {};
        };
        wait_ok(export_database(manager, std::move(options), sink));
        return stream;
    }

    static ImportReport import_into(DatabaseManager& manager, std::string stream) {
        return wait_ok(import_database(manager, {}, feed_of(std::move(stream))));
    }

    std::unique_ptr<DatabaseManager> sqlite() {
        auto manager = expect_ok(make_sqlite_manager({.provider = "sqlite", .db_path = ":memory:"}, clock(), log()));
        wait_ok(manager->connection().initialize());
        return manager;
    }

    static void expect_right(DatabaseManager& manager) {
        auto const report = wait_ok(manager.maintenance().verify());
        EXPECT_EQ(report.drift_total, 0);
    }
};
GEM_CONTRACT(Moving);

TEST_P(Moving, an_empty_store_is_a_header_and_a_footer) {
    auto const stream = export_of(database());
    EXPECT_EQ(lines_of(stream).size(), 2U) << stream;
    auto const elsewhere = open_elsewhere();
    EXPECT_TRUE(import_into(*elsewhere, stream).finished);
    EXPECT_EQ(export_of(*elsewhere), stream);
    wait_ok(elsewhere->connection().close());
}

TEST_P(Moving, there_and_back_the_exports_are_the_same_bytes) {
    fill();
    auto const stream = export_of(database());
    auto const between = sqlite();
    auto const report = import_into(*between, stream);
    EXPECT_TRUE(report.finished);
    EXPECT_EQ(report.inserted, total());
    EXPECT_EQ(export_of(*between), stream);
    expect_right(*between);
    auto const back = open_elsewhere();
    import_into(*back, export_of(*between));
    EXPECT_EQ(export_of(*back), stream);
    expect_right(*back);
    auto const tallies = wait_ok(events().tally(all_time(), std::nullopt));
    EXPECT_EQ(wait_ok(back->events().tally(all_time(), std::nullopt)), tallies);
    EXPECT_EQ(wait_ok(between->events().tally(all_time(), std::nullopt)), tallies);
    wait_ok(back->connection().close());
    wait_ok(between->connection().close());
}

TEST_P(Moving, what_means_nothing_elsewhere_stays_behind) {
    fill();
    auto const stream = export_of(database());
    EXPECT_EQ(stream.find("poll#acme/tool"), std::string::npos);
    EXPECT_NE(stream.find("watch#acme/tool"), std::string::npos);
    EXPECT_NE(stream.find("coverage#since#acme/tool"), std::string::npos);
}

TEST_P(Moving, a_compressed_stream_is_the_same_stream) {
    fill();
    auto const packed = export_of(database(), {.compress = true});
    EXPECT_LT(packed.size(), export_of(database()).size() / 2);
    auto const elsewhere = open_elsewhere();
    EXPECT_TRUE(import_into(*elsewhere, packed).finished);
    EXPECT_EQ(export_of(*elsewhere), export_of(database()));
    wait_ok(elsewhere->connection().close());
}

TEST_P(Moving, importing_again_changes_nothing) {
    fill();
    auto const stream = export_of(database());
    auto const report = import_into(database(), stream);
    EXPECT_EQ(report.inserted, 0);
    EXPECT_EQ(report.duplicates, total());
    EXPECT_EQ(export_of(database()), stream);
    expect_no_drift();
}

TEST_P(Moving, an_interrupted_import_goes_on_where_it_stopped) {
    fill();
    auto const stream = export_of(database());
    auto const target = open_elsewhere();
    int turns = 0;
    for (bool finished = false; !finished && turns < 50; ++turns) {
        int blocks = 0;
        ImportOptions options{.stop_requested = [&] { return ++blocks % 7 == 0 && blocks > turns * 7; }};
        auto const report = wait_ok(import_database(*target, std::move(options), feed_of(stream)));
        finished = report.finished;
        EXPECT_NE(report.finished, report.stopped);
        EXPECT_EQ(report.duplicates, 0) << "what was stored is not stored again";
        if (turns > 0) EXPECT_GT(report.skipped, 0);
        expect_right(*target);
    }
    EXPECT_GT(turns, 2);
    EXPECT_EQ(export_of(*target), stream);
    EXPECT_TRUE(wait_ok(target->metrics().list_state("import#")).empty());
    wait_ok(target->connection().close());
}

TEST_P(Moving, a_stream_that_breaks_off_is_told_and_what_came_before_is_whole) {
    fill();
    auto const stream = export_of(database());
    auto const target = open_elsewhere();
    for (auto const share : {0.3, 0.6, 0.9}) {
        auto const cut = static_cast<std::size_t>(static_cast<double>(stream.size()) * share);
        auto const error = wait_error(import_database(*target, {}, feed_of(stream.substr(0, cut))));
        EXPECT_EQ(error.code, ErrorCode::corrupt) << error.message;
        EXPECT_NE(error.message.find("line"), std::string::npos) << error.message;
        expect_right(*target);
    }
    auto const lines = lines_of(stream);
    auto const footer = lines.back().size();
    EXPECT_EQ(wait_error(import_database(*target, {}, feed_of(stream.substr(0, stream.size() - footer)))).code,
              ErrorCode::corrupt)
        << "without its footer";
    EXPECT_TRUE(import_into(*target, stream).finished);
    EXPECT_EQ(export_of(*target), stream);
    wait_ok(target->connection().close());
}

TEST_P(Moving, nothing_of_a_damaged_block_is_stored) {
    insert({make_event("1"), make_event("2")});
    auto stream = export_of(database());
    auto const target = open_elsewhere();
    for (auto const* what : {"WatchEvent", "acme", "}\n", "2", "header"}) {
        auto damaged = stream;
        auto const at = what == std::string_view("header") ? 0 : damaged.find(what);
        ASSERT_NE(at, std::string::npos);
        damaged[at] = damaged[at] == 'x' ? 'y' : 'x';
        auto const error = wait_error(import_database(*target, {}, feed_of(damaged)));
        EXPECT_EQ(error.code, ErrorCode::corrupt) << error.message;
        EXPECT_EQ(wait_ok(target->events().totals()).events, 0) << what;
    }
    auto const doubled = stream + stream;
    EXPECT_EQ(wait_error(import_database(*target, {}, feed_of(doubled))).code, ErrorCode::corrupt);
    EXPECT_EQ(wait_error(import_database(*target, {}, feed_of(""))).code, ErrorCode::corrupt);
    EXPECT_EQ(wait_error(import_database(*target, {}, feed_of("<html>no</html>\n"))).code, ErrorCode::corrupt);
    EXPECT_EQ(
        wait_error(import_database(*target, {}, feed_of("{\"kind\":\"github-events-monitor-export\",\"version\":2}\n")))
            .code,
        ErrorCode::invalid_argument);
    wait_ok(target->connection().close());
}

TEST_P(Moving, events_without_their_raw_form_are_not_passed_over_in_silence) {
    if (!GetParam().shared) GTEST_SKIP() << "this provider keeps nothing";
    insert({make_event("old").after(-days(40)), make_event("new")});
    reopen(days(30));
    wait_ok(maintenance().apply_retention());
    std::string stream;
    auto const sink = [&](std::string_view bytes) -> Result<void> {
        stream += bytes;
        return {};
    };
    EXPECT_EQ(wait_error(export_database(database(), {}, sink)).code, ErrorCode::invalid_argument);
    EXPECT_EQ(lines_of(export_of(database(), {.without_expired = true})).size(), 3U);
}

} // namespace gem::test
