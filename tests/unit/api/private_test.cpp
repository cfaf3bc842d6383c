// What strangers are told of private repositories: nothing.
#include "storage/private_repositories.hpp"
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
        wait_ok(names.note("Acme/Tool", true));
        wait_ok(names.note("acme/open", false));
        for (auto const* const repo : {"acme/tool", "acme/open"}) {
            CommitRecord record;
            record.commit.sha = std::string(40, repo[5] == 't' ? 'a' : 'b');
            record.commit.repo_id = repo[5] == 't' ? 7 : 8;
            record.commit.repo_name = repo;
            record.commit.commit_date = ten_o_clock;
            wait_ok(database.commits().store_commits({std::move(record)}));
        }
    }
    void serve(bool loopback_only, std::string_view tokens) {
        api::ApiOptions options{
            .access = {}, .supported_providers = {}, .cache = {}, .steady_now = [] { return steady; }};
        options.access.loopback_only = loopback_only;
        options.access.tokens = api::TokenList::parse(tokens).value();
        made.emplace(database, nullptr, clock, log, std::move(options));
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

TEST_F(Strangers, on_this_machine_and_with_a_token_everything_is_told) {
    EXPECT_EQ(get("/commits/recent?repo=acme/tool").status, 200U);
    EXPECT_EQ(trending(), "\"acme/tool\"");
}

TEST_F(Strangers, see_it_as_soon_as_it_is_public) {
    serve(false, "");
    EXPECT_EQ(get("/commits/recent?repo=acme/tool").status, 404U);
    PrivateRepositories names(database, clock);
    wait_ok(names.note("acme/tool", false));
    EXPECT_EQ(get("/commits/recent?repo=acme/tool").status, 200U);
    EXPECT_EQ(trending(), "\"acme/tool\"");
}

TEST(PrivateRepositories, what_another_process_has_written_is_noticed_within_a_minute) {
    ManualClock clock;
    auto const store = std::make_shared<ReferenceStore>();
    DatabaseService database(make_reference_manager(store, clock));
    wait_ok(database.initialize());
    PrivateRepositories here(database, clock);
    PrivateRepositories there(database, clock);
    wait_ok(here.note("acme/tool", true));
    wait_ok(there.note("acme/tool", true));
    wait_ok(there.note("acme/tool", false));
    EXPECT_TRUE(wait_ok(private_repositories(database)).empty());
    clock.advance(seconds(60));
    wait_ok(here.note("acme/tool", true));
    EXPECT_EQ(wait_ok(private_repositories(database)), RepositoryNames{"acme/tool"});
}

} // namespace gem::test
