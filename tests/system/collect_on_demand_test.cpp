// A server that polls only when it is asked to: what its cycles find, and what deliveries bring, is followed up by
// these cycles.
#include "support/manual_clock.hpp"
#include "support/replay_github.hpp"
#include "system/program_fixture.hpp"

namespace {

using gem::test::ReplayAnswer;
using gem::test::ReplayGitHub;
using gem::test::SocketRequest;
using gem::test::SocketServer;
using gem::tests::Program;

class CollectOnDemand : public Program {
  protected:
    static std::string post(std::uint16_t port, std::string const& target, std::string const& headers,
                            std::string const& content) {
        gem::tests::RawConnection connection(port);
        connection.send(fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}Content-Length: "
                                    "{}\r\n\r\n{}",
                                    target, headers, content.size(), content));
        auto const response = connection.read();
        return fmt::format("{} {}", response.status, response.body);
    }
};

TEST_F(CollectOnDemand, fetches_the_commits_of_a_push_that_a_webhook_brought) {
    gem::test::ManualClock const clock{gem::SystemClock().now()};
    ReplayGitHub replay(clock);
    std::string const before(40, 'b');
    std::string const head(40, 'a');
    replay.show("/repos/o/r/events", {});
    replay.record(
        "/repos/o/r/compare/" + before + "..." + head,
        ReplayAnswer::of(200, {},
                         fmt::format(R"({{"total_commits":1,"commits":[{{"sha":"{}","commit":{{"message":"fix: it",)"
                                     R"("committer":{{"date":"{}"}}}},"parents":[{{"sha":"{}"}}]}}],)"
                                     R"("files":[{{"filename":"a.cpp","additions":3,"deletions":1,"changes":4}}]}})",
                                     head, gem::format_time(clock.now()), before)));
    SocketServer const server([&](SocketRequest const& request) { return replay.answer(request); });
    auto const served = serve({}, {{"GITHUB_API_BASE", server.url()},
                                   {"TARGET_REPOSITORIES", "o/r"},
                                   {"HISTORY_ON_ARRIVAL", "off"},
                                   {"no_proxy", "127.0.0.1"}});
    auto const delivered = post(
        served.port, "/webhook",
        "Content-Type: application/json\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: 1-2-3\r\n",
        fmt::format(R"({{"ref":"refs/heads/main","before":"{}","after":"{}","repository":{{"id":7,"full_name":"o/r",)"
                    R"("private":false,"pushed_at":{}}},"sender":{{"id":1,"login":"ada"}}}})",
                    before, head, gem::to_unix(clock.now())));
    ASSERT_TRUE(delivered.starts_with("202")) << delivered;
    auto const collected = post(served.port, "/collect", "", "");
    ASSERT_TRUE(collected.starts_with("200")) << collected;
    auto const commits = get(served.port, "/commits/recent?repo=o/r&hours=24");
    EXPECT_NE(commits.find(R"("total_changes":4)"), std::string::npos) << commits;
}

} // namespace
