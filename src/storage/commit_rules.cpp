#include "storage/commit_rules.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "storage/cursor.hpp"

namespace gem {

namespace {

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

auto place_of(CommitRecord const& record) { return std::tie(record.commit.commit_date, record.commit.sha); }

} // namespace

std::optional<std::string> reason_to_reject(Commit const& commit) {
    if ((commit.sha.size() != 40 && commit.sha.size() != 64) || !is_hex(commit.sha))
        return fmt::format("sha: expected 40 or 64 lower-case hex digits, got \"{}\"", commit.sha.substr(0, 80));
    if (!commit.repo_id && commit.repo_name.empty()) return "repo: neither a number nor a name";
    return std::nullopt;
}

Result<void> check_sha_prefix(std::string_view sha) {
    if (sha.size() < 7 || sha.size() > 64 || !is_hex(sha))
        return fail(ErrorCode::invalid_argument, "sha: expected 7 to 64 hex digits");
    return {};
}

Error no_such_commit(std::optional<RepoName> const& repo, std::string_view sha) {
    return {.code = ErrorCode::not_found,
            .message = fmt::format("no commit {} is stored{}", sha, repo ? " for " + repo->text() : "")};
}

Error ambiguous_commit(std::string_view sha) {
    return {.code = ErrorCode::conflict,
            .message = fmt::format("more than one commit begins with {}: give more digits", sha)};
}

Result<CommitsFrom> read_commit_query(CommitQuery const& query) {
    if (query.limit < 1 || query.limit > 1000)
        return fail(ErrorCode::invalid_argument, fmt::format("limit: expected 1 to 1000, got {}", query.limit));
    auto const floor = query.min_impact_score ? fmt::format("{}", *query.min_impact_score) : std::string();
    auto const from = std::to_string(to_unix(query.window.from));
    auto const to = std::to_string(to_unix(query.window.to));
    CommitsFrom start{.question = hash_question({"commits", query.repo.key(), floor, from, to}), .before = {}};
    if (!query.cursor) return start;
    auto fields = decode_cursor(start.question, *query.cursor, 2);
    if (!fields) return fail(fields.error());
    auto const& date = (*fields)[0];
    std::int64_t unix_seconds = 0;
    std::from_chars(date.data(), date.data() + date.size(), unix_seconds);
    start.before = {from_unix(unix_seconds), std::move((*fields)[1])};
    return start;
}

void put_in_order(std::vector<CommitRecord>& commits) {
    std::ranges::sort(commits, [](CommitRecord const& a, CommitRecord const& b) { return place_of(a) > place_of(b); });
    auto const twins = std::ranges::unique(
        commits, [](CommitRecord const& a, CommitRecord const& b) { return a.commit.sha == b.commit.sha; });
    commits.erase(twins.begin(), twins.end());
}

CommitPage page_of_commits(std::vector<CommitRecord> found, std::size_t limit, std::uint64_t question) {
    put_in_order(found);
    CommitPage page;
    if (found.size() > limit) {
        found.resize(limit);
        auto const& last = found.back().commit;
        page.next_cursor = encode_cursor(question, {std::to_string(to_unix(last.commit_date)), last.sha});
    }
    page.commits = std::move(found);
    return page;
}

} // namespace gem
