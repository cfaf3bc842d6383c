// /monitors: made, read, stopped and removed; their events as pages and by type.
#include <fmt/format.h>

#include "unit/api/api_fixture.hpp"

namespace gem::test {

namespace {

class MonitorAnswers : public ApiTest {
  protected:
    void SetUp() override { options.monitors = &monitors; }

    std::string make(std::string const& json = R"({"repo":"octo-org/hello-world"})") {
        auto const response = post("/monitors", json);
        EXPECT_EQ(response.status, 201U) << response.body->bytes();
        auto const id = std::string(json_of(response).at("id").as_string());
        EXPECT_EQ(header(response, "Location"), "/monitors/" + id);
        return id;
    }
    static std::vector<std::string> ids(boost::json::value const& events) {
        std::vector<std::string> all;
        for (auto const& event : events.as_array()) all.emplace_back(event.at("id").as_string());
        return all;
    }

    int changes = 0;
    WatchList watch_list{database, clock, {}};
    Monitors monitors{database, clock, [this] { ++changes; }, watch_list};
};

} // namespace

TEST_F(MonitorAnswers, show_what_was_asked_for_and_keep_it_in_the_store) {
    auto const id = make(
        R"({"repo":"octo-org/hello-world","interval_seconds":120,"types":["PushEvent","IssuesEvent","PushEvent"]})");
    EXPECT_EQ(id, "m-0001");
    EXPECT_EQ(changes, 1);
    auto const one = body("/monitors/m-0001");
    EXPECT_EQ(one.at("interval_seconds").as_int64(), 120);
    EXPECT_EQ(text(one.at("types")), R"(["IssuesEvent","PushEvent"])");
    EXPECT_EQ(one.at("state").as_string(), "running");
    EXPECT_EQ(one.at("created_at").as_string(), "2026-01-15T12:00:00Z");
    EXPECT_TRUE(one.at("stopped_at").is_null());
    EXPECT_TRUE(one.at("last_poll").is_null());
    Monitors after_a_restart(database, clock, {}, watch_list);
    auto const wanted = run_to_end([](Monitors& all) -> Async<std::map<RepoName, seconds>> {
        auto found = co_await all.wanted();
        co_return found.value();
    }(after_a_restart));
    ASSERT_EQ(wanted.size(), 1U);
    EXPECT_EQ(wanted.begin()->first.text(), "octo-org/hello-world");
    EXPECT_EQ(wanted.begin()->second, seconds(120));
}

TEST_F(MonitorAnswers, never_give_an_id_twice) {
    make();
    EXPECT_EQ(send(request("DELETE", "/monitors/m-0001")).status, 204U);
    EXPECT_EQ(make(), "m-0002");
    EXPECT_EQ(body("/monitors").at("count").as_int64(), 1);
    EXPECT_EQ(get("/monitors/m-0001").status, 404U);
}

TEST_F(MonitorAnswers, of_a_stopped_one_stay_but_nobody_polls_for_it) {
    make();
    clock.advance(hours(1));
    auto const stopped = post("/monitors/m-0001/stop", "{}");
    EXPECT_EQ(stopped.status, 200U) << stopped.body->bytes();
    EXPECT_EQ(json_of(stopped).at("state").as_string(), "stopped");
    EXPECT_EQ(json_of(stopped).at("stopped_at").as_string(), "2026-01-15T13:00:00Z");
    clock.advance(hours(1));
    auto const again = send(request("POST", "/monitors/m-0001/stop"));
    EXPECT_EQ(json_of(again).at("stopped_at").as_string(), "2026-01-15T13:00:00Z") << "once is enough";
    auto const wanted = run_to_end([](Monitors& all) -> Async<std::size_t> {
        auto found = co_await all.wanted();
        co_return found.value().size();
    }(monitors));
    EXPECT_EQ(wanted, 0U);
    store_event("late", "PushEvent", clock.now());
    EXPECT_EQ(body("/monitors/m-0001").at("events_seen").as_int64(), 0) << "it was stopped before";
}

TEST_F(MonitorAnswers, count_events_of_their_types_since_they_were_made) {
    make(R"({"repo":"octo-org/hello-world","types":["PushEvent"]})");
    store_event("before", "PushEvent", clock.now() - minutes(5));
    store_event("a", "PushEvent", clock.now() + minutes(5));
    store_event("b", "WatchEvent", clock.now() + minutes(5));
    clock.advance(minutes(10));
    EXPECT_EQ(body("/monitors/m-0001").at("events_seen").as_int64(), 1);
}

TEST_F(MonitorAnswers, page_through_events_of_several_types_without_losing_or_repeating_any) {
    make(R"({"repo":"octo-org/hello-world","types":["PushEvent","WatchEvent"]})");
    std::vector<std::string> expected;
    for (int i = 59; i >= 0; --i) {
        auto const* const type = i % 3 == 0 ? "PushEvent" : i % 3 == 1 ? "WatchEvent" : "ForkEvent";
        auto id = fmt::format("{:02}", i);
        store_event(id, type, clock.now() - hours(1) + seconds(i));
        if (i % 3 != 2) expected.push_back(std::move(id));
    }
    std::vector<std::string> found;
    std::string target = "/monitors/m-0001/events?limit=7";
    for (int pages = 0; pages < 30; ++pages) {
        auto const page = body(target);
        EXPECT_LE(page.at("count").as_int64(), 7);
        for (auto& id : ids(page.at("events"))) found.push_back(std::move(id));
        if (page.at("next_cursor").is_null()) break;
        clock.advance(seconds(90)); // the window of the first page is kept
        target = "/monitors/m-0001/events?limit=7&cursor=" + std::string(page.at("next_cursor").as_string());
    }
    EXPECT_EQ(found, expected);
}

TEST_F(MonitorAnswers, by_type_tell_the_count_and_show_the_newest) {
    make();
    for (int i = 0; i < 5; ++i) store_event(fmt::format("p{}", i), "PushEvent", clock.now() - hours(2) + seconds(i));
    store_event("w", "WatchEvent", clock.now() - hours(1));
    store_event("old", "WatchEvent", clock.now() - hours(30));
    auto const grouped = body("/monitors/m-0001/events/grouped?limit=2");
    EXPECT_EQ(grouped.at("total_events").as_int64(), 6);
    auto const& groups = grouped.at("groups").as_object();
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups.at("PushEvent").at("count").as_int64(), 5);
    EXPECT_EQ(ids(groups.at("PushEvent").at("events")), (std::vector<std::string>{"p4", "p3"}));
    EXPECT_EQ(groups.at("WatchEvent").at("count").as_int64(), 1);
}

TEST_F(MonitorAnswers, refuse_what_is_none_or_makes_no_sense) {
    for (auto const* const target :
         {"/monitors/m-0404", "/monitors/m-0404/events", "/monitors/m-0404/events/grouped"}) {
        auto const response = get(target);
        EXPECT_EQ(response.status, 404U) << target;
        EXPECT_EQ(json_of(response).at("error_code").as_string(), "MONITOR_NOT_FOUND");
        EXPECT_EQ(json_of(response).at("detail").as_string(), "There is no monitor m-0404.");
    }
    EXPECT_EQ(send(request("DELETE", "/monitors/m-0404")).status, 404U);
    for (auto const* const json :
         {"{}", R"({"repo":"nowhere"})", R"({"repo":"a/b","interval_seconds":1})", R"({"repo":"a/b","types":[]})",
          R"({"repo":"a/b","types":["PushEvent",7]})", R"({"repo":"a/b","types":["Push Event"]})",
          R"({"repo":"a/b","types":["A,B"]})", R"({"repo":"a/b","types":{"PushEvent":1}})"}) {
        EXPECT_EQ(post("/monitors", json).status, 422U) << json;
    }
    EXPECT_EQ(get("/monitors/m-0001/events?cursor=x").status, 404U);
    make();
    EXPECT_EQ(get("/monitors/m-0001/events?cursor=x").status, 422U);
    EXPECT_EQ(changes, 1);
}

TEST_F(MonitorAnswers, are_refused_where_nobody_collects) {
    options.monitors = nullptr;
    EXPECT_EQ(get("/monitors").status, 503U);
    EXPECT_EQ(post("/monitors", R"({"repo":"a/b"})").status, 503U);
}

} // namespace gem::test
