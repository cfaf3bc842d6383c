// Each form in which an event is handed around, small and made up here; recorded ones are in archive_files_test.cpp.
#include "github/event_parser.hpp"

#include <gtest/gtest.h>

namespace gem {
namespace {

constexpr std::string_view plain_push =
    R"({"id":"2489651045","type":"PushEvent","actor":{"id":665991,"login":"petroav","url":"https://x"},)"
    R"("repo":{"id":28688495,"name":"petroav/6.828","url":"https://y"},"payload": {"push_id":536740396, "size":2,"distinct_size":1,)"
    R"("ref":"refs/heads/master","head":"6089","before":"437c","commits":[{"sha":"6089","message":"a } \" ] b"}]} ,)"
    R"("public":true,"created_at":"2015-01-01T15:00:03Z","org":{"id":1}})";

struct Outcome {
    Result<ParsedKind> kind;
    Event event;
};

Outcome parse_one(std::string_view json) {
    EventParser parser;
    Event event;
    auto kind = parser.parse_text(json, EventSource::archive, event);
    return {.kind = std::move(kind), .event = std::move(event)};
}

Event good(std::string_view json) {
    auto outcome = parse_one(json);
    EXPECT_TRUE(outcome.kind.has_value()) << outcome.kind.error().message;
    if (outcome.kind) {
        EXPECT_EQ(*outcome.kind, ParsedKind::event);
    }
    return std::move(outcome.event);
}

std::string complaint(std::string_view json) {
    auto const outcome = parse_one(json);
    EXPECT_FALSE(outcome.kind.has_value()) << json;
    return outcome.kind ? std::string() : outcome.kind.error().message;
}

/// An event of `type` with `payload`.
std::string with_payload(std::string_view type, std::string_view payload) {
    return fmt::format(
        R"({{"id":"1","type":"{}","actor":{{"id":1,"login":"a"}},"repo":{{"id":2,"name":"o/r"}},"payload":{},)"
        R"("public":true,"created_at":"2024-01-01T00:00:00Z"}})",
        type, payload);
}

EventFacts facts_of(std::string_view type, std::string_view payload) { return good(with_payload(type, payload)).facts; }

EventFacts made(void (*fill)(EventFacts&)) {
    EventFacts facts;
    fill(facts);
    return facts;
}

TEST(EventParser, reads_every_field_of_a_plain_event_and_keeps_the_payload_byte_for_byte) {
    auto const event = good(plain_push);
    EXPECT_EQ(event.id, "2489651045");
    EXPECT_EQ(event.type, "PushEvent");
    EXPECT_EQ(format_time(event.created_at), "2015-01-01T15:00:03Z");
    EXPECT_EQ(event.repo_id, 28688495);
    EXPECT_EQ(event.repo_name, "petroav/6.828");
    EXPECT_EQ(event.actor_id, 665991);
    EXPECT_EQ(event.actor_login, "petroav");
    EXPECT_TRUE(event.is_public);
    EXPECT_EQ(event.source, EventSource::archive);
    EXPECT_EQ(
        event.payload.text(),
        R"({"push_id":536740396, "size":2,"distinct_size":1,"ref":"refs/heads/master","head":"6089","before":"437c",)"
        R"("commits":[{"sha":"6089","message":"a } \" ] b"}]})");
    EXPECT_EQ(event.facts, (made([](EventFacts& f) {
                  f.ref = "refs/heads/master";
                  f.head = "6089";
                  f.before = "437c";
                  f.size = 2;
                  f.distinct_size = 1;
              })));
}

TEST(EventParser, ignores_a_byte_order_mark_and_line_ends) {
    EXPECT_EQ(good("\xef\xbb\xbf" + std::string(plain_push) + "\r\n"), good(plain_push));
}

TEST(EventParser, unwraps_a_payload_that_is_a_string) {
    auto const event = good(with_payload("WatchEvent", R"("{\"action\":\"started\",\"x\":\"\\u00e9\\n\"}")"));
    EXPECT_EQ(event.payload.text(), R"({"action":"started","x":"\u00e9\n"})");
    EXPECT_EQ(event.facts.action, "started");
    EXPECT_NE(complaint(with_payload("WatchEvent", R"("no json")")).find("string `payload`"), std::string::npos);
}

TEST(EventParser, takes_an_absent_or_null_payload_as_an_empty_object) {
    EXPECT_EQ(good(with_payload("PublicEvent", "null")).payload.text(), "{}");
    EXPECT_EQ(good(R"({"id":1,"type":"PublicEvent","repo":{"id":2,"name":"o/r"},"created_at":"2024-01-01T00:00:00Z"})")
                  .payload.text(),
              "{}");
}

TEST(EventParser, reads_times_in_milliseconds_with_fractions_and_offsets) {
    auto const at = [](std::string_view time) {
        return format_time(
            good(fmt::format(R"({{"id":7,"type":"WatchEvent","repo":{{"id":2,"name":"o/r"}},"created_at":{}}})", time))
                .created_at);
    };
    EXPECT_EQ(at("1725148805000"), "2024-09-01T00:00:05Z");
    EXPECT_EQ(at("1725148805"), "2024-09-01T00:00:05Z");
    EXPECT_EQ(at(R"("1725148805000")"), "2024-09-01T00:00:05Z");
    EXPECT_EQ(at("1.725148805e12"), "2024-09-01T00:00:05Z");
    EXPECT_EQ(at(R"("2015-02-01T00:00:00.00001Z")"), "2015-02-01T00:00:00Z");
    EXPECT_EQ(at(R"("2025-07-13T07:52:37+00:00")"), "2025-07-13T07:52:37Z");
    EXPECT_EQ(at(R"("2012-06-14T15:01:42-07:00")"), "2012-06-14T22:01:42Z");
    EXPECT_EQ(at(R"("2012/03/10 22:00:37 -0800")"), "2012-03-11T06:00:37Z");
}

TEST(EventParser, reads_a_row_of_bigquery_and_derives_its_id_from_the_content) {
    constexpr std::string_view row =
        R"({"type":"IssuesEvent","created_at":"2025-07-13T07:52:37+00:00","actor_login":"l","actor_id":"79083038",)"
        R"("repo_name":"aws/aws-toolkit-vscode","repo_id":141753419,"payload":{"action":"opened","issue":{"number":7651,"user":{"login":"l","id":5}}}})";
    auto const event = good(row);
    EXPECT_EQ(event.repo_id, 141753419);
    EXPECT_EQ(event.repo_name, "aws/aws-toolkit-vscode");
    EXPECT_EQ(event.actor_id, 79083038);
    EXPECT_EQ(event.facts, (made([](EventFacts& f) {
                  f.action = "opened";
                  f.number = 7651;
                  f.author_id = 5;
                  f.author_login = "l";
              })));
    EXPECT_TRUE(event.id.starts_with("row:")) << event.id;
    EXPECT_EQ(event.id.size(), 20U);
    EXPECT_EQ(good(row).id, event.id);
}

TEST(EventParser, reads_the_form_before_2015_and_gives_the_same_event_the_same_id) {
    auto const old = [](std::string_view comment, std::string_view space) {
        return fmt::format(
            R"({{"repository":{{"url":"https://github.com/o/r","owner":"o","name":"r"}},"actor_attributes":{{"login":"p"}},)"
            R"("created_at":"2012-06-14T15:01:42-07:00","public":true,"actor":"p","payload":{{"issue_id":3,{}"comment_id":{}}},)"
            R"("url":"https://github.com/o/r/issues/500#issuecomment-{}","type":"IssueCommentEvent"}})",
            space, comment, comment);
    };
    auto const event = good(old("41", ""));
    EXPECT_EQ(event.repo_name, "o/r");
    EXPECT_EQ(event.repo_id, std::nullopt);
    EXPECT_EQ(event.actor_login, "p");
    EXPECT_EQ(event.facts.number, 500);
    EXPECT_TRUE(event.id.starts_with("old:")) << event.id;
    EXPECT_EQ(event.id, good(old("41", "  ")).id);
    EXPECT_NE(event.id, good(old("42", "")).id);
}

TEST(EventParser, takes_owner_and_name_of_an_old_repository_from_its_url_if_need_be) {
    EXPECT_EQ(
        good(
            R"({"repository":{"id":9,"url":"https://github.com/o/r"},"created_at":"2012/03/10 22:00:37 -0800","type":"ForkEvent"})")
            .repo_name,
        "o/r");
}

TEST(EventParser, tells_events_without_a_repository_and_bulk_action_lines) {
    auto const gist = parse_one(
        R"({"actor":"a","created_at":"2012-06-14T15:01:42-07:00","payload":{},"public":true,"type":"GistEvent","url":"u"})");
    EXPECT_EQ(gist.kind.value(), ParsedKind::no_repository);
    EXPECT_EQ(parse_one(R"({"index":{"_index":"gharchive"}})").kind.value(), ParsedKind::not_an_event);
}

TEST(EventParser, says_what_it_expected) {
    EXPECT_EQ(complaint(""), "expected a JSON object, got nothing");
    EXPECT_EQ(complaint("<html>"), "expected a JSON object, got \"<html>\"");
    EXPECT_NE(complaint(R"({"id":"1","type":)").find("expected a whole JSON object"), std::string::npos);
    EXPECT_NE(complaint(R"({"message":"Not Found"})").find("error answer of GitHub: Not Found"), std::string::npos);
    EXPECT_NE(complaint(R"({"id":"1"})").find("`type`"), std::string::npos);
    EXPECT_NE(complaint(R"({"type":"Push Event"})").find("`type` to be 1 to 64 letters"), std::string::npos);
    EXPECT_NE(complaint(R"({"type":"PushEvent"})").find("`created_at`"), std::string::npos);
    EXPECT_NE(complaint(R"({"type":"PushEvent","created_at":"now"})").find("`created_at`"), std::string::npos);
    EXPECT_NE(complaint(R"({"type":"PushEvent","created_at":0})").find("a repository"), std::string::npos);
    EXPECT_NE(complaint(R"({"type":"PushEvent","created_at":0,"repo":{"id":1,"name":"o/r"}})").find("`id`"),
              std::string::npos);
    EXPECT_NE(complaint(with_payload("PushEvent", "[1]")).find("`payload` to be an object"), std::string::npos);
}

TEST(EventParser, refuses_a_payload_that_cannot_be_stored) {
    auto const payload = fmt::format(R"({{"a":"{}"}})", std::string(EventParser::max_payload, 'x'));
    EXPECT_NE(complaint(with_payload("PushEvent", payload)).find("at most 1048576 bytes"), std::string::npos);
}

TEST(EventParser, takes_numbers_beyond_the_machine_and_keeps_them_as_written) {
    constexpr std::string_view payload =
        R"({"a":123456789012345678901234567890,"b":[-1e999,1.5E+3],"number":7,"c":"9e9999 \" 1"})";
    auto const event = good(with_payload("IssuesEvent", payload));
    EXPECT_EQ(event.payload.text(), payload);
    EXPECT_EQ(event.facts.number, 7);
}

TEST(EventParser, finds_the_payload_wherever_it_stands_and_however_its_key_is_spelt) {
    EXPECT_EQ(
        good(
            R"({"payl\u006fad":{"action":"x"},"id":1,"type":"WatchEvent","repo":{"id":2,"name":"o/r"},"created_at":0})")
            .payload.text(),
        R"({"action":"x"})");
}

TEST(EventParser, reads_pages_of_the_events_api) {
    EventParser parser;
    auto const page = parser.parse_page(
        fmt::format("\xef\xbb\xbf[\n  {},\n {{}} , 5, {}\n]\n", plain_push, with_payload("WatchEvent", "{}")),
        EventSource::poll);
    ASSERT_TRUE(page.has_value());
    ASSERT_EQ(page->events.size(), 2U);
    EXPECT_EQ(page->events[1].type, "WatchEvent");
    ASSERT_EQ(page->bad.size(), 2U);
    EXPECT_TRUE(page->bad[0].message.starts_with("element 1: expected"));
    EXPECT_TRUE(parser.parse_page("[]", EventSource::poll)->events.empty());
    EXPECT_FALSE(parser.parse_page(R"({"message":"Bad credentials"})", EventSource::poll).has_value());
    EXPECT_FALSE(parser.parse_page("[{]", EventSource::poll).has_value());
}

TEST(EventFacts, of_a_full_pull_request_tell_author_branches_and_merge) {
    EXPECT_EQ(
        facts_of(
            "PullRequestEvent",
            R"({"action":"closed","number":4,"pull_request":{"number":4,"user":{"login":"u","id":3},"merged_at":"2015",)"
            R"("head":{"sha":"hh"},"base":{"sha":"bb"},"merged":true}})"),
        (made([](EventFacts& f) {
            f.action = "closed";
            f.number = 4;
            f.head = "hh";
            f.before = "bb";
            f.merged = true;
            f.author_id = 3;
            f.author_login = "u";
        })));
}

TEST(EventFacts, of_a_trimmed_pull_request_know_of_the_merge_only_if_it_is_told) {
    auto const trimmed = [](std::string_view action) {
        return facts_of(
            "PullRequestEvent",
            fmt::format(
                R"({{"action":"{}","number":4,"pull_request":{{"id":1,"number":4,"head":{{"sha":"h"}},"base":{{"sha":"b"}}}}}})",
                action));
    };
    EXPECT_EQ(trimmed("merged").merged, true);
    EXPECT_EQ(trimmed("closed").merged, std::nullopt);
    EXPECT_EQ(
        facts_of("PullRequestEvent", R"({"action":"opened","pull_request":{"number":8,"merged_at":null}})").merged,
        false);
}

TEST(EventFacts, of_reviews_and_comments_name_the_pull_request_and_its_author) {
    auto const review = facts_of("PullRequestReviewEvent",
                                 R"({"action":"created","review":{"state":"approved","user":{"login":"r"}},)"
                                 R"("pull_request":{"number":9,"user":{"login":"u","id":3},"merged_at":null}})");
    EXPECT_EQ(review, (made([](EventFacts& f) {
                  f.action = "created";
                  f.number = 9;
                  f.state = "approved";
                  f.author_id = 3;
                  f.author_login = "u";
              })));
    auto const issue =
        facts_of("IssueCommentEvent",
                 R"({"action":"created","issue":{"number":2,"user":{"login":"u"},"pull_request":{"html_url":null}}})");
    EXPECT_EQ(issue.flag, false);
    auto const pull =
        facts_of("IssueCommentEvent", R"({"action":"created","issue":{"number":2,"pull_request":{"html_url":"x"}}})");
    EXPECT_EQ(pull.flag, true);
    EXPECT_EQ(facts_of("IssueCommentEvent", R"({"action":"created","issue":{"number":2}})").flag, false);
}

TEST(EventFacts, of_pushes_creations_and_deletions) {
    EXPECT_EQ(facts_of("PushEvent", R"({"repository_id":1,"push_id":2,"ref":"refs/heads/m","head":"h","before":"b"})"),
              (made([](EventFacts& f) {
                  f.ref = "refs/heads/m";
                  f.head = "h";
                  f.before = "b";
              })));
    EXPECT_EQ(facts_of("PushEvent", R"({"ref":"refs/heads/m","after":"h","before":"b","forced":true})"),
              (made([](EventFacts& f) {
                  f.ref = "refs/heads/m";
                  f.head = "h";
                  f.before = "b";
                  f.flag = true;
              })));
    EXPECT_EQ(facts_of("CreateEvent", R"({"ref":null,"ref_type":"repository"})"),
              (made([](EventFacts& f) { f.ref_type = "repository"; })));
    EXPECT_EQ(facts_of("DeleteEvent", R"({"ref":"t","ref_type":"tag"})"), (made([](EventFacts& f) {
                  f.ref = "t";
                  f.ref_type = "tag";
              })));
}

TEST(EventFacts, of_releases_deployments_checks_and_states) {
    EXPECT_EQ(facts_of("ReleaseEvent",
                       R"({"action":"published","release":{"tag_name":"v1","draft":false,"prerelease":true}})"),
              (made([](EventFacts& f) {
                  f.action = "published";
                  f.name = "v1";
                  f.flag = true;
              })));
    EXPECT_EQ(
        facts_of("DeploymentEvent", R"({"action":"created","deployment":{"environment":"prod","sha":"s","ref":"m"}})"),
        (made([](EventFacts& f) {
            f.action = "created";
            f.ref = "m";
            f.head = "s";
            f.name = "prod";
        })));
    EXPECT_EQ(facts_of("DeploymentStatusEvent",
                       R"({"deployment_status":{"state":"success","environment":"prod"},"deployment":{"sha":"s"}})"),
              (made([](EventFacts& f) {
                  f.head = "s";
                  f.state = "success";
                  f.name = "prod";
              })));
    EXPECT_EQ(facts_of("CheckRunEvent",
                       R"({"action":"completed","check_run":{"name":"build","conclusion":"failure","head_sha":"s"}})"),
              (made([](EventFacts& f) {
                  f.action = "completed";
                  f.head = "s";
                  f.state = "failure";
                  f.name = "build";
              })));
    EXPECT_EQ(facts_of("StatusEvent", R"({"state":"pending","context":"ci","sha":"s"})"), (made([](EventFacts& f) {
                  f.head = "s";
                  f.state = "pending";
                  f.name = "ci";
              })));
}

TEST(EventFacts, treat_values_of_odd_types_as_not_there) {
    EXPECT_EQ(facts_of("PullRequestEvent", R"({"action":5,"number":"x","pull_request":[1],"issue":null})"),
              EventFacts{});
    EXPECT_EQ(facts_of("PushEvent", R"({"ref":{},"size":"12","head":1})"), (made([](EventFacts& f) { f.size = 12; })));
}

} // namespace
} // namespace gem
