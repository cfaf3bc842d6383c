// What cannot be stored, and that it stops nothing else.
#include "contract/contract_test.hpp"

namespace gem::test {

class RejectionRules : public ContractTest {
  protected:
    /// Inserts `bad` between two good ones and expects it to be the only one that is refused.
    void expect_rejected(Event bad) {
        auto const id = bad.id;
        auto const before = total();
        auto const tag = std::to_string(before);
        auto const result = insert({make_event("good a" + tag), std::move(bad), make_event("good b" + tag)});
        EXPECT_EQ(result.inserted, 2U) << id;
        ASSERT_EQ(result.rejected.size(), 1U) << id;
        EXPECT_EQ(result.rejected.front().index, 1U);
        EXPECT_FALSE(result.rejected.front().reason.empty());
        EXPECT_EQ(total(), before + 2);
    }
};
GEM_CONTRACT(RejectionRules);

TEST_P(RejectionRules, an_id_has_1_to_128_bytes) {
    expect_rejected(make_event(""));
    expect_rejected(make_event(std::string(129, '1')));
    EXPECT_EQ(insert({make_event(std::string(128, '1')), make_event("x")}).inserted, 2U);
}

TEST_P(RejectionRules, an_id_has_no_control_characters) {
    for (auto const* id : {"a\nb", "\t", "a\x01", "\x1f"}) expect_rejected(make_event(id));
    expect_rejected(make_event(std::string("a\0b", 3)));
}

TEST_P(RejectionRules, an_id_may_be_any_other_text) {
    std::vector<Event> batch;
    for (auto const* id :
         {"wh:0f8fad5b-d9cb-469f-a165-70867728950e", "ключ", "a b", "'; DROP TABLE events; --", "#%_*"})
        batch.push_back(make_event(id).type("NovelEvent")); // of which no two sources tell
    EXPECT_EQ(insert(batch).inserted, batch.size());
    EXPECT_EQ(find({.repo = repo("acme/tool"), .window = all_time()}).size(), batch.size());
}

TEST_P(RejectionRules, a_type_has_1_to_64_letters) {
    for (auto const* type : {"", "Push Event", "Push1", "Push_Event", "PushEvént", "Push-Event", "PushEvent\n"})
        expect_rejected(make_event("1").type(type));
    expect_rejected(make_event("1").type(std::string(65, 'A')));
    EXPECT_EQ(insert({make_event("1").type(std::string(64, 'A')), make_event("1").type("x")}).inserted, 2U);
}

TEST_P(RejectionRules, a_type_that_nobody_knows_is_stored_and_counted) {
    EXPECT_EQ(insert({make_event("1").type("TeleportEvent")}).inserted, 1U);
    EXPECT_EQ(count_of(wait_ok(events().tally(all_time(), std::nullopt)), "TeleportEvent"), 1);
}

TEST_P(RejectionRules, a_repository_has_an_id_or_a_name) { expect_rejected(make_event("1").of("", std::nullopt)); }

TEST_P(RejectionRules, an_event_with_a_repository_id_alone_is_stored_and_counted) {
    auto const nameless = make_event("1").of("", 99).done();
    EXPECT_EQ(insert({nameless}).inserted, 1U);
    EXPECT_EQ(total(), 1);
    auto const found = find({.window = window_after_ten(hours(-1), hours(1))});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front(), nameless);
}

TEST_P(RejectionRules, a_payload_has_at_most_one_mebibyte) {
    auto const payload_of = [](std::size_t bytes) { return '"' + std::string(bytes - 2, 'x') + '"'; };
    std::size_t const mebibyte = std::size_t{1024} * 1024;
    expect_rejected(make_event("1").payload(payload_of(mebibyte + 1)));
    EXPECT_EQ(insert({make_event("1").payload(payload_of(mebibyte))}).inserted, 1U);
}

TEST_P(RejectionRules, a_mixed_batch_tells_each_bad_one_by_its_place) {
    auto const result = insert({make_event(""), make_event("1"), make_event("2").type("?"), make_event("1"),
                                make_event("3").of("", std::nullopt), make_event("4")});
    EXPECT_EQ(result.inserted, 2U);
    EXPECT_EQ(result.duplicates, 1U);
    std::vector<std::size_t> places;
    for (auto const& rejection : result.rejected) places.push_back(rejection.index);
    EXPECT_EQ(places, (std::vector<std::size_t>{0, 2, 4}));
    expect_no_drift();
}

TEST_P(RejectionRules, a_batch_of_bad_ones_alone_is_no_error) {
    auto const result = insert({make_event(""), make_event("")});
    EXPECT_EQ(result.rejected.size(), 2U);
    EXPECT_EQ(total(), 0);
}

} // namespace gem::test
