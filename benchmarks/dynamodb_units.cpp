// What DynamoDB charges for: a simulated day of SEED.md's load by the real collector, an archive hour by the real
// backfill, SEED.md's questions; each measured by what DynamoDB Local says that it consumed, beside the layout of the
// predecessor.
#include <cstdio>
#include <cstdlib>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "analytics/event_counts.hpp"
#include "analytics/health.hpp"
#include "analytics/trending.hpp"
#include "collector/backfill.hpp"
#include "collector/collector.hpp"
#include "github/event_parser.hpp"
#include "storage/dynamodb/dynamodb_manager.hpp"
#include "storage/usage.hpp"
#include "support/dynamodb_local.hpp"
#include "support/fault_proxy.hpp"
#include "support/manual_clock.hpp"
#include "support/replay_github.hpp"
#include "support/run_async.hpp"
#include "support/scripted_http_client.hpp"
#include "support/shared_data.hpp"

namespace gem::test {
namespace {

constexpr int repositories = 10;
constexpr int events_an_hour = 1'000;
constexpr int hours_a_month = 730;

struct UnitsUsed {
    double read = 0;
    double write = 0;
    UnitsUsed operator-(UnitsUsed const& other) const {
        return {.read = read - other.read, .write = write - other.write};
    }
};

/// What the predecessor would pay: an item of the event's whole JSON under its id, and two indexes with full copies.
double predecessors_units(Event const& event) {
    auto const attributes = std::string_view("idevent_typerepo_nameactor_logincreated_atpayload").size();
    auto const size = attributes + event.id.size() + event.type.size() + event.repo_name.size() +
                      event.actor_login.size() + std::string_view("2026-01-15T10:00:00Z").size() +
                      event.payload.text().size();
    return 3 * std::ceil(static_cast<double>(size) / 1024);
}

/// What went over a connection, by operation and kind of key.
class UnitsByKind {
  public:
    explicit UnitsByKind(std::string prefix)
        : proxy_(DynamoDbLocal::instance().url(), {}, 1), prefix_(std::move(prefix)) {
        proxy_.set_observer([this](ProxiedCall const& call, std::string_view answer) { count(call, answer); });
    }
    [[nodiscard]] std::string url() const { return proxy_.url(); }

    UnitsUsed total() {
        std::scoped_lock const lock(mutex_);
        UnitsUsed sum;
        for (auto const& [kind, use] : kinds_) {
            sum.read += use.units.read;
            sum.write += use.units.write;
        }
        return sum;
    }
    /// Units for each event or hour, from the dearest.
    void print(double per) {
        std::scoped_lock const lock(mutex_);
        std::vector<std::pair<std::string, Use>> sorted(kinds_.begin(), kinds_.end());
        std::ranges::sort(sorted, std::ranges::greater(),
                          [](auto const& one) { return std::pair(one.second.units.write, one.second.units.read); });
        for (auto const& [kind, use] : sorted)
            std::printf("    %-44s %8.3f written %8.3f read, %lld requests\n", kind.c_str(), use.units.write / per,
                        use.units.read / per, static_cast<long long>(use.requests));
    }
    void reset() {
        std::scoped_lock const lock(mutex_);
        kinds_.clear();
    }

  private:
    struct Use {
        UnitsUsed units;
        std::int64_t requests = 0;
    };

    /// The text between `start` and the next quotation mark.
    static std::string text_after(std::string_view body, std::string_view start) {
        auto const at = body.find(start);
        if (at == std::string_view::npos) return {};
        auto const from = at + start.size();
        return std::string(body.substr(from, body.find('"', from) - from));
    }
    /// The first of these that is there.
    static std::string text_after_any(std::string_view body, std::initializer_list<std::string_view> starts) {
        for (auto const start : starts) {
            if (auto text = text_after(body, start); !text.empty()) return text;
        }
        return {};
    }
    std::string kind_of(std::string_view body) const {
        auto table = text_after(body, R"("TableName":")");
        if (table.empty()) table = text_after(body, R"("RequestItems":{")");
        table = table.substr(std::min(prefix_.size(), table.size()));
        if (table != "event_patterns") return table;
        auto const hash = text_after_any(body, {R"("pk":{"S":")", R"(":pk":{"S":")", R"(":p":{"S":")"});
        auto kind = table + " " + hash.substr(0, hash.find('#'));
        if (hash != "state") return kind;
        auto const range = text_after_any(body, {R"("sk":{"S":")", R"(":prefix":{"S":")"});
        return kind + " " + range.substr(0, range.find('#'));
    }
    void count(ProxiedCall const& call, std::string_view answer) {
        constexpr std::string_view units = R"("CapacityUnits":)";
        bool const reads = call.operation == "GetItem" || call.operation == "BatchGetItem" ||
                           call.operation == "Query" || call.operation == "Scan";
        bool const transaction = call.operation == "TransactWriteItems";
        auto const at = answer.find(units);
        double amount = reads ? 0 : 1; // a condition that does not hold
        if (at != std::string_view::npos) amount = std::atof(std::string(answer.substr(at + units.size(), 20)).c_str());
        std::scoped_lock const lock(mutex_);
        auto& use = kinds_[call.operation + " " + (transaction ? std::string("new hour") : kind_of(call.body))];
        (reads ? use.units.read : use.units.write) += amount;
        ++use.requests;
    }

    std::mutex mutex_;
    std::map<std::string, Use> kinds_; // mutex_
    FaultProxy proxy_;
    std::string prefix_;
};

class DynamoDbUnits : public testing::Test {
  protected:
    void SetUp() override {
        auto const data = shared_data();
        if (!data) GTEST_SKIP() << "the recorded data is not there: set GEM_SHARED_DATA";
        data_ = *data;
        prefix_ = DynamoDbLocal::unique_prefix();
    }

    DatabaseService open(std::optional<std::string> url = {}) {
        DatabaseConfig config{.provider = "dynamodb",
                              .table_prefix = prefix_,
                              .endpoint_url = url.value_or(DynamoDbLocal::instance().url())};
        config.dynamodb.environment = {{"AWS_ACCESS_KEY_ID", "test"}, {"AWS_SECRET_ACCESS_KEY", "secret"}};
        DatabaseService database(expect_ok(make_dynamodb_manager(config, clock, log)));
        wait_ok(database.connection().initialize());
        return database;
    }

    /// Of all processes together that have saved theirs, and of this one.
    UnitsUsed units(DatabaseService& database, bool print = false) {
        auto const state = wait_ok(database.metrics().get_state(usage_key(clock.now())));
        UnitsUsed sum;
        if (!state) return sum;
        for (auto const& row : expect_ok(parse_usage(state->value)).rows) {
            sum.read += row.read_units.value;
            sum.write += row.write_units.value;
            if (print)
                std::printf("    %s %s %s: %.1f written, %.1f read, %lld requests\n", row.table.c_str(),
                            row.index.c_str(), row.operation.c_str(), row.write_units.value, row.read_units.value,
                            static_cast<long long>(row.requests));
        }
        return sum;
    }

    ManualClock clock;
    Log log{clock, LogLevel::off, LogFormat::text, [](std::string_view) {}};
    std::filesystem::path data_;
    std::string prefix_;
};

/// Ten repositories whose events have bodies of 2025 and 2026, and a collector that polls them.
struct LoadOfTen {
    LoadOfTen(DatabaseService& database, ManualClock& clock, Log& log, std::filesystem::path const& data,
              bool commit_details)
        : clock_(clock), replay(clock), github(http, clock, github::GitHubOptions{.tokens = {"secret"}}) {
        read(data / "events_api/trimmed/all_unique.ndjson");
        read(data / "gharchive/2026-06-01-15.preview.json.gz");
        std::vector<github::EventTarget> targets;
        for (int i = 0; i < repositories; ++i) {
            targets.push_back(github::EventTarget::parse(fmt::format("some-owner/repository-{}", i)).value());
            lines.push_back(&replay.line(fmt::format("/repos/some-owner/repository-{}/events", i)));
        }
        replay.remember = false;
        http.by_function = [this](http::ClientRequest const& request) {
            http.asked.clear();
            return replay.answer(request);
        };
        watch_list.emplace(database, clock, repositories_among(targets));
        collector.emplace(
            database, github, *watch_list, clock, log,
            [this] { return std::uniform_real_distribution<double>(0, 1)(random); },
            CollectorOptions{.targets = targets,
                             .details = {.on = commit_details},
                             .lease = {.id = "the-benchmark"}}); // all in: as a collector among others
    }

    void read(std::filesystem::path const& file) {
        EventParser parser;
        for (auto line : read_gzip_lines(file)) {
            auto const size = line.size();
            line.append(EventParser::padding, ' ');
            Event event;
            auto const kind = parser.parse_line(std::string_view(line).substr(0, size), EventSource::poll, event);
            if (kind && *kind == ParsedKind::event) bodies.push_back(std::move(event));
        }
        if (bodies.empty()) throw std::runtime_error("no events in " + file.string());
    }

    void let_happen(seconds span) {
        auto const mean = static_cast<double>(events_an_hour) * static_cast<double>(span.count()) / 3600;
        for (auto left = std::poisson_distribution<int>(mean)(random); left > 0; --left) {
            auto event = bodies[happened % bodies.size()];
            auto const repo = static_cast<std::size_t>(random() % repositories);
            event.id = std::to_string(50'000'000'000 + static_cast<std::int64_t>(++happened));
            event.repo_name = fmt::format("some-owner/repository-{}", repo);
            auto const at = clock_.now() - seconds(static_cast<std::int64_t>(random() % 300));
            predecessor += predecessors_units(event);
            replay.push(*lines[repo],
                        fmt::format(R"({{"id":"{}","type":"{}","actor":{{"id":{},"login":"{}"}},"repo":{{"id":{},)"
                                    R"("name":"{}"}},"payload":{},"public":true,"created_at":"{}"}})",
                                    event.id, event.type, event.actor_id.value_or(1), event.actor_login, 1000 + repo,
                                    event.repo_name, event.payload.text(), format_time(at)));
        }
    }

    void run(seconds span) {
        auto const end = clock_.now() + span;
        while (clock_.now() < end) {
            auto const report = run_to_end(collector->collect_due());
            if (!report) throw std::runtime_error(report.error().message);
            auto const paid = run_to_end(collector->pay_debts());
            if (!paid) throw std::runtime_error(paid.error().message);
            auto const pause = std::max(collector->until_next(), seconds(10));
            clock_.advance(pause);
            let_happen(pause);
        }
    }

    ManualClock& clock_;
    std::mt19937 random{11};
    ReplayGitHub replay;
    std::vector<ReplayGitHub::TimeLine*> lines;
    std::vector<Event> bodies;
    std::size_t happened = 0;
    double predecessor = 0;
    ScriptedHttpClient http;
    github::GitHubClient github;
    std::optional<WatchList> watch_list;
    std::optional<Collector> collector;
};

/// SEED.md's 10,000 questions an hour are 50 distinct ones, and an answer may be kept for a minute: each of the 50 is
/// asked once a minute, one a second, mixed. `spent` gets the read units of each kind.
void ask_all(DatabaseService& database, ManualClock& clock, std::array<double, 3>& spent, UnitsByKind& units) {
    auto const name = [](int i) {
        return RepoName::parse(fmt::format("some-owner/repository-{}", i % repositories)).value();
    };
    for (int i = 0; i < 50; ++i) {
        auto const before = units.total().read;
        auto const now = clock.now();
        std::size_t kind = 0;
        if (i % 10 == 8) {
            kind = 1;
            TrendingParams params;
            params.hours = 24;
            params.limit = 10 + i;
            (void)wait_ok(trending(database, params, now));
        } else if (i % 10 == 9) {
            kind = 2;
            RepoPeopleParams params;
            params.repo = name(i / 10);
            params.hours = 168;
            (void)wait_ok(repository_health(database, params, now));
        } else {
            EventCountsParams params;
            params.repo = name(i);
            params.hours = 1;
            (void)wait_ok(event_counts(database, params, now));
        }
        spent.at(kind) += units.total().read - before;
        clock.advance(seconds(1));
    }
}

/// GEM_UNITS_HOURS: fewer for a quick look.
hours simulated() {
    auto const* const told = std::getenv("GEM_UNITS_HOURS");
    return hours(told == nullptr ? 24 : std::atoi(told));
}

TEST_F(DynamoDbUnits, a_day_of_seeds_load_and_its_bill) {
    UnitsByKind collecting(prefix_);
    auto database = open(collecting.url());
    LoadOfTen load(database, clock, log, data_, false);
    auto const before = units(database);
    load.run(simulated());
    auto const used = units(database) - before;
    auto const events = static_cast<double>(wait_ok(database.events().totals()).events);
    auto const write = used.write / events;
    std::printf("ten repositories, %lld hours: %.0f events; %.3f write units and %.3f read units an event; the "
                "predecessor's layout %.2f write units\n",
                static_cast<long long>(simulated().count()), events, write, used.read / events,
                load.predecessor / static_cast<double>(load.happened));
    collecting.print(events);

    // An API process of its own answers, while the collector goes on.
    UnitsByKind asking(prefix_);
    auto api = open(asking.url());
    std::array<double, 3> first{};
    ask_all(api, clock, first, asking); // it reads the history once
    asking.reset();
    std::array<double, 3> spent{};
    constexpr int asked_minutes = 30;
    for (int minute = 0; minute < asked_minutes; ++minute) {
        load.let_happen(seconds(50));
        load.run(seconds(10));
        ask_all(api, clock, spent, asking);
    }
    auto const an_hour = [&](std::size_t which) { return spent.at(which) * 60 / asked_minutes; };
    auto const asked = an_hour(0) + an_hour(1) + an_hour(2);
    auto const collected = used.read / events * events_an_hour;
    auto const written = write * events_an_hour;
    auto const bill =
        price_of((asked + collected) * hours_a_month, written * hours_a_month) + us_east_1_prices.gigabyte_month;
    std::printf(
        "read units an hour: event-counts %.0f, trending %.0f, repository-health %.0f, collector %.0f; a start of "
        "the API process %.0f\n",
        an_hour(0), an_hour(1), an_hour(2), collected, first[0] + first[1] + first[2]);
    std::printf("the API process in an hour:\n");
    asking.print(static_cast<double>(asked_minutes) / 60);
    std::printf("a month: $%.2f for writing, $%.2f for reading, $0.25 for storage: $%.2f\n",
                price_of(0, written * hours_a_month), price_of((asked + collected) * hours_a_month, 0), bill);
    EXPECT_LE(write, 1.4);
    EXPECT_LT(bill, 1.80);
    wait_ok(api.connection().close());
    wait_ok(database.maintenance().drop_tables());
}

/// The bar leaves these out: what they add to the above. GitHub has none of the commits here, so that each push costs
/// its note alone.
TEST_F(DynamoDbUnits, what_the_debts_of_commit_details_add) {
    UnitsByKind collecting(prefix_);
    auto database = open(collecting.url());
    LoadOfTen load(database, clock, log, data_, true);
    load.run(std::min(simulated(), hours(4)));
    auto const events = static_cast<double>(wait_ok(database.events().totals()).events);
    std::printf("with commit details, %.0f events: %.3f write units an event\n", events,
                collecting.total().write / events);
    collecting.print(events);
    wait_ok(database.maintenance().drop_tables());
}

TEST_F(DynamoDbUnits, an_archive_hour_by_backfill) {
    auto database = open();
    auto const file = data_ / "gharchive/2015-01-01-15.json.gz";
    auto const before = units(database);
    BackfillOptions options;
    options.files = {file.string()};
    auto const report = wait_ok(backfill(database, options, nullptr));
    ASSERT_TRUE(report.ok()) << summary_line(report);
    auto const used = units(database) - before;
    auto const events = static_cast<double>(report.totals().inserted);
    double predecessor = 0;
    EventParser parser;
    for (auto line : read_gzip_lines(file)) {
        auto const size = line.size();
        line.append(EventParser::padding, ' ');
        Event event;
        auto const kind = parser.parse_line(std::string_view(line).substr(0, size), EventSource::archive, event);
        if (kind && *kind == ParsedKind::event) predecessor += predecessors_units(event);
    }
    std::printf(
        "the archive hour: %.0f events of %lld repositories; %.3f write units and %.3f read units an event; the "
        "predecessor's layout %.2f write units\n",
        events, static_cast<long long>(wait_ok(database.events().totals()).repositories), used.write / events,
        used.read / events, predecessor / events);
    (void)units(database, true);
    EXPECT_LE(used.write / events, 2.0);
    wait_ok(database.maintenance().drop_tables());
}

} // namespace
} // namespace gem::test
