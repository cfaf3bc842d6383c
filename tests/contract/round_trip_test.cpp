// What goes in comes out: payloads byte for byte, every field, every fact, after a restart too.
#include "contract/contract_test.hpp"

namespace gem::test {

class RoundTrip : public ContractTest {
  protected:
    /// Stores `event` alone and reads it back.
    Event through(Event const& event) {
        auto const seen = insert({event});
        EXPECT_EQ(seen.inserted, 1U);
        for (auto const& found :
             find_all({.window = {.from = event.created_at, .to = event.created_at + seconds(1)}})) {
            if (found.id == event.id && found.type == event.type) return found;
        }
        ADD_FAILURE() << "event " << event.id << " is not found again";
        return {};
    }
    void expect_payload_kept(std::string const& json) {
        static int next = 0;
        auto const sent = make_event("payload" + std::to_string(++next)).payload(json).done();
        auto const came = through(sent);
        EXPECT_TRUE(came.payload == sent.payload) << "payload of " << json.size() << " bytes: " << json.substr(0, 80);
    }
};
GEM_CONTRACT(RoundTrip);

TEST_P(RoundTrip, payloads_come_back_byte_for_byte) {
    for (
        auto const* json :
        {"{}", "[]", "null", "true", "0", "\"\"", "  {  \"a\" :\t1 ,\n\r \"b\":[ ] }  ", R"({"a":1,"a":2,"a":{"a":3}})",
         R"({"z":1,"a":2,"m":3})", R"({"text":"Grüße, 世界, 🚀, \u0000 \ud83d\ude80 \/ \" \\ \n"})",
         "{\"combining\":\"e\u0301\",\"bidi\":\"\u202e\"}",
         R"([123456789012345678901234567890,-0,-0.0,1E400,1e-400,0.1000000000000000055511151231257827,1.0,10000000000000000000])",
         R"({"quote":"it's; DROP TABLE events; --","percent":"%s %n {}"})"})
        expect_payload_kept(json);
}

TEST_P(RoundTrip, a_payload_of_one_mebibyte_comes_back) {
    std::string text = "[\"";
    std::uint32_t noise = 12345; // does not compress well
    while (text.size() < std::size_t{1024} * 1024 - 2) {
        noise = noise * 1664525U + 1013904223U;
        text += static_cast<char>('a' + (noise >> 24U) % 26);
    }
    expect_payload_kept(text + "\"]");
    expect_payload_kept('"' + std::string(std::size_t{1024} * 1024 - 2, 'a') + '"');
}

TEST_P(RoundTrip, a_payload_1024_levels_deep_comes_back) {
    expect_payload_kept(std::string(1024, '[') + std::string(1024, ']'));
    std::string objects;
    for (int i = 0; i < 1023; ++i) objects += "{\"a\":";
    expect_payload_kept(objects + "{}" + std::string(1023, '}'));
}

TEST_P(RoundTrip, every_field_comes_back) {
    for (auto const source : {EventSource::poll, EventSource::webhook, EventSource::archive, EventSource::import}) {
        auto event =
            make_event("1").type("IssuesEvent").at(ten_o_clock + seconds(static_cast<int>(source))).from(source).done();
        event.is_public = source == EventSource::webhook;
        event.payload = JsonText::already_validated(R"({"action":"opened"})");
        EXPECT_EQ(through(event), event);
    }
}

TEST_P(RoundTrip, unknown_actors_and_ids_stay_unknown) {
    for (auto const& event :
         {make_event("1").by("", std::nullopt).done(), make_event("2").by("ghost", std::nullopt).done(),
          make_event("3").by("", 17).done(), make_event("4").of("acme/plain", std::nullopt).done(),
          make_event("5").by("zero", 0).of("acme/zero", 0).done(),
          make_event("6").by("big", 9'007'199'254'740'993).of("acme/big", 9'007'199'254'740'995).done()})
        EXPECT_EQ(through(event), event) << event.id;
}

TEST_P(RoundTrip, facts_come_back_and_what_is_empty_stays_empty) {
    EXPECT_EQ(through(make_event("none").facts({})).facts, EventFacts());
    EventFacts const all{.action = "closed",
                         .number = 12'345'678'901,
                         .ref = "refs/heads/größe",
                         .ref_type = "branch",
                         .head = std::string(40, 'a'),
                         .before = std::string(40, '0'),
                         .size = 3,
                         .distinct_size = 2,
                         .merged = true,
                         .state = "success",
                         .name = "v1.0",
                         .author_id = 4'294'967'297,
                         .author_login = "Ada",
                         .flag = true};
    EXPECT_EQ(through(make_event("all").type("PullRequestEvent").facts(all)).facts, all);
    EventFacts const zeros{.action = "",
                           .number = 0,
                           .ref = "",
                           .ref_type = "",
                           .head = "",
                           .before = "",
                           .size = 0,
                           .distinct_size = 0,
                           .merged = false,
                           .state = "",
                           .name = "",
                           .author_id = 0,
                           .author_login = "",
                           .flag = false};
    EXPECT_EQ(through(make_event("zeros").type("PushEvent").facts(zeros)).facts, zeros);
}

TEST_P(RoundTrip, names_and_logins_come_back_as_they_were_then) {
    std::vector<Event> const history = {make_event("1").of("Acme/Tool", 7).by("Ada", 1001),
                                        make_event("2").after(minutes(1)).of("acme/Tool", 7).by("ada", 1001),
                                        make_event("3").after(minutes(2)).of("acme/toolbox", 7).by("ada-l", 1001)};
    insert(history);
    auto found = find({.repo = repo("acme/toolbox"), .window = all_time()});
    std::ranges::reverse(found);
    EXPECT_EQ(found, history);
}

TEST_P(RoundTrip, times_from_1970_to_9999_come_back) {
    for (auto const time :
         {from_unix(0), from_unix(1), from_unix(951'782'399), from_unix(4'294'967'296), from_unix(253'402'300'799)}) {
        auto const event = make_event("1").at(time).done();
        EXPECT_EQ(through(event), event);
    }
}

TEST_P(RoundTrip, what_was_acknowledged_is_there_after_a_restart) {
    if (!GetParam().shared) GTEST_SKIP() << "this provider keeps nothing";
    std::vector<Event> sent;
    for (int i = 0; i < 50; ++i)
        sent.push_back(
            make_event(std::to_string(100 + i)).after(minutes(i)).push(i).payload("{\"n\":" + std::to_string(i) + "}"));
    insert(sent);
    wait_ok(metrics().put_state({.key = "k", .value = JsonText(), .version = 0}));
    auto const tallies = wait_ok(events().tally(all_time(), std::nullopt));
    reopen();
    auto found = find({.repo = repo("acme/tool"), .window = all_time()});
    std::ranges::reverse(found);
    EXPECT_EQ(found, sent);
    EXPECT_EQ(wait_ok(events().tally(all_time(), std::nullopt)), tallies);
    EXPECT_TRUE(wait_ok(metrics().get_state("k")).has_value());
    EXPECT_EQ(insert(sent).duplicates, sent.size());
    expect_no_drift();
}

TEST_P(RoundTrip, an_event_fact_row_has_the_facts_of_its_event) {
    auto const opened =
        make_event("2").type("IssuesEvent").after(minutes(5)).facts({.action = "opened", .number = 4}).done();
    auto const comment =
        make_event("1").type("IssueCommentEvent").after(minutes(6)).by("bob", std::nullopt).action("created").done();
    insert({comment, opened, make_event("3")});
    auto const rows =
        wait_ok(events().event_facts(repo("acme/tool"), all_time(), {"IssuesEvent", "IssueCommentEvent"}));
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].id, "2");
    EXPECT_EQ(rows[0].type, "IssuesEvent");
    EXPECT_EQ(rows[0].created_at, opened.created_at);
    EXPECT_EQ(rows[0].actor_id, 1001);
    EXPECT_EQ(rows[0].actor_login, "ada");
    EXPECT_EQ(rows[0].facts, opened.facts);
    EXPECT_EQ(rows[1].id, "1");
    EXPECT_EQ(rows[1].actor_id, std::nullopt);
    EXPECT_EQ(rows[1].actor_login, "bob");
    EXPECT_EQ(wait_ok(events().event_facts(repo("acme/tool"), all_time(), {})).size(), 3U);
    EXPECT_TRUE(wait_ok(events().event_facts(repo("acme/unknown"), all_time(), {})).empty());
    EXPECT_TRUE(wait_ok(events().event_facts(repo("acme/tool"), all_time(), {"NoEvent"})).empty());
}

} // namespace gem::test
