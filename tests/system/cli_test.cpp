// The built program from outside: commands, exit statuses, and serve over a real socket.
#include "cli/cli.hpp"
#include "support/loopback.hpp"
#include "support/packed.hpp"
#include "support/socket_server.hpp"
#include "system/program_fixture.hpp"

namespace {

using gem::tests::ChildProcess;
using gem::tests::Program;

/// Synthetic events of one repository within the hour before 2015-01-01T16:00:00Z.
std::string some_events(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) {
        lines += fmt::format(
            R"({{"id":"{}","type":"WatchEvent","actor":{{"id":{},"login":"octocat{}"}},"repo":{{"id":7,"name":"octo-org/hello-world"}},"payload":{{"action":"started"}},"public":true,"created_at":"2015-01-01T15:{:02}:00Z"}})",
            1000 + i, i + 1, i + 1, i % 60);
        lines += '\n';
    }
    return lines;
}

/// A port of 127.0.0.1 that is listened on as long as this lives.
class PortHolder {
  public:
    explicit PortHolder(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        auto const address = gem::test::loopback(port);
        int const on = 1;
        ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        held_ = ::bind(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0 &&
                ::listen(socket_, 1) == 0;
    }
    ~PortHolder() { ::close(socket_); }
    PortHolder(PortHolder const&) = delete;
    PortHolder& operator=(PortHolder const&) = delete;
    [[nodiscard]] bool held() const { return held_; }

  private:
    int socket_;
    bool held_ = false;
};

TEST_F(Program, helps_with_every_command) {
    for (auto const& name : gem::cli::command_names()) {
        std::vector<std::string> arguments;
        auto const space = name.find(' ');
        arguments.push_back(name.substr(0, space));
        if (space != std::string::npos) arguments.push_back(name.substr(space + 1));
        arguments.emplace_back("--help");
        auto const outcome = run(arguments);
        EXPECT_EQ(outcome.status, 0) << name;
        EXPECT_NE(outcome.out.find("github-events-monitor " + name), std::string::npos) << name;
        EXPECT_EQ(outcome.err, "") << name;
    }
}

TEST_F(Program, ends_with_2_for_arguments_and_settings_that_are_wrong) {
    EXPECT_EQ(run({}).status, 2);
    EXPECT_EQ(run({"nonsense"}).status, 2);
    EXPECT_EQ(run({"serve", "--port", "70000"}).status, 2);
    EXPECT_EQ(run({"backfill"}).status, 2);
    EXPECT_EQ(run({"backfill", "--from", "2015-01-01T15", "--to", "2015-01-01T15"}).status, 2);
    auto const outcome = run({"serve", "--log-level", "loud", "--rate-limit", "0"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("--log-level: expected one of debug, info, warn, error, off, got \"loud\""),
              std::string::npos);
    EXPECT_NE(outcome.err.find("--rate-limit: expected off or a whole number from 1 to 1000000, got \"0\""),
              std::string::npos);
}

TEST_F(Program, tells_a_stranger_what_was_expected) {
    auto const missing = run({"backfill", path("missing.json.gz"), "--quiet"});
    EXPECT_EQ(missing.status, 1);
    EXPECT_EQ(missing.err.find("cannot open " + path("missing.json.gz") + ": No such file"), 0U) << missing.err;
    EXPECT_EQ(missing.out, "0 events read, 0 stored, 0 duplicates\n");
    EXPECT_FALSE(std::filesystem::exists(database())) << "nothing was read, so there is nothing to keep";
    EXPECT_EQ(run({"backfill", "--from", "2015-01-01T15", "--to", "2015-01-01T16", "--dir", path("nowhere")}).status,
              2);
    EXPECT_EQ(run({"backfill", "--from", "2015-01-01T15", "--to", "2015-01-01T16", "--url", "nowhere"}).status, 2);
    auto const version = run({"--version"});
    EXPECT_EQ(version.status, 0);
    EXPECT_EQ(version.out.find("github-events-monitor "), 0U) << version.out;

    auto const text = write("text.txt", "no database, but somebody's letter, quite a long one");
    auto const before = std::filesystem::last_write_time(text);
    for (auto const* const command : {"check", "verify", "rebuild"}) {
        auto const outcome = run({"db", command, "--db-path", text});
        EXPECT_EQ(outcome.status, 1);
        EXPECT_NE(outcome.err.find("not a database (nothing was changed; choose another DATABASE_PATH)"),
                  std::string::npos)
            << outcome.err;
    }
    EXPECT_EQ(run({"setup", "delete", "--yes", "--db-path", text}).status, 1);
    EXPECT_EQ(std::filesystem::last_write_time(text), before);
}

TEST_F(Program, sets_up_and_removes_a_store) {
    EXPECT_EQ(run({"setup", "info"}).status, 1);
    auto const before = run({"setup", "test"});
    EXPECT_EQ(before.status, 0);
    EXPECT_NE(before.out.find("setup create"), std::string::npos) << before.out;
    EXPECT_FALSE(std::filesystem::exists(database()));

    auto const created = run({"setup", "create"});
    EXPECT_EQ(created.status, 0) << created.err;
    EXPECT_NE(created.out.find("9 tables are there"), std::string::npos) << created.out;
    EXPECT_EQ(run({"setup", "create"}).status, 0);

    auto const info = run({"setup", "info", "--json"});
    EXPECT_EQ(info.status, 0) << info.err;
    EXPECT_NE(info.out.find("\"provider\":\"sqlite\""), std::string::npos) << info.out;
    EXPECT_NE(info.out.find("\"tables_found\":9"), std::string::npos) << info.out;

    auto const tested = run({"setup", "test"});
    EXPECT_EQ(tested.status, 0) << tested.err;
    EXPECT_NE(tested.out.find("healthy, 9 of 9 tables found"), std::string::npos) << tested.out;

    auto const unasked = run({"setup", "delete"});
    EXPECT_EQ(unasked.status, 1);
    EXPECT_NE(unasked.err.find("--yes"), std::string::npos) << unasked.err;
    EXPECT_EQ(run({"setup", "delete", "--yes"}).status, 0);
}

TEST_F(Program, backfills_and_counts_the_rerun_as_duplicates) {
    auto const file = write("2015-01-01-15.json.gz", gem::test::gzipped(some_events(100)));
    auto const first = run({"backfill", file, "--json", "--quiet"});
    EXPECT_EQ(first.status, 0) << first.err;
    EXPECT_EQ(first.err.find("%"), std::string::npos) << first.err;
    EXPECT_NE(first.out.find("\"inserted\":100,\"duplicates\":0"), std::string::npos) << first.out;
    auto const again = run({"backfill", file, "--json"});
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_NE(again.out.find("\"inserted\":0,\"duplicates\":100"), std::string::npos) << again.out;

    EXPECT_EQ(run({"db", "check"}).status, 0);
    auto const verified = run({"db", "verify", "--json"});
    EXPECT_EQ(verified.status, 0) << verified.err;
    EXPECT_NE(verified.out.find("\"events\":100,"), std::string::npos) << verified.out;
    EXPECT_NE(verified.out.find("\"drift_total\":0"), std::string::npos) << verified.out;
    EXPECT_EQ(run({"db", "rebuild"}).status, 0);
    EXPECT_EQ(run({"db", "backup", path("copy.db")}).status, 0);
    EXPECT_EQ(run({"db", "backup", path("copy.db")}).status, 1);
    EXPECT_EQ(run({"db", "verify", "--db-path", path("copy.db")}).status, 0);

    auto const forgotten = run({"forget", "--repo", "Octo-Org/Hello-World", "--yes"});
    EXPECT_EQ(forgotten.status, 0) << forgotten.err;
    EXPECT_NE(forgotten.out.find("100 events"), std::string::npos) << forgotten.out;
}

TEST_F(Program, backfills_a_range_of_hours_and_standard_input) {
    write("2015-01-01-15.json.gz", gem::test::gzipped(some_events(10)));
    auto const range =
        run({"backfill", "--from", "2015-01-01T15", "--to", "2015-01-01T16", "--dir", directory_.string(), "--json"});
    EXPECT_EQ(range.status, 0) << range.err;
    EXPECT_NE(range.out.find("\"inserted\":10,"), std::string::npos) << range.out;
    auto const piped = run({"backfill", "-", "--json"}, some_events(12));
    EXPECT_EQ(piped.status, 0) << piped.err;
    EXPECT_NE(piped.out.find("\"inserted\":2,\"duplicates\":10"), std::string::npos) << piped.out;
}

TEST_F(Program, fetches_a_range_of_hours_and_goes_on_where_the_other_side_failed) {
    using gem::test::SocketReply;
    bool whole = false;
    std::vector<std::string> asked;
    gem::test::SocketServer const archive([&](gem::test::SocketRequest const& request) {
        asked.push_back(request.head.substr(0, request.head.find(" HTTP")));
        if (asked.back() == "GET /archive/2015-01-01-15.json.gz")
            return SocketReply::of(200, "", gem::test::gzipped(some_events(10)));
        if (asked.back() == "GET /archive/2015-01-01-16.json.gz" && whole)
            return SocketReply::of(200, "", gem::test::gzipped(some_events(12)));
        return SocketReply::of(404, "", "no such hour");
    });
    std::vector<std::string> const arguments = {
        "backfill", "--from", "2015-01-01T15", "--to", "2015-01-01T17", "--url", archive.url() + "/archive/",
        "--json",   "--quiet"};
    auto const first = run(arguments);
    EXPECT_EQ(first.status, 1) << first.out;
    EXPECT_EQ(number(first.out, "inserted"), 10) << first.out;
    EXPECT_NE(first.out.find("there is no such file"), std::string::npos) << first.out;
    EXPECT_EQ(asked.size(), 2U);

    whole = true;
    auto const second = run(arguments);
    EXPECT_EQ(second.status, 0) << second.out << second.err;
    EXPECT_EQ(number(second.out, "inserted"), 2) << second.out;
    EXPECT_NE(second.out.find(R"("skipped":true)"), std::string::npos) << "the hour that is finished: " << second.out;
}

TEST_F(Program, ends_with_1_for_a_bad_line_and_stores_the_rest) {
    auto const file = write("bad.json", some_events(3) + "{\"id\":\n" + some_events(4));
    auto const outcome = run({"backfill", file});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("bad.json:4"), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "7 events read, 4 stored, 3 duplicates, 1 bad records\n");
    auto const verified = run({"db", "verify", "--json"});
    EXPECT_NE(verified.out.find("\"events\":4,"), std::string::npos) << verified.out;
}

TEST_F(Program, serves_what_was_stored_and_ends_with_0_at_SIGTERM) {
    ASSERT_EQ(run({"backfill", write("hour.json", some_events(42)), "--quiet"}).status, 0);
    auto served = serve();
    auto const health = get(served.port, "/health");
    EXPECT_EQ(health.substr(0, 3), "200") << health;
    EXPECT_NE(health.find("\"total_events_stored\":42"), std::string::npos) << health;
    auto const counts = get(served.port, "/metrics/event-counts?offset_minutes=60&until=2015-01-01T16:00:00Z");
    EXPECT_NE(counts.find("\"counts\":{\"WatchEvent\":42}"), std::string::npos) << counts;
    served.process->signal(SIGTERM);
    auto const outcome = served.process->wait();
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("stopped"), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
}

TEST_F(Program, ends_with_0_at_SIGINT_while_it_polls) {
    ChildProcess process(GEM_PROGRAM,
                         {"serve", "--port", "0", "--target-repositories", "octo-org/hello-world", "--github-api-base",
                          "http://127.0.0.1:9"},
                         environment());
    ASSERT_TRUE(process.wait_for_err("poll_failed")) << process.err();
    process.signal(SIGINT);
    EXPECT_EQ(process.wait().status, 0);
}

TEST_F(Program, says_what_to_do_when_the_port_is_taken) {
    auto const first = serve();
    auto const outcome = run({"serve", "--port", std::to_string(first.port), "--poll", "off"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find(std::to_string(first.port)), std::string::npos) << outcome.err;
}

TEST_F(Program, listens_on_8080_when_8000_is_taken_and_nobody_named_a_port) {
    PortHolder const first(8000); // held by us, or by somebody else already
    if (!PortHolder(8080).held()) GTEST_SKIP() << "8080 is taken on this machine";
    ChildProcess process(GEM_PROGRAM, {"serve", "--poll", "off"}, environment());
    EXPECT_TRUE(process.wait_for_err("listening url=http://127.0.0.1:8080 ")) << process.err();
    EXPECT_NE(process.err().find("port_taken port=8000 instead=8080"), std::string::npos) << process.err();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait().status, 0);
}

TEST_F(Program, ends_with_1_when_the_database_cannot_be_opened) {
    write("events.db", std::string(8192, 'x'));
    auto const outcome = run({"serve", "--port", "0"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find(database()), std::string::npos) << outcome.err;
}

TEST_F(Program, tells_the_report_of_one_cycle_and_ends_with_1_when_github_is_not_there) {
    auto const outcome = run({"collect", "--once", "--json", "--target-repositories", "octo-org/hello-world",
                              "--github-api-base", "http://127.0.0.1:9"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.out.find("\"status\":\"failed\""), std::string::npos) << outcome.out << outcome.err;
}

} // namespace
