// From a delivery to an event: who signed it, what it is called, when it happened, who may see it.
#include "github/webhook.hpp"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "storage/event_rules.hpp"
#include "storage/natural_key.hpp"
#include "support/shared_data.hpp"

namespace gem::github {

namespace {

constexpr UtcTime delivered_at = from_unix(1'768'478'400); // 2026-01-15T12:00:00Z
constexpr std::string_view repository =
    R"("repository":{"id":7,"full_name":"acme/tool","private":false,"pushed_at":1768478390})";
constexpr std::string_view sender = R"("sender":{"id":1001,"login":"ada"})";

std::string with_repository(std::string_view more) {
    return fmt::format(R"({{{},{},{}}})", more.empty() ? R"("x":1)" : more, repository, sender);
}

Result<WebhookContent> read(std::string_view kind, std::string_view body, std::string_view type = "application/json") {
    WebhookReader reader;
    return reader.read(kind, "0-1", type, body, delivered_at);
}

Event event_of(std::string_view kind, std::string_view more) {
    auto content = read(kind, with_repository(more));
    EXPECT_TRUE(content) << content.error().message;
    EXPECT_EQ(content->kind, WebhookContent::Kind::event);
    EXPECT_EQ(reason_to_reject(content->event), std::nullopt);
    return content->event;
}

} // namespace

TEST(WebhookSecrets, githubs_own_example_is_accepted_and_nothing_near_it) {
    WebhookSecrets const secrets({"It's a Secret to Everybody"});
    std::string const good = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    EXPECT_TRUE(secrets.have_signed("Hello, World!", good));
    EXPECT_FALSE(secrets.have_signed("Hello, World", good));
    EXPECT_FALSE(secrets.have_signed("Hello, World!", good.substr(7)));
    EXPECT_FALSE(secrets.have_signed("Hello, World!", good.substr(0, 70)));
    EXPECT_FALSE(secrets.have_signed("Hello, World!", good + "0"));
    EXPECT_FALSE(secrets.have_signed("Hello, World!", ""));
    EXPECT_FALSE(secrets.have_signed("Hello, World!", "sha1=" + good.substr(7)));
    auto upper = good;
    for (auto& c : upper) c = static_cast<char>(std::toupper(c));
    EXPECT_FALSE(secrets.have_signed("Hello, World!", upper));
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = bad[i] == '0' ? '1' : '0';
        EXPECT_FALSE(secrets.have_signed("Hello, World!", bad)) << i;
    }
}

TEST(WebhookSecrets, any_of_several_secrets_will_do_and_none_accepts_nothing) {
    std::string const good = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    EXPECT_TRUE(WebhookSecrets({"old", "It's a Secret to Everybody"}).have_signed("Hello, World!", good));
    EXPECT_TRUE(WebhookSecrets({"It's a Secret to Everybody", "new"}).have_signed("Hello, World!", good));
    EXPECT_FALSE(WebhookSecrets({"old", "new"}).have_signed("Hello, World!", good));
    EXPECT_FALSE(WebhookSecrets({}).have_signed("Hello, World!", good));
}

TEST(EventTypeOf, kinds_become_types_of_letters) {
    EXPECT_EQ(event_type_of("push"), "PushEvent");
    EXPECT_EQ(event_type_of("star"), "WatchEvent");
    EXPECT_EQ(event_type_of("watch"), "WatchEvent");
    EXPECT_EQ(event_type_of("pull_request_review_comment"), "PullRequestReviewCommentEvent");
    EXPECT_EQ(event_type_of("team_add"), "TeamAddEvent");
    EXPECT_EQ(event_type_of("check_run"), "CheckRunEvent");
    EXPECT_EQ(event_type_of("something_new"), "SomethingNewEvent");
    EXPECT_EQ(event_type_of("projects_v2_item"), "ProjectsItemEvent");
    for (auto const* bad : {"", "Push", "push event", "push\n", "_", "__", "42", "päsh"})
        EXPECT_EQ(event_type_of(bad), "") << bad;
    EXPECT_EQ(event_type_of(std::string(61, 'a')), "");
}

TEST(WebhookReader, a_push_tells_its_commits_its_time_and_who_pushed) {
    auto const event =
        event_of("push", R"("ref":"refs/heads/main","before":"aa","after":"bb","forced":true,"deleted":false,)"
                         R"("commits":[{"distinct":true},{"distinct":false},{"distinct":true}])");
    EXPECT_EQ(event.id, "wh:0-1");
    EXPECT_EQ(event.type, "PushEvent");
    EXPECT_EQ(event.source, EventSource::webhook);
    EXPECT_EQ(event.created_at, delivered_at - seconds(10)) << "repository.pushed_at";
    EXPECT_EQ(event.repo_id, 7);
    EXPECT_EQ(event.repo_name, "acme/tool");
    EXPECT_EQ(event.actor_id, 1001);
    EXPECT_EQ(event.actor_login, "ada");
    EXPECT_TRUE(event.is_public);
    EXPECT_EQ(
        event.facts,
        (EventFacts{
            .ref = "refs/heads/main", .head = "bb", .before = "aa", .size = 3, .distinct_size = 2, .flag = true}));
}

TEST(WebhookReader, the_payload_is_kept_byte_for_byte) {
    std::string const body =
        "{ \"action\" : \"created\",\n " + std::string(repository) + ", \"big\": 123456789012345678901234567890 }";
    auto const content = read("label", body);
    ASSERT_TRUE(content);
    EXPECT_EQ(content->event.payload.text(), body);
    EXPECT_EQ(content->event.facts.action, "created");
}

TEST(WebhookReader, a_form_has_the_payload_in_a_field) {
    auto const content = read("label",
                              "a=b&payload=%7B%22repository%22%3A%7B%22full_name%22%3A%22acme%2Ftool%22%2C"
                              "%22x%22%3A%22a+b%2B%22%7D%7D&c",
                              "application/x-www-form-urlencoded; charset=utf-8");
    ASSERT_TRUE(content) << content.error().message;
    EXPECT_EQ(content->event.payload.text(), R"({"repository":{"full_name":"acme/tool","x":"a b+"}})");
    EXPECT_FALSE(read("label", "{}", "application/x-www-form-urlencoded"));
}

TEST(WebhookReader, a_ping_a_star_taken_back_and_the_end_of_a_branch_are_no_events) {
    auto const kind = [](std::string_view name, std::string_view more) {
        return read(name, with_repository(more))->kind;
    };
    EXPECT_EQ(kind("ping", R"("zen":"x")"), WebhookContent::Kind::ping);
    EXPECT_EQ(kind("star", R"("action":"deleted","starred_at":null)"), WebhookContent::Kind::ignored);
    EXPECT_EQ(kind("push", R"("deleted":true)"), WebhookContent::Kind::ignored);
    auto const star = event_of("star", R"("action":"created","starred_at":"2026-01-15T11:59:00Z")");
    EXPECT_EQ(star.type, "WatchEvent");
    EXPECT_EQ(star.created_at, delivered_at - minutes(1));
}

TEST(WebhookReader, what_is_no_delivery_is_refused_with_what_was_expected) {
    WebhookReader reader;
    auto const refused = [&](std::string_view kind, std::string_view delivery, std::string_view body) {
        auto const content = reader.read(kind, delivery, "application/json", body, delivered_at);
        return !content && content.error().code == ErrorCode::invalid_argument;
    };
    for (auto const* body : {"", "[]", "null", "{", "{}x", "\"a\"", "{\"a\":\"\xff\"}"})
        EXPECT_TRUE(refused("push", "1", body)) << body;
    EXPECT_TRUE(refused("", "1", "{}"));
    EXPECT_TRUE(refused("Not a kind", "1", "{}"));
    EXPECT_TRUE(refused("push", "", "{}"));
    EXPECT_TRUE(refused("push", "a b", "{}"));
    EXPECT_TRUE(refused("push", std::string(101, '1'), "{}"));
}

TEST(WebhookReader, what_has_no_time_of_its_own_happened_when_it_came) {
    EXPECT_EQ(event_of("member", R"("action":"added","member":{"id":5})").created_at, delivered_at);
    EXPECT_EQ(event_of("watch", R"("action":"started")").created_at, delivered_at);
    EXPECT_EQ(event_of("create", R"("ref":"v1","ref_type":"tag")").created_at, delivered_at - seconds(10))
        << "pushed_at is near";
    EXPECT_EQ(
        event_of("issues", R"("action":"closed","issue":{"number":1,"closed_at":"2099-01-01T00:00:00Z"})").created_at,
        delivered_at)
        << "nobody closed it in the future";
    EXPECT_EQ(
        event_of("issues", R"("action":"closed","issue":{"number":1,"closed_at":"2026-01-14T00:00:00Z"})").created_at,
        delivered_at - hours(36))
        << "a delivery that was sent again later";
}

TEST(WebhookReader, what_strangers_do_not_see_is_private) {
    EXPECT_TRUE(event_of("issues", R"("action":"opened")").is_public);
    EXPECT_FALSE(event_of("dependabot_alert", R"("action":"created")").is_public);
    EXPECT_FALSE(event_of("something_new", "").is_public);
    EXPECT_FALSE(event_of("release", R"("action":"created","release":{"id":1,"draft":true})").is_public);
    auto const hidden = read("push", R"({"repository":{"id":7,"full_name":"acme/tool","private":true}})");
    EXPECT_FALSE(hidden->event.is_public);
}

TEST(WebhookReader, what_belongs_to_an_account_is_filed_under_it_and_private) {
    auto const content =
        read("sponsorship", R"({"action":"created","sponsorship":{"sponsorable":{"login":"octo-ana"}},)"
                            R"("sender":{"login":"octo-ben","id":9}})");
    ASSERT_EQ(content->kind, WebhookContent::Kind::event);
    EXPECT_EQ(content->event.type, "SponsorshipEvent");
    EXPECT_EQ(content->event.repo_name, "octo-ana/.github");
    EXPECT_EQ(content->event.repo_id, std::nullopt);
    EXPECT_FALSE(content->event.is_public);
    EXPECT_EQ(read("security_advisory", R"({"action":"published"})")->kind, WebhookContent::Kind::ignored);
}

TEST(WebhookReader, a_payload_beyond_what_can_be_stored_loses_its_longest_members) {
    auto const body = with_repository(
        fmt::format(R"("ref":"refs/heads/main","before":"aa","after":"bb","commits":["{}"],"note":"{}")",
                    std::string(3'000'000, 'x'), std::string(100'000, 'y')));
    auto const event = read("push", body)->event;
    EXPECT_EQ(reason_to_reject(event), std::nullopt);
    EXPECT_TRUE(is_json(event.payload.text()));
    EXPECT_NE(event.payload.text().find(R"("left_out_by_collector":["commits"])"), std::string::npos);
    EXPECT_NE(event.payload.text().find("yyy"), std::string::npos);
    EXPECT_EQ(event.facts.size, 1) << "facts are those of the whole";
}

TEST(NaturalKeys, a_delivery_and_what_the_events_api_says_of_the_same_have_the_same) {
    struct Pair {
        std::string_view kind;
        std::string more; ///< of the delivery
        EventFacts facts; ///< of the event in the feed, with …
        std::string payload;
    };
    Pair const pairs[] = {
        {"push",
         R"("ref":"refs/heads/main","before":"aa","after":"bb")",
         {.ref = "refs/heads/main", .head = "bb", .before = "aa"},
         "{}"},
        {"pull_request",
         R"("action":"closed","number":4,"pull_request":{"merged":true})",
         {.action = "merged", .number = 4, .merged = true},
         "{}"},
        {"pull_request",
         R"("action":"closed","number":4,"pull_request":{"merged":false})",
         {.action = "closed", .number = 4},
         "{}"},
        {"issues", R"("action":"labeled","issue":{"number":4})", {.action = "labeled", .number = 4}, "{}"},
        {"issue_comment",
         R"("action":"created","comment":{"id":55})",
         {.action = "created"},
         R"({"comment":{"id":55}})"},
        {"commit_comment", R"("action":"created","comment":{"id":55})", {}, R"({"comment":{"id":55}})"},
        {"pull_request_review",
         R"("action":"submitted","review":{"id":9})",
         {.action = "created"},
         R"({"review":{"id":9}})"},
        {"fork", R"("forkee":{"id":88})", {.action = "forked"}, R"({"forkee":{"id":88}})"},
        {"release", R"("action":"published","release":{"id":3})", {.action = "published"}, R"({"release":{"id":3}})"},
        {"create", R"("ref":"main","ref_type":"branch")", {.ref = "main", .ref_type = "branch"}, "{}"},
        {"delete", R"("ref":"main","ref_type":"branch")", {.ref = "refs/heads/main", .ref_type = "branch"}, "{}"},
        {"star", R"("action":"created","starred_at":"2026-01-15T11:59:00Z")", {.action = "started"}, "{}"},
        {"watch", R"("action":"started")", {.action = "started"}, "{}"},
        {"gollum", R"("pages":[{"sha":"cc"}])", {}, R"({"pages":[{"sha":"cc"}]})"},
        {"member", R"("action":"added","member":{"id":5})", {.action = "added"}, R"({"member":{"id":5}})"},
        {"public", "", {}, "{}"},
    };
    for (auto const& pair : pairs) {
        auto const delivered = event_of(pair.kind, pair.more);
        auto polled = delivered;
        polled.id = "1";
        polled.facts = pair.facts;
        polled.payload = JsonText::already_validated(pair.payload);
        EXPECT_FALSE(natural_key(delivered).text.empty()) << pair.kind;
        EXPECT_EQ(natural_key(delivered), natural_key(polled)) << pair.kind;
        EXPECT_NE(channel_of(delivered), channel_of(polled));
    }
    for (auto const* kind : {"check_run", "status", "deployment", "label", "workflow_run"})
        EXPECT_EQ(natural_key(event_of(kind, R"("action":"created")")).text, "") << "only webhooks tell of " << kind;
}

TEST(WebhookRecordings, every_recorded_delivery_is_taken_and_can_be_stored) {
    auto const data = test::shared_data();
    if (!data) GTEST_SKIP() << "no recorded data here";
    std::ifstream index(*data / "webhooks/index.ndjson");
    WebhookReader reader;
    std::size_t taken = 0;
    std::size_t events = 0;
    for (std::string line; std::getline(index, line);) {
        auto const value = [&](std::string const& key) {
            auto const start = line.find('"' + key + "\": \"") + key.size() + 5;
            return line.substr(start, line.find('"', start) - start);
        };
        std::ifstream file(*data / "webhooks" / value("file"));
        std::stringstream text;
        text << file.rdbuf();
        auto const body = text.str();
        if (body.find_first_of("[{") == body.find('[')) continue; // not one delivery but a list of several
        auto const content = reader.read(value("x_github_event"), "1-2", "application/json", body, delivered_at);
        ASSERT_TRUE(content) << value("file") << ": " << content.error().message;
        ++taken;
        if (content->kind != WebhookContent::Kind::event) continue;
        ++events;
        EXPECT_EQ(reason_to_reject(content->event), std::nullopt) << value("file");
        EXPECT_TRUE(is_json(content->event.payload.text())) << value("file");
    }
    EXPECT_GE(taken, 60U);
    EXPECT_GE(events, taken - 5);
}

} // namespace gem::github
