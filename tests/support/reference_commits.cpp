#include <fmt/format.h>

#include "support/reference_repositories.hpp"

namespace gem::test {

namespace {

template <class T>
void learn(std::optional<T>& known, std::optional<T> const& now) {
    if (now) known = now;
}

template <class T>
void learn(T& known, T const& now) {
    if (!now.empty()) known = now;
}

void complete(CommitRecord& known, CommitRecord const& now) {
    learn(known.commit.parents, now.commit.parents);
    learn(known.commit.author_name, now.commit.author_name);
    learn(known.commit.author_login, now.commit.author_login);
    learn(known.commit.message, now.commit.message);
    learn(known.commit.branch_name, now.commit.branch_name);
    learn(known.commit.stats, now.commit.stats);
    learn(known.commit.files_changed, now.commit.files_changed);
    learn(known.summary, now.summary);
    learn(known.files, now.files);
}

void sort_files(CommitRecord& record) {
    if (record.files) std::ranges::sort(*record.files, {}, &CommitFile::filename);
}

bool is_about(ReferenceNames const& names, std::string const& key, Commit const& commit, RepoName const& repo) {
    return names.present(key) == repo.key() || ascii_lower(commit.repo_name) == repo.key();
}

Result<CommitRecord> look_up(ReferenceStore& store, std::optional<RepoName> const& repo, std::string const& sha) {
    bool const hex = std::ranges::all_of(sha, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (sha.size() < 7 || sha.size() > 64 || !hex)
        return fail(ErrorCode::invalid_argument, "expected a sha, or 7 or more of its first hex digits");
    ReferenceNames const names(store.events);
    std::map<std::string, CommitRecord> found;
    for (auto const& [key, record] : store.commits) {
        if (!key.second.starts_with(sha)) continue;
        if (repo && !is_about(names, key.first, record.commit, *repo)) continue;
        found.emplace(key.second, record);
    }
    if (found.empty()) return fail(ErrorCode::not_found, fmt::format("no commit {} is stored", sha));
    if (found.size() > 1) return fail(ErrorCode::conflict, fmt::format("more than one commit starts with {}", sha));
    return found.begin()->second;
}

std::string question_of(CommitQuery const& query) {
    return fmt::format("commits\n{}\n{}\n{}\n{}", query.repo.key(), to_unix(query.window.from),
                       to_unix(query.window.to), query.min_impact_score.value_or(-1));
}

} // namespace

Async<Result<std::size_t>> ReferenceCommits::store_commits(std::vector<CommitRecord> commits) {
    return context_.run<std::size_t>([commits = std::move(commits)](ReferenceStore& store) {
        std::size_t fresh = 0;
        for (auto const& record : commits) {
            std::pair const key(repository_key(record.commit.repo_id, record.commit.repo_name), record.commit.sha);
            auto const [known, is_new] = store.commits.try_emplace(key, record);
            if (is_new)
                ++fresh;
            else
                complete(known->second, record);
            sort_files(known->second);
        }
        ++store.generation;
        return fresh;
    });
}

Async<Result<CommitPage>> ReferenceCommits::find_commits(CommitQuery query) {
    return context_.run<CommitPage>([query = std::move(query)](ReferenceStore& store) -> Result<CommitPage> {
        if (query.limit < 1 || query.limit > 1000)
            return fail(ErrorCode::invalid_argument, "expected a limit of 1 to 1000");
        std::vector<std::string> before;
        if (query.cursor) {
            auto key = read_cursor(question_of(query), *query.cursor);
            if (!key) return std::unexpected(key.error());
            before = std::move(*key);
        }
        ReferenceNames const names(store.events);
        std::map<std::vector<std::string>, CommitRecord, std::greater<>> newest_first;
        for (auto const& [key, record] : store.commits) {
            auto const& commit = record.commit;
            if (!query.window.contains(commit.commit_date) || !is_about(names, key.first, commit, query.repo)) continue;
            if (query.min_impact_score &&
                (!record.summary || record.summary->impact_score.value < *query.min_impact_score))
                continue;
            newest_first.emplace(std::vector<std::string>{sortable(commit.commit_date), commit.sha}, record);
        }
        CommitPage page;
        std::vector<std::string> last;
        for (auto& [key, record] : newest_first) {
            if (!before.empty() && key >= before) continue;
            if (page.commits.size() == query.limit) {
                page.next_cursor = make_cursor(question_of(query), last);
                break;
            }
            last = key;
            record.files.reset();
            page.commits.push_back(record);
        }
        return page;
    });
}

Async<Result<CommitRecord>> ReferenceCommits::find_commit(std::optional<RepoName> repo, std::string sha) {
    return context_.run<CommitRecord>(
        [repo = std::move(repo), sha = std::move(sha)](ReferenceStore& store) { return look_up(store, repo, sha); });
}

Async<Result<std::vector<CommitFile>>> ReferenceCommits::commit_files(RepoName repo, std::string sha) {
    return context_.run<std::vector<CommitFile>>(
        [repo = std::move(repo), sha = std::move(sha)](ReferenceStore& store) -> Result<std::vector<CommitFile>> {
            auto record = look_up(store, repo, sha);
            if (!record) return std::unexpected(record.error());
            return record->files.value_or(std::vector<CommitFile>());
        });
}

} // namespace gem::test
