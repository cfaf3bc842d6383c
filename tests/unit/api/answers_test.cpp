// The bodies: figures, shapes, aliases, pages, health, and what is told when the store fails.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "unit/api/api_fixture.hpp"

using namespace gem;
using gem::test::ApiTest;

using Answers = ApiTest;

namespace {

constexpr UtcTime ten = from_unix(1'768'471'200); // 2026-01-15T10:00:00Z

std::string slurp(std::filesystem::path const& file) {
    std::ifstream in(file);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::filesystem::path repository_root() { return std::filesystem::path(GEM_SOURCE_DIR); }

/// Whether `value` has the keys of `schema`, in its order where it is an object with fixed members; where, if not.
std::string mismatch(boost::json::value const& value, boost::json::object const& schema, std::string const& at) {
    if (schema.contains("anyOf")) {
        if (value.is_null()) return {};
        return mismatch(value, schema.at("anyOf").as_array()[0].as_object(), at);
    }
    if (value.is_array() && schema.contains("items")) {
        for (auto const& item : value.as_array()) {
            if (auto found = mismatch(item, schema.at("items").as_object(), at + "[]"); !found.empty()) return found;
        }
        return {};
    }
    if (!value.is_object() || !schema.contains("properties")) return {};
    auto const& properties = schema.at("properties").as_object();
    std::vector<std::string> required;
    for (auto const& name : schema.at("required").as_array()) required.emplace_back(name.as_string());
    auto next = required.begin();
    for (auto const& member : value.as_object()) {
        std::string const name(member.key());
        if (!properties.contains(name)) return at + "." + name + " is not in the answer";
        if (next != required.end() && *next == name)
            ++next;
        else if (std::ranges::find(required, name) != required.end())
            return at + "." + name + " is out of order";
        auto found = mismatch(member.value(), properties.at(name).as_object(), at + "." + name);
        if (!found.empty()) return found;
    }
    return next == required.end() ? std::string{} : at + "." + *next + " is not in the example";
}

std::string example_name(api::Route const& route) {
    auto name = ascii_lower(route.method);
    for (char const c : route.path) {
        if (c == '/')
            name += '_';
        else if (c != '{' && c != '}')
            name += c;
    }
    return name;
}

} // namespace

TEST_F(Answers, have_the_keys_of_the_examples_in_their_order) {
    int compared = 0;
    for (auto const& route : service().routes()) {
        if (route.answer.schema == nullptr) continue;
        for (auto const* variant : {"", ".dynamodb", ".unhealthy", ".empty", ".unknown"}) {
            auto const file = repository_root() / "docs/openapi/examples" / (example_name(route) + variant + ".json");
            if (!std::filesystem::exists(file)) {
                EXPECT_NE(std::string(variant), "") << "no example " << file.filename();
                continue;
            }
            auto const schema = boost::json::parse(route.answer.schema());
            EXPECT_EQ(mismatch(boost::json::parse(slurp(file)), schema.as_object(), file.filename().string()), "");
            ++compared;
        }
    }
    EXPECT_GE(compared, 20);
}

TEST_F(Answers, of_every_route_are_documented) {
    auto const page = slurp(repository_root() / "docs/API.md");
    for (auto const& route : service().routes()) {
        EXPECT_NE(page.find(fmt::format("`{} {}`", route.method, route.path)), std::string::npos)
            << route.method << ' ' << route.path;
        for (auto const alias : route.aliases) EXPECT_NE(page.find(alias), std::string::npos) << alias;
        for (auto const& parameter : route.parameters)
            EXPECT_NE(page.find(fmt::format("`{}`", parameter.name)), std::string::npos) << parameter.name;
    }
}

TEST_F(Answers, count_events_by_type_in_the_window) {
    store_event("1", "PushEvent", ten);
    store_event("2", "PushEvent", ten + minutes(59));
    store_event("3", "WatchEvent", ten + minutes(59) + seconds(59));
    store_event("4", "WatchEvent", ten + minutes(60)); // exclusive
    store_event("5", "WatchEvent", ten - seconds(1));
    auto const answer = body("/metrics/event-counts?until=2026-01-15T11:00:00Z&repo=OCTO-org/hello-World");
    EXPECT_EQ(answer.at("total_events").as_int64(), 3);
    EXPECT_EQ(text(answer.at("counts")), R"({"PushEvent":2,"WatchEvent":1})");
    EXPECT_EQ(answer.at("offset_minutes").as_int64(), 60);
    EXPECT_EQ(answer.at("repo").as_string(), "octo-org/hello-world"); // the stored spelling
    EXPECT_FALSE(answer.at("coverage").at("complete").as_bool());
    EXPECT_EQ(text(answer.at("coverage").at("sources")), R"(["archive"])");
    auto const twin = body("/enhanced/events/counts?until=2026-01-15T11:00:00Z");
    EXPECT_EQ(text(twin.at("counts")), text(answer.at("counts")));
    EXPECT_EQ(twin.at("database_provider").as_string(), "sqlite");
    EXPECT_EQ(twin.at("hours").as_int64(), 1);
}

TEST_F(Answers, are_zeros_and_nulls_where_there_is_no_data) {
    EXPECT_EQ(body("/metrics/event-counts?repo=a/b").at("repo").as_string(), "a/b");
    EXPECT_EQ(body("/metrics/push-activity").at("total_commits").as_int64(), 0);
    EXPECT_EQ(body("/metrics/repository-activity?repo=a/b").at("activity_score").to_number<double>(), 0.0);
    EXPECT_TRUE(body("/metrics/trending?order=score").at("items").as_array().empty());
    EXPECT_EQ(
        body("/metrics/event-counts-timeseries?hours=1&until=2026-01-15T12:00:00Z").at("series").as_array().size(),
        12U);
}

TEST_F(Answers, are_the_same_under_an_alias) {
    store_event("1", "PushEvent", ten);
    EXPECT_EQ(get("/metrics/events-timeseries?hours=3").body, get("/metrics/event-counts-timeseries?hours=3").body);
    EXPECT_EQ(get("/metrics/event-counts?offsetMinutes=180").body,
              get("/metrics/event-counts?offset_minutes=180").body);
}

TEST_F(Answers, of_trending_go_by_events_or_by_score) {
    for (int i = 0; i < 6; ++i)
        store_event("b" + std::to_string(i), "PushEvent", ten + seconds(i), "octo-org/busy", 7, "robot-x");
    for (int i = 0; i < 3; ++i)
        store_event("s" + std::to_string(i), "WatchEvent", ten, "octo-org/star", 10 + i, "octo-ben");
    auto const by_events = body("/metrics/trending");
    EXPECT_EQ(by_events.at("repositories").at(0).at("repo").as_string(), "octo-org/busy");
    EXPECT_EQ(by_events.at("bots_excluded").as_int64(), 6);
    EXPECT_EQ(text(by_events.at("repositories")), text(by_events.at("items")));
    auto const by_score = body("/metrics/trending?order=score&limit=1");
    ASSERT_EQ(by_score.at("items").as_array().size(), 1U);
    EXPECT_EQ(by_score.at("items").at(0).at("repo").as_string(), "octo-org/star");
    EXPECT_EQ(by_score.at("items").at(0).at("explanation").as_array().size(), 3U);
    auto const csv = get("/metrics/trending?format=csv");
    EXPECT_EQ(csv.content_type, "text/csv; charset=utf-8");
    EXPECT_TRUE(csv.body->bytes().starts_with("repo,repo_name,total_events"));
}

TEST_F(Answers, lead_from_page_to_page_of_one_window) {
    for (int i = 0; i < 5; ++i) store_event(std::to_string(i), "PushEvent", ten + minutes(i));
    auto const first = get("/events?limit=2");
    EXPECT_EQ(json_of(first).at("events").at(0).at("id").as_string(), "4");
    auto const link = header(first, "Link").value_or("");
    ASSERT_TRUE(link.ends_with(R"(>; rel="next")")) << link;
    clock.advance(hours(1)); // the window of later pages stays
    auto const second = get(link.substr(1, link.find('>') - 1));
    EXPECT_EQ(json_of(second).at("events").at(0).at("id").as_string(), "2");
    EXPECT_EQ(text(json_of(second).at("window")), text(json_of(first).at("window")));
    expect_refused("/events?cursor=nonsense", 422, "INVALID_PARAMETER", "cursor");
    auto const csv = get("/events?format=csv&repo=octo-org/hello-world&limit=1");
    EXPECT_EQ(csv.body->bytes(),
              "id,type,created_at,repo_id,repo_name,actor_id,actor_login,source,is_public,payload\r\n"
              "4,PushEvent,2026-01-15T10:04:00Z,,octo-org/hello-world,1,octo-ana,archive,true,{}\r\n");
}

TEST_F(Answers, of_health_are_as_the_seed_shows_them) {
    store_event("1", "PushEvent", ten);
    auto const answer = get("/health");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(
        answer.body->bytes(),
        R"({"collector_status":"healthy","database":{"status":"healthy","provider":"sqlite","database_path":"./test.db",)"
        R"("tables_found":9},"monitored_events_count":23,"target_repositories":["octo-org/hello-world"],"status":"healthy",)"
        R"("version":")" GEM_VERSION
        R"(","uptime_seconds":0,"last_poll":"2026-01-15T11:59:12Z","total_events_stored":1,"timestamp":"2026-01-15T12:00:00Z"})");
    store.healthy = false;
    clock.advance(seconds(1));
    EXPECT_EQ(get("/health").status, 503U);
    EXPECT_EQ(get("/health/ready").status, 503U);
    EXPECT_EQ(get("/health/live").status, 200U);
    store.healthy = true;
    store.description = {.provider = "dynamodb",
                         .configuration = {{"aws_region", "us-west-2"},
                                           {"table_prefix", "github-events-"},
                                           {"endpoint_url", std::nullopt}}};
    clock.advance(seconds(1));
    EXPECT_EQ(
        text(body("/health").at("database")),
        R"({"status":"healthy","provider":"dynamodb","region":"us-west-2","table_prefix":"github-events-","tables_found":9})");
    EXPECT_EQ(text(body("/database/info").at("configuration")),
              R"({"aws_region":"us-west-2","table_prefix":"github-events-","endpoint_url":null})");
}

TEST_F(Answers, of_collecting_tell_what_came) {
    EXPECT_EQ(text(json_of(post("/collect?limit=50", ""))),
              R"({"status":"completed","events_collected":112,"new_events":9,)"
              R"("duplicate_events":103,"inserted":9,"timestamp":"2026-01-15T12:00:00Z"})");
    EXPECT_EQ(collector.limit, 50);
    EXPECT_EQ(json_of(post("/enhanced/collect", "")).at("database_provider").as_string(), "sqlite");
}

TEST_F(Answers, of_collecting_in_vain_tell_who_failed) {
    collector.outcome =
        api::CollectOutcome{.status = "failed", .reason = "a/b: GitHub answered 502", .retry_after = {}};
    collector.outcome->retry_after = seconds(90);
    for (auto const* const target : {"/collect", "/enhanced/collect"}) {
        auto const refused = post(target, "");
        EXPECT_EQ(refused.status, 503U);
        EXPECT_EQ(json_of(refused).at("error_code").as_string(), "GITHUB_UNAVAILABLE");
        EXPECT_EQ(json_of(refused).at("detail").as_string(), "a/b: GitHub answered 502");
        EXPECT_EQ(header(refused, "Retry-After"), "90");
    }
    collector.outcome = fail(ErrorCode::unavailable, "the disk is full");
    auto const refused = post("/collect", "");
    EXPECT_EQ(refused.status, 503U);
    EXPECT_EQ(json_of(refused).at("error_code").as_string(), "DATABASE_UNAVAILABLE");
    EXPECT_TRUE(header(refused, "Retry-After"));
}

TEST_F(Answers, of_the_watch_list_follow_what_is_added_and_removed) {
    EXPECT_EQ(header(post("/repositories", R"({"repo":"octo-org/new"})"), "Location"), "/repositories/octo-org/new");
    EXPECT_EQ(body("/repositories").at("count").as_int64(), 1);
    EXPECT_EQ(body("/repositories/octo-org/New").at("state").as_string(), "watched");
    EXPECT_EQ(send(request("DELETE", "/repositories/octo-org/new")).status, 204U);
    expect_refused("/repositories/octo-org/new", 404, "REPOSITORY_NOT_FOUND", "watch list");
    collector.list["a/b"] = {.repo = "a/b", .reason = {}, .last_poll = {}, .next_poll = {}, .from_configuration = true};
    EXPECT_EQ(send(request("DELETE", "/repositories/a/b")).status, 409U);
    expect_refused("/repositories/octo org/x", 422, "INVALID_REPO_FORMAT", "owner/name");
}

TEST_F(Answers, of_a_failing_store_are_problems_and_secrets_stay_in_the_log) {
    store.broken = Error{.code = ErrorCode::unavailable, .message = "the disk is gone", .retryable = true};
    auto const away = get("/metrics/stars");
    EXPECT_EQ(away.status, 503U);
    EXPECT_EQ(header(away, "Retry-After"), "5");
    EXPECT_EQ(away.cache_control, "no-store");
    store.broken = Error{.code = ErrorCode::corrupt, .message = "page 7 of /secret/path"};
    expect_refused("/metrics/stars", 500, "INTERNAL_ERROR", "log");
    EXPECT_EQ(get("/metrics/stars").body->bytes().find("secret"), std::string::npos);
    ASSERT_FALSE(logged.empty());
    EXPECT_NE(logged.back().find("page 7"), std::string::npos);
}

TEST_F(Answers, of_metrics_are_prometheus_text) {
    store_event("1", "PushEvent", ten);
    get("/metrics/stars");
    get("/nowhere/" + std::string(50, 'x'));
    auto const answer = get("/metrics");
    EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
    auto const& page = answer.body->bytes();
    EXPECT_NE(page.find("gem_events_stored_total 1\n"), std::string::npos) << page;
    EXPECT_NE(page.find(R"(gem_http_requests_total{route="/metrics/stars",method="GET",status="200"} 1)"),
              std::string::npos);
    EXPECT_NE(page.find(R"(route="other",method="GET",status="404"} 1)"), std::string::npos);
    EXPECT_EQ(page.find("xxxxx"), std::string::npos);
}

TEST_F(Answers, of_the_watch_list_read_the_records_of_coverage_once) {
    auto const asked_of = [&](int repositories) {
        for (int i = 0; i < repositories; ++i) {
            auto const name = fmt::format("octo-org/r{}", i);
            store_event(std::to_string(i), "PushEvent", clock.now() - hours(2), name);
            collector.list[name] = {.repo = name, .reason = {}, .last_poll = {}, .next_poll = {}};
            auto const since = "coverage#since#" + name;
            store.states[since] = {.key = since,
                                   .value = JsonText::already_validated(R"({"since":"2026-01-15T09:00:00Z"})"),
                                   .version = 1};
        }
        auto const before = store.state_lists;
        auto const answer = body("/repositories");
        EXPECT_EQ(answer.at("count").as_int64(), repositories);
        EXPECT_EQ(text(answer.at("repositories").at(0).at("coverage").at("gaps").at(0).at("reason")),
                  R"("not yet polled")");
        return store.state_lists - before;
    };
    auto const for_one = asked_of(1);
    EXPECT_EQ(asked_of(20), for_one);
}

TEST_F(Answers, about_coverage_follow_the_collectors_records) {
    auto const put = [&](std::string const& key, std::string json) {
        store.states[key] = {.key = key, .value = JsonText::already_validated(std::move(json)), .version = 1};
        ++store.generation;
    };
    put("coverage#since#octo-org/hello-world", R"({"target":"octo-org/hello-world","since":"2026-01-15T09:00:00Z"})");
    put("poll#octo-org/hello-world", R"({"last_complete":"2026-01-15T11:30:00Z"})");
    std::string const question = "/metrics/stars?repo=Octo-org/hello-world&hours=1&until=";
    EXPECT_TRUE(body(question + "2026-01-15T11:00:00Z").at("coverage").at("complete").as_bool());
    EXPECT_EQ(text(body(question + "2026-01-15T09:30:00Z").at("coverage").at("gaps")),
              R"([{"from":"2026-01-15T08:30:00Z","to":"2026-01-15T09:00:00Z","reason":"not yet watched"}])");
    EXPECT_EQ(text(body(question + "2026-01-15T12:00:00Z").at("coverage").at("gaps")),
              R"([{"from":"2026-01-15T11:30:00Z","to":"2026-01-15T12:00:00Z","reason":"not yet polled"}])");
    put("coverage#gap#octo-org/hello-world#2026-01-15T10:10:00Z",
        R"({"from":"2026-01-15T10:10:00Z","to":"2026-01-15T10:20:00Z","reason":"two polls did not overlap"})");
    // An hour that the archive stored whole closes it, and vouches where nobody polled.
    auto const whole_hour = [](std::size_t hour) {
        std::string marks(744, '0');
        marks[hour] = '1';
        return R"({"hours":")" + marks + R"("})";
    };
    put("coverage#archive#octo-org/hello-world#2026-01", whole_hour(14 * 24 + 10));
    EXPECT_TRUE(body(question + "2026-01-15T11:00:00Z").at("coverage").at("complete").as_bool());
    EXPECT_FALSE(body("/metrics/stars?hours=1&until=2026-01-15T11:00:00Z").at("coverage").at("complete").as_bool());
    put("coverage#archive#*#2015-01", whole_hour(15));
    EXPECT_TRUE(
        body("/metrics/stars?repo=a/b&hours=1&until=2015-01-01T16:00:00Z").at("coverage").at("complete").as_bool());
    EXPECT_EQ(
        text(body("/metrics/stars?repo=a/b&hours=3&until=2015-01-01T17:00:00Z").at("coverage").at("gaps")),
        R"([{"from":"2015-01-01T14:00:00Z","to":"2015-01-01T15:00:00Z","reason":"no record says that this time was covered"},)"
        R"({"from":"2015-01-01T16:00:00Z","to":"2015-01-01T17:00:00Z","reason":"no record says that this time was covered"}])");
    auto const everything = body("/metrics/stars?hours=1&until=2026-01-15T11:00:00Z").at("coverage");
    EXPECT_EQ(everything.at("gaps").at(0).at("reason").as_string(), "octo-org/hello-world: two polls did not overlap");
}

TEST_F(Answers, about_windows_that_end_now_are_complete_when_the_last_full_minute_or_hour_was_polled) {
    auto const put = [&](std::string const& key, std::string json) {
        store.states[key] = {.key = key, .value = JsonText::already_validated(std::move(json)), .version = 1};
        ++store.generation;
        steady += std::chrono::seconds(1);
    };
    auto const gaps = [&](std::string const& target) {
        auto const coverage = body(target).at("coverage");
        EXPECT_EQ(coverage.at("complete").as_bool(), coverage.at("gaps").as_array().empty());
        return text(coverage.at("gaps"));
    };
    put("coverage#since#a/b", R"({"target":"a/b","since":"2025-12-01T00:00:00Z"})");
    clock.set(from_unix(1'768'478'400) + minutes(20) + seconds(30)); // 12:20:30
    put("poll#a/b", R"({"last_complete":"2026-01-15T12:20:00Z"})");
    EXPECT_EQ(gaps("/metrics/stars?repo=a/b&hours=1"), "[]");
    EXPECT_EQ(gaps("/metrics/stars?repo=a/b&hours=24"), "[]");
    put("poll#a/b", R"({"last_complete":"2026-01-15T12:19:59Z"})");
    EXPECT_EQ(gaps("/metrics/stars?repo=a/b&hours=23"),
              R"([{"from":"2026-01-15T12:19:59Z","to":"2026-01-15T12:20:00Z","reason":"not yet polled"}])");
    EXPECT_EQ(gaps("/metrics/stars?repo=a/b&hours=24"), "[]") << "the last full hour ended at twelve";
    put("poll#a/b", R"({"last_complete":"2026-01-15T11:59:00Z"})");
    EXPECT_EQ(gaps("/metrics/stars?repo=a/b&hours=24"),
              R"([{"from":"2026-01-15T11:59:00Z","to":"2026-01-15T12:00:00Z","reason":"not yet polled"}])");
    EXPECT_NE(gaps("/metrics/stars?repo=a/b&offset_minutes=1"), "[]") << "it has no full minute";
    EXPECT_NE(gaps("/metrics/stars?repo=x/y&hours=24"), "[]") << "nobody watches it";
}

TEST_F(Answers, at_the_root_list_the_endpoints) {
    auto const page = get("/");
    EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
    for (auto const& route : service().routes()) EXPECT_NE(page.body->bytes().find(route.path), std::string::npos);
}
