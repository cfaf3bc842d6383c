// What strangers are told of private repositories: nothing.
#include "storage/private_repositories.hpp"
#include "unit/api/api_fixture.hpp"
#include "unit/api/model_fixture.hpp"

namespace gem::test {

namespace {

/// acme/tool is private, acme/open is not; both have an event and a commit.
class Strangers : public ModelApiTest {
  protected:
    void SetUp() override {
        ModelApiTest::SetUp();
        put({event("PushEvent").push(1), event("PushEvent").push(1), event("PushEvent").push(1).of("acme/open", 8)});
        PrivateRepositories names(database, clock);
        wait_ok(names.note("Acme/Tool", true, ten_o_clock));
        wait_ok(names.note("acme/open", false, ten_o_clock));
        for (auto const* const repo : {"acme/tool", "acme/open"}) {
            CommitRecord record;
            record.commit.sha = std::string(40, repo[5] == 't' ? 'a' : 'b');
            record.commit.repo_id = repo[5] == 't' ? 7 : 8;
            record.commit.repo_name = repo;
            record.commit.commit_date = ten_o_clock;
            wait_ok(database.commits().store_commits({std::move(record)}));
        }
    }
    void serve(bool loopback_only, std::string_view tokens, api::CollectorControl* collector = nullptr) {
        api::ApiOptions options{
            .access = {}, .supported_providers = {}, .cache = {}, .steady_now = [] { return steady; }};
        options.access.loopback_only = loopback_only;
        options.access.tokens = api::TokenList::parse(tokens).value();
        made.emplace(database, collector, clock, log, std::move(options));
    }
    std::string trending() {
        std::string names;
        for (auto const& each : body("/metrics/trending?hours=24&limit=1").at("repositories").as_array())
            names += text(each.at("repo"));
        return names;
    }
};

} // namespace

TEST_F(Strangers, are_told_of_a_private_repository_only_that_there_is_nothing_for_them) {
    serve(false, "");
    for (auto const* const target :
         {"/metrics/repository-activity?repo=acme/tool", "/metrics/event-counts?repo=ACME/Tool",
          "/commits/recent?repo=acme/tool", "/monitoring/commits?repos=acme/open,acme/tool", "/commits/aaaaaaa",
          "/commits/aaaaaaa/files", "/events?repo=acme/tool"}) {
        auto const refused = get(target);
        EXPECT_EQ(refused.status, 404U) << target;
        EXPECT_EQ(refused.body->bytes().find("aaaaaaaaaa"), std::string::npos) << target;
    }
    EXPECT_EQ(get("/metrics/repository-activity?repo=acme/open").status, 200U);
    EXPECT_EQ(get("/commits/bbbbbbb").status, 200U);
    EXPECT_EQ(trending(), "\"acme/open\"") << "the first of those that may be told";
}

TEST_F(Strangers, are_not_told_by_health_what_is_polled) {
    test::FakeCollector collector; // polls octo-org/hello-world
    PrivateRepositories names(database, clock);
    wait_ok(names.note("octo-org/hello-world", true, ten_o_clock));
    auto const told = [&](bool loopback_only, std::string_view tokens) {
        serve(loopback_only, tokens, &collector);
        return text(body("/health").at("target_repositories"));
    };
    EXPECT_EQ(told(true, ""), R"(["octo-org/hello-world"])");
    EXPECT_EQ(told(false, ""), "[]");
    EXPECT_EQ(told(false, "read:hush"), "[]") << "nobody has shown a token";
    wait_ok(names.note("octo-org/hello-world", false, ten_o_clock + seconds(1)));
    EXPECT_EQ(told(false, ""), R"(["octo-org/hello-world"])");
}

TEST_F(Strangers, are_answered_about_the_process_while_the_database_is_away) {
    serve(false, "");
    wait_ok(database.connection().close());
    for (auto const* const target : {"/health/live", "/metrics", "/docs", "/openapi.json"})
        EXPECT_EQ(get(target).status, 200U) << target;
    auto const health = get("/health");
    EXPECT_EQ(health.status, 503U);
    EXPECT_NE(health.body->bytes().find("target_repositories"), std::string::npos) << "its own body";
    auto const delivery = send("POST", "/webhook");
    EXPECT_NE(delivery.body->bytes().find("takes no webhooks"), std::string::npos) << "judged by its own handler";
}

TEST_F(Strangers, on_this_machine_and_with_a_token_everything_is_told) {
    EXPECT_EQ(get("/commits/recent?repo=acme/tool").status, 200U);
    EXPECT_EQ(trending(), "\"acme/tool\"");
}

TEST_F(Strangers, see_it_as_soon_as_it_is_public) {
    serve(false, "");
    EXPECT_EQ(get("/commits/recent?repo=acme/tool").status, 404U);
    PrivateRepositories names(database, clock);
    wait_ok(names.note("acme/tool", false, ten_o_clock + seconds(1)));
    EXPECT_EQ(get("/commits/recent?repo=acme/tool").status, 200U);
    EXPECT_EQ(trending(), "\"acme/tool\"");
}

struct PrivateRepositoriesTest : testing::Test {
    void SetUp() override { wait_ok(database.initialize()); }
    ManualClock clock;
    DatabaseService database{make_reference_manager(std::make_shared<ReferenceStore>(), clock)};
};

TEST_F(PrivateRepositoriesTest, what_another_process_has_written_is_noticed_within_a_minute) {
    PrivateRepositories here(database, clock);
    PrivateRepositories there(database, clock);
    wait_ok(here.note("acme/tool", true, ten_o_clock));
    wait_ok(there.note("acme/tool", true, ten_o_clock));
    wait_ok(there.note("acme/tool", false, ten_o_clock));
    EXPECT_TRUE(wait_ok(private_repositories(database)).empty());
    clock.advance(seconds(60));
    wait_ok(here.note("acme/tool", true, ten_o_clock));
    EXPECT_EQ(wait_ok(private_repositories(database)), RepositoryNames{"acme/tool"});
}

TEST_F(PrivateRepositoriesTest, a_mark_that_somebody_removed_is_there_again_with_the_next_private_event) {
    PrivateRepositories names(database, clock);
    for (auto const later : {seconds(1), seconds(hours(2)), seconds(hours(5))}) {
        wait_ok(names.note("Acme/Tool", true, ten_o_clock));
        EXPECT_TRUE(wait_ok(forget_private(database, repo("acme/tool"))));
        EXPECT_FALSE(wait_ok(forget_private(database, repo("acme/tool"))));
        wait_ok(names.note("Acme/Tool", true, ten_o_clock + later));
        EXPECT_EQ(wait_ok(private_repositories(database)), RepositoryNames{"acme/tool"});
        wait_ok(forget_private(database, repo("acme/tool")));
    }
}

TEST_F(PrivateRepositoriesTest, an_old_public_event_that_is_told_again_makes_nothing_public) {
    PrivateRepositories names(database, clock);
    wait_ok(names.note("acme/tool", true, ten_o_clock));
    wait_ok(names.note("acme/tool", true, ten_o_clock + hours(2)));
    wait_ok(names.note("acme/tool", false, ten_o_clock + hours(1)));
    PrivateRepositories after_a_restart(database, clock);
    wait_ok(after_a_restart.note("acme/tool", false, ten_o_clock - days(1)));
    EXPECT_EQ(wait_ok(private_repositories(database)), RepositoryNames{"acme/tool"});
    wait_ok(after_a_restart.note("acme/tool", false, ten_o_clock + hours(3)));
    EXPECT_TRUE(wait_ok(private_repositories(database)).empty());
}

} // namespace gem::test
