// Commits: completed by what is learned later, found by time, sha or prefix.
#include <random>

#include "contract/contract_test.hpp"
#include "contract/samples.hpp"

namespace gem::test {

namespace {

/// The commit `sha` of acme/tool as a payload alone tells it: no stats, no files, no summary.
CommitRecord bare(std::string sha, UtcTime date = ten_o_clock) {
    CommitRecord record;
    record.commit.sha = std::move(sha);
    record.commit.repo_id = 7;
    record.commit.repo_name = "acme/tool";
    record.commit.message = "one";
    record.commit.commit_date = date;
    return record;
}

std::string sha_of(int number) { return fmt::format("{:040x}", number); }

} // namespace

class Commits : public ContractTest {
  protected:
    std::size_t store(std::vector<CommitRecord> records) {
        return wait_ok(commits().store_commits(std::move(records)));
    }
    CommitRecord get(std::string sha) { return wait_ok(commits().find_commit(repo("acme/tool"), std::move(sha))); }
    std::vector<std::string> shas(CommitQuery query) {
        std::vector<std::string> found;
        for (;;) {
            auto const page = wait_ok(commits().find_commits(query));
            for (auto const& record : page.commits) found.push_back(record.commit.sha);
            if (!page.next_cursor) return found;
            query.cursor = page.next_cursor;
        }
    }
    std::vector<std::string> shas_in(TimeWindow window) {
        std::vector<std::string> found;
        for (auto const& record : wait_ok(commits().commits_in(repo("acme/tool"), window)))
            found.push_back(record.commit.sha);
        return found;
    }
};
GEM_CONTRACT(Commits);

TEST_P(Commits, everything_comes_back) {
    auto const sent = sample_commit('a', "acme/tool", 7);
    EXPECT_EQ(store({sent}), 1U);
    auto const came = get(sent.commit.sha);
    EXPECT_EQ(came.commit, sent.commit);
    EXPECT_EQ(came.summary, sent.summary);
    auto const page = wait_ok(commits().find_commits({.repo = repo("ACME/tool"), .window = all_time()}));
    ASSERT_EQ(page.commits.size(), 1U);
    EXPECT_EQ(page.commits.front().commit, sent.commit);
    EXPECT_EQ(page.commits.front().summary, sent.summary);
    EXPECT_FALSE(page.commits.front().files) << "lists come without files";
}

TEST_P(Commits, files_come_by_name) {
    auto const sent = sample_commit('a', "acme/tool", 7);
    store({sent});
    auto expected = sent.files.value();
    std::ranges::sort(expected, {}, &CommitFile::filename);
    EXPECT_EQ(wait_ok(commits().commit_files(repo("Acme/Tool"), sent.commit.sha)), expected);
    auto found = get(sent.commit.sha);
    ASSERT_TRUE(found.files);
    EXPECT_EQ(*found.files, expected);
}

TEST_P(Commits, files_of_an_unknown_commit_are_not_found_and_never_fetched_ones_are_empty) {
    store({bare(sha_of(1))});
    EXPECT_TRUE(wait_ok(commits().commit_files(repo("acme/tool"), sha_of(1))).empty());
    EXPECT_FALSE(get(sha_of(1)).files);
    EXPECT_EQ(wait_error(commits().commit_files(repo("acme/tool"), sha_of(2))).code, ErrorCode::not_found);
    EXPECT_EQ(wait_error(commits().commit_files(repo("acme/other"), sha_of(1))).code, ErrorCode::not_found);
}

TEST_P(Commits, what_is_unknown_is_null_and_never_zero) {
    store({bare(sha_of(1))});
    auto const found = get(sha_of(1));
    EXPECT_FALSE(found.commit.stats);
    EXPECT_FALSE(found.commit.files_changed);
    EXPECT_FALSE(found.summary);
    EXPECT_TRUE(found.commit.parents.empty());
    auto zero = bare(sha_of(2));
    zero.commit.stats = CommitStats{};
    zero.commit.files_changed = 0;
    zero.files.emplace();
    store({zero});
    EXPECT_EQ(get(sha_of(2)).commit.stats, CommitStats{}) << "a known zero is no null";
    EXPECT_EQ(get(sha_of(2)).commit.files_changed, 0);
}

TEST_P(Commits, later_knowledge_completes_and_ignorance_takes_nothing_away) {
    auto const full = sample_commit('a', "acme/tool", 7);
    auto ignorant = bare(full.commit.sha);
    ignorant.commit.message = full.commit.message;
    EXPECT_EQ(store({ignorant}), 1U);
    EXPECT_EQ(store({full}), 0U);
    EXPECT_EQ(get(full.commit.sha).commit, full.commit);
    EXPECT_EQ(store({ignorant}), 0U);
    auto const found = get(full.commit.sha);
    EXPECT_EQ(found.commit, full.commit);
    EXPECT_EQ(found.summary, full.summary);
    ASSERT_TRUE(found.files);
    EXPECT_EQ(found.files->size(), 2U);
}

TEST_P(Commits, parts_learned_one_by_one_add_up) {
    auto const full = sample_commit('a', "acme/tool", 7);
    auto part = bare(full.commit.sha);
    part.commit.message = full.commit.message;
    part.commit.stats = full.commit.stats;
    store({part});
    part.commit.stats.reset();
    part.summary = full.summary;
    store({part});
    part.summary.reset();
    part.files = full.files;
    store({part});
    auto const found = get(full.commit.sha);
    EXPECT_EQ(found.commit.stats, full.commit.stats);
    EXPECT_EQ(found.summary, full.summary);
    EXPECT_EQ(wait_ok(commits().commit_files(repo("acme/tool"), full.commit.sha)).size(), 2U);
}

TEST_P(Commits, one_sha_twice_in_a_batch_is_one_commit) {
    EXPECT_EQ(store({bare(sha_of(1)), bare(sha_of(1)), bare(sha_of(2))}), 2U);
    EXPECT_EQ(shas({.repo = repo("acme/tool"), .window = all_time()}).size(), 2U);
    EXPECT_EQ(store({}), 0U);
}

TEST_P(Commits, a_fork_has_commits_of_its_own) {
    EXPECT_EQ(store({sample_commit('a', "acme/tool", 7), sample_commit('a', "eve/tool", 8)}), 2U);
    EXPECT_EQ(shas({.repo = repo("eve/tool"), .window = all_time()}).size(), 1U);
    EXPECT_EQ(wait_ok(commits().find_commit(repo("eve/tool"), std::string(40, 'a'))).commit.repo_name, "eve/tool");
}

TEST_P(Commits, the_newest_come_first_and_ties_by_sha_descending) {
    store({bare(sha_of(1)), bare(sha_of(3)), bare(sha_of(2)), bare(sha_of(4), ten_o_clock + seconds(1)),
           bare(sha_of(5), ten_o_clock - seconds(1))});
    std::vector<std::string> const expected = {sha_of(4), sha_of(3), sha_of(2), sha_of(1), sha_of(5)};
    for (std::size_t const limit : {1, 2, 5, 50})
        EXPECT_EQ(shas({.repo = repo("acme/tool"), .window = all_time(), .limit = limit}), expected);
}

TEST_P(Commits, a_window_is_by_commit_date_and_leaves_its_end_out) {
    for (int i = 0; i < 10; ++i) store({bare(sha_of(i), ten_o_clock + seconds(i))});
    EXPECT_EQ(shas({.repo = repo("acme/tool"), .window = window_after_ten(seconds(3), seconds(5)), .limit = 1}),
              (std::vector<std::string>{sha_of(4), sha_of(3)}));
    EXPECT_TRUE(shas({.repo = repo("acme/tool"), .window = window_after_ten(seconds(3), seconds(3))}).empty());
    EXPECT_TRUE(shas({.repo = repo("acme/none"), .window = all_time()}).empty());
}

TEST_P(Commits, a_minimal_impact_leaves_out_the_lower_and_the_unknown) {
    std::vector<CommitRecord> records;
    for (int i = 0; i < 6; ++i) {
        auto record = sample_commit(static_cast<char>('0' + i), "acme/tool", 7);
        record.commit.commit_date = ten_o_clock + seconds(i);
        record.summary->impact_score = 20.0 * i;
        if (i == 5) record.summary.reset();
        records.push_back(record);
    }
    store(records);
    CommitQuery query{.repo = repo("acme/tool"), .window = all_time(), .min_impact_score = 40.0, .limit = 1};
    EXPECT_EQ(shas(query),
              (std::vector<std::string>{std::string(40, '4'), std::string(40, '3'), std::string(40, '2')}));
    query.min_impact_score = 40.1;
    EXPECT_EQ(shas(query).size(), 2U);
    query.min_impact_score = 0.0;
    EXPECT_EQ(shas(query).size(), 5U);
    query.min_impact_score = 80.5;
    EXPECT_TRUE(shas(query).empty());
}

TEST_P(Commits, limits_and_foreign_cursors_are_refused) {
    store({bare(sha_of(1)), bare(sha_of(2))});
    CommitQuery query{.repo = repo("acme/tool"), .window = all_time(), .limit = 0};
    EXPECT_EQ(wait_error(commits().find_commits(query)).code, ErrorCode::invalid_argument);
    query.limit = 1001;
    EXPECT_EQ(wait_error(commits().find_commits(query)).code, ErrorCode::invalid_argument);
    query.limit = 1;
    auto const page = wait_ok(commits().find_commits(query));
    ASSERT_TRUE(page.next_cursor);
    query.cursor = page.next_cursor;
    query.window = window_after_ten(hours(-1), hours(1));
    EXPECT_EQ(wait_error(commits().find_commits(query)).code, ErrorCode::invalid_argument);
    query.cursor = "no cursor";
    EXPECT_EQ(wait_error(commits().find_commits(query)).code, ErrorCode::invalid_argument);
    insert({make_event("1"), make_event("2")});
    query.cursor =
        wait_ok(events().find_events({.repo = repo("acme/tool"), .window = all_time(), .limit = 1})).next_cursor;
    ASSERT_TRUE(query.cursor);
    EXPECT_EQ(wait_error(commits().find_commits(query)).code, ErrorCode::invalid_argument) << "a cursor of events";
}

TEST_P(Commits, a_unique_prefix_of_7_digits_finds_its_commit) {
    auto const one = "abcdef0" + std::string(33, '1');
    auto const two = "abcdef1" + std::string(33, '1');
    store({bare(one), bare(two)});
    EXPECT_EQ(get("abcdef0").commit.sha, one);
    EXPECT_EQ(get("abcdef1111").commit.sha, two);
    EXPECT_EQ(get(two).commit.sha, two);
    EXPECT_EQ(wait_ok(commits().find_commit(std::nullopt, "abcdef0")).commit.sha, one);
    EXPECT_EQ(wait_ok(commits().find_commit(std::nullopt, one)).commit.sha, one);
}

TEST_P(Commits, a_prefix_that_fits_two_commits_is_a_conflict) {
    auto const one = "abcdef00" + std::string(32, '1');
    auto const two = "abcdef01" + std::string(32, '1');
    store({bare(one), bare(two)});
    EXPECT_EQ(wait_error(commits().find_commit(repo("acme/tool"), "abcdef0")).code, ErrorCode::conflict);
    EXPECT_EQ(wait_error(commits().find_commit(std::nullopt, "abcdef0")).code, ErrorCode::conflict);
    EXPECT_EQ(get("abcdef01").commit.sha, two);
}

TEST_P(Commits, a_prefix_that_is_unique_in_the_repository_asked_about_is_found) {
    auto const here = "abcdef00" + std::string(32, '1');
    auto other = bare("abcdef01" + std::string(32, '1'));
    other.commit.repo_id = 8;
    other.commit.repo_name = "acme/other";
    store({bare(here), other});
    EXPECT_EQ(get("abcdef0").commit.sha, here);
}

TEST_P(Commits, unknown_short_or_foreign_shas_are_told) {
    store({bare(sha_of(1))});
    EXPECT_EQ(wait_error(commits().find_commit(repo("acme/tool"), sha_of(2))).code, ErrorCode::not_found);
    EXPECT_EQ(wait_error(commits().find_commit(repo("acme/other"), sha_of(1))).code, ErrorCode::not_found);
    EXPECT_EQ(wait_error(commits().find_commit(std::nullopt, "ffffffff")).code, ErrorCode::not_found);
    EXPECT_EQ(wait_error(commits().find_commit(repo("acme/tool"), "000000")).code, ErrorCode::invalid_argument)
        << "six digits";
    EXPECT_EQ(wait_error(commits().find_commit(repo("acme/tool"), "")).code, ErrorCode::invalid_argument);
    EXPECT_EQ(wait_error(commits().find_commit(repo("acme/tool"), "%%%%%%%")).code, ErrorCode::invalid_argument)
        << "no hex digits";
}

TEST_P(Commits, a_sha_of_64_digits_is_a_sha) {
    auto const sha = std::string(64, 'c');
    store({bare(sha)});
    EXPECT_EQ(get(sha).commit.sha, sha);
    EXPECT_EQ(get("ccccccc").commit.sha, sha);
}

TEST_P(Commits, a_rename_keeps_the_commits) {
    insert({make_event("1").of("acme/tool", 7), make_event("2").of("acme/toolbox", 7).after(hours(1))});
    store({bare(sha_of(1))});
    EXPECT_EQ(shas({.repo = repo("acme/toolbox"), .window = all_time()}), (std::vector<std::string>{sha_of(1)}));
}

TEST_P(Commits, a_repository_without_id_has_commits_by_its_name) {
    auto record = bare(sha_of(1));
    record.commit.repo_id.reset();
    record.commit.repo_name = "Acme/No-Id";
    EXPECT_EQ(store({record}), 1U);
    record.commit.repo_name = "acme/no-id";
    EXPECT_EQ(store({record}), 0U);
    EXPECT_EQ(shas({.repo = repo("acme/NO-ID"), .window = all_time()}).size(), 1U);
}

TEST_P(Commits, commits_outlive_a_restart) {
    if (!GetParam().shared) GTEST_SKIP() << "this provider keeps nothing";
    auto const sent = sample_commit('a', "acme/tool", 7);
    store({sent});
    reopen();
    EXPECT_EQ(get(sent.commit.sha).commit, sent.commit);
    EXPECT_EQ(wait_ok(commits().commit_files(repo("acme/tool"), sent.commit.sha)).size(), 2U);
}

/// Commits `from` to `to`, one a minute.
static std::vector<CommitRecord> one_a_minute(int from, int to) {
    std::vector<CommitRecord> commits;
    for (int minute = from; minute < to; ++minute)
        commits.push_back(bare(sha_of(minute), ten_o_clock + minutes(minute)));
    return commits;
}

TEST_P(Commits, in_a_window_are_those_of_its_pages_whatever_was_asked_before) {
    std::mt19937 dice(7);
    auto const any = [&](int most) { return std::uniform_int_distribution(0, most)(dice); };
    int stored = 260;
    store(one_a_minute(0, stored));
    for (int round = 0; round < 40; ++round) {
        auto const from = ten_o_clock + minutes(any(stored)) + seconds(any(59));
        TimeWindow const window{.from = from, .to = from + minutes(any(round % 2 == 0 ? 30 : stored))};
        SCOPED_TRACE(fmt::format("round {}, {} to {}", round, format_time(window.from), format_time(window.to)));
        ASSERT_EQ(shas_in(window), shas({.repo = repo("acme/tool"), .window = window, .limit = 1000}));
        if (round % 10 == 9) {
            store(one_a_minute(stored, stored + 5));
            stored += 5;
        }
    }
    EXPECT_EQ(shas_in(all_time()).size(), static_cast<std::size_t>(stored));
    auto completed = one_a_minute(100, 101);
    completed.front().commit.stats = CommitStats{.additions = 1, .deletions = 2, .total_changes = 3};
    store(std::move(completed));
    auto const again = wait_ok(commits().commits_in(repo("acme/tool"), all_time()));
    ASSERT_EQ(again.size(), static_cast<std::size_t>(stored));
    auto const& learned = again[again.size() - 101];
    EXPECT_EQ(learned.commit.sha, sha_of(100));
    EXPECT_TRUE(learned.commit.stats) << "what was learned since the last question";
    wait_ok(maintenance().forget_repository(repo("acme/tool")));
    EXPECT_TRUE(shas_in(all_time()).empty());
}

TEST_P(Commits, in_a_window_have_what_another_manager_stored) {
    if (!GetParam().shared) GTEST_SKIP() << "needs a second manager over the same store";
    store(one_a_minute(0, 210));
    EXPECT_EQ(shas_in(all_time()).size(), 210U);
    auto const other = open();
    wait_ok(other->commits().store_commits(one_a_minute(300, 301)));
    EXPECT_EQ(shas_in(all_time()).size(), 211U);
    EXPECT_EQ(shas_in(all_time()).front(), sha_of(300));
    wait_ok(other->connection().close());
}

TEST_P(Commits, in_a_window_count_once_when_filed_by_name_and_by_number) {
    auto by_name = one_a_minute(0, 3);
    for (auto& record : by_name) record.commit.repo_id.reset();
    store(std::move(by_name));
    store(one_a_minute(2, 5));
    EXPECT_EQ(shas_in(all_time()), (std::vector{sha_of(4), sha_of(3), sha_of(2), sha_of(1), sha_of(0)}));
}

} // namespace gem::test
