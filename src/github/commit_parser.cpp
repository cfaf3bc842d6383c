#include "github/commit_parser.hpp"

#include <algorithm>

#include "domain/repo_name.hpp"
#include "github/json_fields.hpp"

namespace gem::github {

namespace {

bool is_sha(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string text_at(std::optional<Element> object, std::string_view key) {
    if (!object) return {};
    auto const member = member_of(*object, key);
    return member ? std::string(text_of(*member).value_or("")) : std::string();
}

std::int64_t number_at(Element object, std::string_view key) {
    auto const member = member_of(object, key);
    return member ? integer_of(*member).value_or(0) : 0;
}

std::optional<UtcTime> time_at(std::optional<Element> object) { return parse_time(text_at(object, "date")); }

/// A commit of the REST API; nothing if it has no sha.
std::optional<Commit> read_commit(Element element) {
    Commit commit;
    commit.sha = ascii_lower(text_at(element, "sha"));
    auto const inner = member_of(element, "commit");
    if (!is_sha(commit.sha) || !inner) return std::nullopt;
    auto const author = member_of(*inner, "author");
    auto const committer = member_of(*inner, "committer");
    commit.message = text_at(inner, "message");
    commit.author_name = text_at(author, "name");
    commit.author_login = text_at(member_of(element, "author"), "login");
    auto const date = time_at(committer);
    commit.commit_date = date ? *date : time_at(author).value_or(UtcTime{});
    simdjson::dom::array parents;
    if (auto const member = member_of(element, "parents");
        member && member->get_array().get(parents) == simdjson::SUCCESS) {
        for (auto const parent : parents) {
            if (auto sha = ascii_lower(text_at(parent, "sha")); is_sha(sha)) commit.parents.push_back(std::move(sha));
        }
    }
    return commit;
}

std::vector<CommitFile> read_files(Element element) {
    std::vector<CommitFile> files;
    simdjson::dom::array array;
    auto const member = member_of(element, "files");
    if (!member || member->get_array().get(array) != simdjson::SUCCESS) return files;
    for (auto const one : array) {
        CommitFile file;
        file.filename = text_at(one, "filename");
        if (file.filename.empty()) continue;
        file.status = text_at(one, "status");
        file.additions = number_at(one, "additions");
        file.deletions = number_at(one, "deletions");
        file.changes = number_at(one, "changes");
        if (auto const was = member_of(one, "previous_filename")) file.previous_filename = filled_text(*was);
        if (auto const patch = member_of(one, "patch")) {
            if (auto const text = text_of(*patch)) file.patch = std::string(*text);
        }
        files.push_back(std::move(file));
    }
    return files;
}

Result<std::vector<Commit>> read_commits(Element array_element) {
    simdjson::dom::array array;
    if (array_element.get_array().get(array) != simdjson::SUCCESS)
        return fail(ErrorCode::corrupt, "GitHub's answer has no list of commits");
    std::vector<Commit> commits;
    for (auto const one : array) {
        if (auto commit = read_commit(one)) commits.push_back(std::move(*commit));
    }
    return commits;
}

/// Elements live as long as the parser is not used again.
Result<Element> parse(simdjson::dom::parser& parser, std::string_view body) {
    Element root;
    if (parser.parse(body.data(), body.size(), true).get(root) != simdjson::SUCCESS)
        return fail(ErrorCode::corrupt, "GitHub's answer is not JSON");
    return root;
}

} // namespace

std::vector<Commit> payload_commits(Event const& push) {
    std::vector<Commit> commits;
    simdjson::dom::parser parser;
    auto const root = parse(parser, push.payload.text());
    if (!root) return commits;
    simdjson::dom::array array;
    auto const member = member_of(*root, "commits");
    if (!member || member->get_array().get(array) != simdjson::SUCCESS) return commits;
    for (auto const one : array) {
        Commit commit;
        commit.sha = ascii_lower(text_at(one, "sha"));
        if (commit.sha.empty()) commit.sha = ascii_lower(text_at(one, "id")); // a webhook calls it so
        if (!is_sha(commit.sha)) continue;
        commit.message = text_at(one, "message");
        commit.author_name = text_at(member_of(one, "author"), "name");
        commit.commit_date = push.created_at;
        commits.push_back(std::move(commit));
    }
    return commits;
}

Result<Comparison> parse_comparison(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = parse(parser, body);
    if (!root) return fail(root.error());
    auto const list = member_of(*root, "commits");
    if (!list) return fail(ErrorCode::corrupt, "GitHub's comparison has no commits");
    auto commits = read_commits(*list);
    if (!commits) return fail(commits.error());
    Comparison comparison;
    comparison.commits = std::move(*commits);
    comparison.total_commits = number_at(*root, "total_commits");
    comparison.files = read_files(*root);
    return comparison;
}

Result<std::vector<Commit>> parse_commit_list(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = parse(parser, body);
    if (!root) return fail(root.error());
    return read_commits(*root);
}

Result<CommitRecord> parse_commit(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = parse(parser, body);
    if (!root) return fail(root.error());
    auto commit = read_commit(*root);
    if (!commit) return fail(ErrorCode::corrupt, "GitHub's answer is not a commit");
    CommitRecord record;
    record.commit = std::move(*commit);
    if (auto const stats = member_of(*root, "stats")) {
        record.commit.stats = CommitStats{.additions = number_at(*stats, "additions"),
                                          .deletions = number_at(*stats, "deletions"),
                                          .total_changes = number_at(*stats, "total")};
    }
    record.files = read_files(*root);
    return record;
}

} // namespace gem::github
