// How much of what DynamoDB Local can take our backfill uses: a bare client that sends ready BatchWriteItem requests
// and reads nothing but the status takes turns with the backfill of the same events.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/backfill.hpp"
#include "github/event_parser.hpp"
#include "storage/dynamodb/dynamodb_manager.hpp"
#include "storage/dynamodb/event_item.hpp"
#include "storage/dynamodb/event_writer.hpp"
#include "storage/dynamodb/request_json.hpp"
#include "support/dynamodb_fixture.hpp"
#include "support/loopback.hpp"
#include "support/run_async.hpp"
#include "support/shared_data.hpp"

namespace gem::test {
namespace {

constexpr int turns = 5;
constexpr std::size_t items_of_a_request = 25;
constexpr int connections = 12; ///< as many as our client has under way
using Seconds = std::chrono::duration<double>;

struct Spent {
    double seconds = 0;
    double server = 0; ///< processor seconds of DynamoDB Local: what stays comparable when the machine is busy
};

std::string contents(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Of the process that listens there as tools/dynamodb_local and the tests start it; 0 if it is not on this machine.
double processor_seconds_of(std::uint16_t port) {
    auto const mark = std::string("-port") + '\0' + std::to_string(port);
    for (auto const& entry : std::filesystem::directory_iterator("/proc")) {
        auto const command = contents(entry.path() / "cmdline");
        if (!command.starts_with("java") || command.find(mark) == std::string::npos) continue;
        auto const stat = contents(entry.path() / "stat");
        long user = 0;
        long system = 0;
        auto const after_name = stat.substr(stat.rfind(')') + 1);
        std::sscanf(after_name.c_str(), " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system);
        return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
    return 0;
}

/// Requests that differ in nothing from those of our client but the signature, which DynamoDB Local does not check.
std::vector<std::string> ready_requests(std::vector<dynamodb::BatchMember> const& members) {
    std::vector<std::string> requests;
    for (std::size_t from = 0; from < members.size(); from += items_of_a_request) {
        auto const to = std::min(from + items_of_a_request, members.size());
        auto const body = dynamodb::batch_write_body(
            {members.begin() + static_cast<std::ptrdiff_t>(from), members.begin() + static_cast<std::ptrdiff_t>(to)});
        requests.push_back(
            fmt::format("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\n"
                        "X-Amz-Target: DynamoDB_20120810.BatchWriteItem\r\nX-Amz-Date: 20260115T120000Z\r\n"
                        "Authorization: AWS4-HMAC-SHA256 Credential=test/20260115/us-east-1/dynamodb/aws4_request, "
                        "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0\r\nContent-Length: {}\r\n\r\n{}",
                        body.size(), body));
    }
    return requests;
}

/// One kept connection; false when an answer is not 200 or leaves something undone.
bool send_share(std::uint16_t port, std::vector<std::string> const& requests, std::atomic<std::size_t>& next) {
    int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto const address = loopback(port);
    bool good = ::connect(socket, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
    std::string answer;
    while (good) {
        auto const number = next++;
        if (number >= requests.size()) break;
        std::string_view left = requests[number];
        while (good && !left.empty()) {
            auto const sent = ::send(socket, left.data(), left.size(), MSG_NOSIGNAL);
            good = sent > 0;
            if (good) left.remove_prefix(static_cast<std::size_t>(sent));
        }
        answer.clear();
        for (std::size_t whole = std::string::npos; good && answer.size() < whole;) {
            char bytes[8192];
            auto const size = ::recv(socket, bytes, sizeof bytes, 0);
            good = size > 0;
            if (!good) break;
            answer.append(bytes, static_cast<std::size_t>(size));
            constexpr std::string_view length = "Content-Length: ";
            auto const head = answer.find("\r\n\r\n");
            auto const at = answer.find(length);
            if (head != std::string::npos && at < head)
                whole = head + 4 + std::stoul(answer.substr(at + length.size()));
        }
        good =
            good && answer.starts_with("HTTP/1.1 200") && answer.find(R"("UnprocessedItems":{})") != std::string::npos;
    }
    ::close(socket);
    return good;
}

class DynamoDbIngest : public testing::Test {
  protected:
    void SetUp() override {
        auto const data = shared_data();
        if (!data) GTEST_SKIP() << "the recorded data is not there: set GEM_SHARED_DATA";
        file_ = *data / "gharchive/2015-01-01-15.json.gz";
        EventParser parser;
        std::vector<Event> events;
        for (auto line : read_gzip_lines(file_)) {
            auto const size = line.size();
            line.append(EventParser::padding, ' ');
            Event event;
            auto const kind = parser.parse_line(std::string_view(line).substr(0, size), EventSource::archive, event);
            if (kind && *kind == ParsedKind::event) events.push_back(std::move(event));
        }
        prepared_ = dynamodb::prepare_batch(std::move(events), false);
    }

    /// The items that the backfill stores, each once, for these tables; `bytes_` is what they are as JSON.
    std::vector<dynamodb::BatchMember> members(std::string const& prefix) {
        std::vector<dynamodb::BatchMember> all;
        std::set<std::string> seen;
        bytes_ = 0;
        for (std::size_t i = 0; i < prepared_.events.size(); ++i) {
            auto items = dynamodb::to_items(prepared_.events[i], prepared_.payloads[i], "benchmark-:1", std::nullopt);
            items.parts.push_back(std::move(items.event));
            for (auto& item : items.parts) {
                if (!seen.insert(dynamodb::batch_member_of(dynamodb::WriteRequest::remove("", dynamodb::key_of(item))))
                         .second)
                    continue;
                auto json = dynamodb::batch_member_of(dynamodb::WriteRequest::put("", std::move(item)));
                bytes_ += json.size();
                all.push_back({.table = prefix + std::string(dynamodb::events_table), .json = std::move(json)});
            }
        }
        return all;
    }

    DatabaseService open(std::string const& prefix) {
        DatabaseConfig config{
            .provider = "dynamodb", .table_prefix = prefix, .endpoint_url = DynamoDbLocal::instance().url()};
        config.dynamodb.environment = {{"AWS_ACCESS_KEY_ID", "test"}, {"AWS_SECRET_ACCESS_KEY", "secret"}};
        DatabaseService database(expect_ok(make_dynamodb_manager(config, clock_, log_)));
        wait_ok(database.connection().initialize());
        return database;
    }

    static std::uint16_t port() {
        auto const& url = DynamoDbLocal::instance().url();
        return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    }

    Spent bare() {
        auto const prefix = DynamoDbLocal::unique_prefix();
        auto database = open(prefix); // makes the tables
        auto const all = members(prefix);
        items_ = all.size();
        auto const requests = ready_requests(all);
        std::atomic<std::size_t> next = 0;
        std::atomic<int> bad = 0;
        auto const server = processor_seconds_of(port());
        auto const begun = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < connections; ++i) {
                threads.emplace_back([&] { bad += send_share(port(), requests, next) ? 0 : 1; });
            }
        }
        Spent const spent{.seconds = Seconds(std::chrono::steady_clock::now() - begun).count(),
                          .server = processor_seconds_of(port()) - server};
        EXPECT_EQ(bad, 0) << "not every item was taken";
        wait_ok(database.maintenance().drop_tables());
        return spent;
    }

    Spent ours() {
        auto database = open(DynamoDbLocal::unique_prefix());
        BackfillOptions options;
        options.files = {file_.string()};
        auto const server = processor_seconds_of(port());
        auto const begun = std::chrono::steady_clock::now();
        auto const report = wait_ok(backfill(database, options, nullptr));
        Spent const spent{.seconds = Seconds(std::chrono::steady_clock::now() - begun).count(),
                          .server = processor_seconds_of(port()) - server};
        EXPECT_TRUE(report.ok()) << summary_line(report);
        EXPECT_EQ(report.totals().inserted, static_cast<std::int64_t>(prepared_.events.size()));
        EXPECT_EQ(wait_ok(database.events().totals()).events, report.totals().inserted);
        wait_ok(database.maintenance().drop_tables());
        return spent;
    }

    std::filesystem::path file_;
    dynamodb::PreparedBatch prepared_;
    std::size_t items_ = 0;
    std::size_t bytes_ = 0;
    SystemClock clock_;
    Log log_{clock_, LogLevel::off, LogFormat::text, [](std::string_view) {}};
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

TEST_F(DynamoDbIngest, takes_nearly_all_that_dynamodb_local_can_take) {
    (void)bare(); // warms its Java up
    (void)ours();
    std::vector<double> bare_rates;
    std::vector<double> our_rates;
    Spent all_bare;
    Spent all_ours;
    auto const events = static_cast<double>(prepared_.events.size());
    for (int turn = 0; turn < turns; ++turn) {
        auto const alone = bare();
        auto const with_us = ours();
        bare_rates.push_back(static_cast<double>(items_) / alone.seconds);
        our_rates.push_back(events / with_us.seconds);
        all_bare.server += alone.server / static_cast<double>(items_) / turns;
        all_ours.server += with_us.server / events / turns;
        std::printf("turn %d: bare %.0f items/s, %.0f us of DynamoDB Local an item; backfill %.0f events/s, %.0f us\n",
                    turn + 1, bare_rates.back(), alone.server / static_cast<double>(items_) * 1e6, our_rates.back(),
                    with_us.server / events * 1e6);
    }
    auto const bytes = static_cast<double>(bytes_) / static_cast<double>(items_);
    std::printf("medians: bare client %.0f items/s (%.2f MB/s of items as JSON), backfill %.0f events/s (%.2f MB/s): "
                "%.2f\n",
                median(bare_rates), median(bare_rates) * bytes / 1e6, median(our_rates),
                median(our_rates) * bytes / 1e6, median(our_rates) / median(bare_rates));
    std::printf("processor time of DynamoDB Local: %.0f us an item, %.0f us an event: %.2f\n", all_bare.server * 1e6,
                all_ours.server * 1e6, all_bare.server / all_ours.server);
    EXPECT_GE(median(our_rates), 0.9 * median(bare_rates));
}

} // namespace
} // namespace gem::test
