// Ten thousand requests that nobody may mean well with, out of the route table with a fixed seed, against the program
// over a real socket: each gets the 4xx that it deserves, and nothing of it stays.
#include <array>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include <boost/json.hpp>

#include "system/hostile_requests.hpp"
#include "system/program_fixture.hpp"

namespace {

using namespace gem;
using namespace gem::tests;

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

constexpr std::uint64_t seed = 20260302;
constexpr std::size_t how_many = 10'000;
constexpr std::int64_t most_growth_kib = 6 * 1024;

std::set<std::string_view> const error_codes = {"BAD_REQUEST",
                                                "INVALID_PARAMETER",
                                                "UNKNOWN_PARAMETER",
                                                "MISSING_PARAMETER",
                                                "INVALID_REPO_FORMAT",
                                                "MALFORMED_JSON",
                                                "UNSUPPORTED_MEDIA_TYPE",
                                                "PAYLOAD_TOO_LARGE",
                                                "TARGET_TOO_LONG",
                                                "HEADERS_TOO_LARGE",
                                                "NOT_FOUND",
                                                "COMMIT_NOT_FOUND",
                                                "MONITOR_NOT_FOUND",
                                                "UNAUTHORIZED",
                                                "REPOSITORY_NOT_WATCHED",
                                                "METHOD_NOT_ALLOWED",
                                                "ALERT_RULE_NOT_FOUND",
                                                "REPOSITORY_NOT_FOUND",
                                                "FORBIDDEN",
                                                "REQUEST_TIMEOUT"};

/// What is wrong with the form of a refusal; empty when nothing is.
std::string flaw_of(RawResponse const& response, bool to_head) {
    auto const header = [&](char const* name) {
        auto const found = response.headers.find(name);
        return found == response.headers.end() ? std::string() : found->second;
    };
    if (header("content-type") != "application/problem+json") return "content-type " + header("content-type");
    if (header("cache-control") != "no-store") return "cache-control " + header("cache-control");
    if (response.status == 405 && header("allow").empty()) return "405 without Allow";
    if (response.status == 401 && header("www-authenticate").empty()) return "401 without WWW-Authenticate";
    if (to_head) return {};
    boost::json::error_code error;
    auto const body = boost::json::parse(response.body, error); // strict about UTF-8 too
    if (error || !body.is_object()) return "no JSON object: " + error.message();
    auto const text = [&](char const* name) {
        auto const* const member = body.as_object().if_contains(name);
        return member != nullptr && member->is_string() ? std::string(member->as_string()) : std::string();
    };
    if (text("type").empty() || text("title").empty() || text("detail").empty()) return "a member is missing";
    if (text("detail").size() > 2000) return "a long detail";
    if (!body.as_object().contains("status") || body.at("status") != response.status) return "another status";
    if (!error_codes.contains(text("error_code"))) return "error_code " + text("error_code");
    static std::regex const time("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
    return std::regex_match(text("timestamp"), time) ? "" : "timestamp " + text("timestamp");
}

std::string printable(std::string_view bytes) {
    std::string out;
    for (char const c : bytes.substr(0, 300))
        out += c >= ' ' && c <= '~' ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    return out;
}

/// Sends attacks over connections that are kept as long as the server keeps them, and judges the answers.
class Attacker {
  public:
    explicit Attacker(std::uint16_t port) : port_(port) {}

    /// Several at once, answered in their order.
    void send(std::span<Attack const> attacks) {
        if (!connection_) connection_.emplace(port_);
        std::string bytes;
        for (auto const& each : attacks) bytes += each.bytes;
        connection_->send(bytes);
        for (auto const& each : attacks) judge(each);
        ++batches_;
    }

    void judge(Attack const& attack) {
        try {
            auto const response = connection_->read(attack.to_head);
            bool const expected = std::ranges::find(attack.statuses, response.status) != attack.statuses.end();
            auto const flaw = flaw_of(response, attack.to_head);
            bool const closes = response.headers.contains("connection") && response.headers.at("connection") == "close";
            if (!expected) complain(attack, fmt::format("{} {}", response.status, response.body.substr(0, 300)));
            if (expected && !flaw.empty()) complain(attack, flaw + ": " + printable(response.body));
            if (closes != attack.ends) complain(attack, closes ? "the connection was closed" : "it was kept");
            if (closes && !connection_->at_end()) complain(attack, "more came after the answer");
            if (closes) connection_.reset();
            ++judged_;
        } catch (std::exception const& error) {
            complain(attack, error.what());
            connection_.reset();
        }
        if (!connection_) connection_.emplace(port_);
    }

    [[nodiscard]] std::size_t judged() const { return judged_; }
    [[nodiscard]] std::size_t batches() const { return batches_; }

  private:
    /// Two of each kind are enough to see what is wrong.
    void complain(Attack const& attack, std::string const& what) {
        auto const kind = attack.kind.substr(0, attack.kind.find(" at "));
        if (++complaints_[kind] <= 2)
            ADD_FAILURE() << attack.kind << ": " << what << "\n  expected " << attack.statuses.front() << "\n  of "
                          << printable(attack.bytes);
    }

    std::uint16_t port_;
    std::optional<RawConnection> connection_;
    std::size_t judged_ = 0;
    std::size_t batches_ = 0;
    std::map<std::string, std::size_t> complaints_;
};

/// Clients that send a byte now and then, and those that say nothing.
class SlowSenders {
  public:
    explicit SlowSenders(std::uint16_t port) {
        for (std::size_t i = 0; i < 12; ++i) {
            connections_.emplace_back(port);
            connections_.back().send(beginnings[i % beginnings.size()]);
        }
    }
    void send_a_byte() {
        for (auto& each : connections_) each.send("a");
    }
    /// All are turned away, at most so long after they came as the head of a request may take.
    void expect_refusals() {
        for (auto& each : connections_) {
            auto const response = each.read();
            EXPECT_EQ(response.status, 408) << response.body;
            EXPECT_EQ(flaw_of(response, false), "");
            EXPECT_TRUE(each.at_end());
        }
    }

  private:
    static constexpr std::array<std::string_view, 3> beginnings = {"GET /met", "GET /health HTTP/1.1\r\nHost: loc",
                                                                   "POST /webhook HTTP/1.1\r\nHost: x\r\nX-A: "};
    std::vector<RawConnection> connections_;
};

class Hostile : public Program {
  protected:
    std::int64_t memory_kib(Served const& served) const {
        std::ifstream status(fmt::format("/proc/{}/status", served.process->pid()));
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("RssAnon:")) return std::stoll(line.substr(8));
        }
        return -1;
    }
    static std::size_t open_files(Served const& served) {
        auto const folder = std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", served.process->pid()));
        return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
    }
    /// What a right question gets, but for the time at which it was asked.
    static std::string state_of(std::uint16_t port) {
        std::string all;
        for (auto const* target : {"/metrics/event-counts?hours=1&until=2026-03-02T10:00:00Z", "/repositories",
                                   "/monitors", "/alerts/rules", "/alerts"})
            all += get(port, target) + "\n";
        static std::regex const time("\"timestamp\":\"[^\"]*\"");
        return std::regex_replace(all, time, "");
    }
    void load_events() const {
        std::string lines;
        for (int i = 0; i < 50; ++i)
            lines += fmt::format(
                R"({{"id":"{}","type":"WatchEvent","public":true,"created_at":"2026-03-02T09:{:02}:00Z","payload":{{"action":"started"}},"repo":{{"id":7,"name":"octo-org/hello-world"}},"actor":{{"id":{},"login":"octo-ana"}}}})"
                "\n",
                9000 + i, i, 100 + i);
        auto const loaded = run({"backfill", "--quiet", write("hour.json", lines)});
        ASSERT_EQ(loaded.status, 0) << loaded.err;
    }
    /// One after the other, and in batches of those that do not end the connection.
    static void send_all(Attacker& attacker, SlowSenders* slow, std::span<Attack const> attacks) {
        constexpr std::size_t most_at_once = 24;
        constexpr std::size_t most_bytes = 32 * 1024;
        for (std::size_t at = 0; at < attacks.size();) {
            std::size_t count = 1;
            auto bytes = attacks[at].bytes.size();
            bool const together = attacker.batches() % 2 == 0 && !attacks[at].ends;
            while (together && count < most_at_once && at + count < attacks.size() && !attacks[at + count].ends) {
                bytes += attacks[at + count].bytes.size();
                if (bytes > most_bytes) break;
                ++count;
            }
            attacker.send(attacks.subspan(at, count));
            if (slow != nullptr && attacker.batches() % 500 == 0) slow->send_a_byte();
            at += count;
        }
    }
    /// Connections that end halfway, in each way.
    static void break_off(std::uint16_t port) {
        for (int i = 0; i < 300; ++i) {
            RawConnection connection(port);
            connection.send(i % 2 == 0 ? "GET /metrics/trend"
                                       : "POST /monitors HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{");
            if (i % 3 == 0) connection.reset();
            if (i % 3 == 1) {
                connection.half_close();
                EXPECT_EQ(connection.read().status, 400);
            }
        }
    }
};

} // namespace

TEST_F(Hostile, ten_thousand_hostile_requests_get_their_4xx_and_leave_nothing_behind) {
    ASSERT_NO_FATAL_FAILURE(load_events());
    auto const served = serve({"--rate-limit", "off"});
    auto const before = state_of(served.port);
    ASSERT_NE(before.find("\"total_events\":50"), std::string::npos) << before;
    auto const routes = api::route_table();
    auto const attacks = HostileRequests(routes, seed).make(how_many);
    auto const all = std::span(attacks);
    ASSERT_EQ(all.size(), how_many);

    SlowSenders slow(served.port);
    Attacker attacker(served.port);
    auto const warm_up = all.size() / 4;
    send_all(attacker, &slow, all.first(warm_up));
    break_off(served.port);
    auto const memory = memory_kib(served);
    auto const files = open_files(served);
    send_all(attacker, &slow, all.subspan(warm_up));
    break_off(served.port);
    EXPECT_EQ(attacker.judged(), all.size());
    slow.expect_refusals();

    EXPECT_EQ(state_of(served.port), before);
    EXPECT_TRUE(get(served.port, "/health").starts_with("200"));
    auto const grown = memory_kib(served) - memory;
    RecordProperty("requests", static_cast<int>(all.size()));
    RecordProperty("grown_kib", static_cast<int>(grown));
    if (!sanitized) {
        EXPECT_LE(grown, most_growth_kib);
    }
    for (int i = 0; i < 100 && open_files(served) > files; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_LE(open_files(served), files);
    served.process->signal(SIGTERM);
    auto const ended = served.process->wait();
    EXPECT_EQ(ended.status, 0);
    EXPECT_EQ(ended.err.find("request_failed"), std::string::npos) << ended.err;
}

TEST_F(Hostile, nothing_but_the_right_token_opens_what_is_closed) {
    auto const served = serve({"--rate-limit", "off"}, {{"API_TOKENS", "read:reader-token,admin:admin-token"}});
    auto const routes = api::route_table();
    auto const attacks = HostileRequests(routes, seed).without_rights("reader-token");
    ASSERT_GT(attacks.size(), 500U);
    Attacker attacker(served.port);
    send_all(attacker, nullptr, attacks);
    EXPECT_EQ(attacker.judged(), attacks.size());
}
