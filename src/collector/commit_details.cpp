#include "collector/commit_details.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/json.hpp"
#include "domain/commit_summary.hpp"
#include "github/commit_parser.hpp"

namespace gem {

namespace {

constexpr std::string_view prefix = "owed#";
constexpr int most_compare_pages = 3; ///< of 100 commits
constexpr int most_file_pages = 10;   ///< of 300 files: GitHub shows 3,000
constexpr std::size_t new_branch_commits = 20;
constexpr std::size_t whole_page_of_files = 300;

bool all_zeros(std::string_view sha) { return !sha.empty() && sha.find_first_not_of('0') == std::string_view::npos; }

bool is_hex(std::string_view sha) {
    return sha.size() >= 40 && sha.size() <= 64 &&
           sha.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// GitHub no longer has it, or never had: 404, 410, 451, an empty repository (409), no such commit (422).
bool ends_the_debt(github::ApiAnswer const& answer) {
    return answer.status == github::PageStatus::gone || answer.http_status == 409 || answer.http_status == 422;
}

std::string owed_key(OwedPush const& push) {
    return fmt::format("{}{}#{}#{}", prefix, ascii_lower(push.repo), format_time(push.pushed_at),
                       push.head.substr(0, 12));
}

/// The stats of a commit whose files are all there.
CommitStats sum_of(std::vector<CommitFile> const& files) {
    CommitStats stats;
    for (auto const& file : files) {
        stats.additions += file.additions;
        stats.deletions += file.deletions;
        stats.total_changes += file.changes;
    }
    return stats;
}

std::string branch_of(std::string_view ref) {
    constexpr std::string_view heads = "refs/heads/";
    return std::string(ref.starts_with(heads) ? ref.substr(heads.size()) : ref);
}

void complete(CommitRecord& record) { record.summary = summarize(record.commit, *record.files); }

} // namespace

Result<OwedPush> parse_owed_push(std::string_view text) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    OwedPush push;
    auto const read = [&](std::string_view key, std::string& out) {
        std::string_view value;
        if (object[key].get_string().get(value) == simdjson::SUCCESS) out = value;
    };
    if (parser.parse(text.data(), text.size(), true).get_object().get(object) != simdjson::SUCCESS)
        return fail(ErrorCode::corrupt, "what a push owes is not a JSON object");
    read("repo", push.repo);
    read("ref", push.ref);
    read("before", push.before);
    read("head", push.head);
    std::int64_t id = 0;
    if (object["repo_id"].get_int64().get(id) == simdjson::SUCCESS) push.repo_id = id;
    std::string time;
    read("pushed_at", time);
    push.pushed_at = parse_time(time).value_or(UtcTime{});
    simdjson::dom::array commits;
    if (object["commits"].get_array().get(commits) == simdjson::SUCCESS) {
        for (auto const one : commits) {
            std::string_view sha;
            if (one.get_string().get(sha) == simdjson::SUCCESS) push.commits.emplace_back(sha);
        }
    }
    if (!RepoName::valid(push.repo) || push.head.empty())
        return fail(ErrorCode::corrupt, "what a push owes names no repository or no commit");
    return push;
}

CommitDetails::CommitDetails(DatabaseService& database, github::GitHubClient& github, Clock const& clock, Log& log,
                             Options options)
    : database_(database), github_(github), clock_(clock), log_(log), options_(options) {}

void CommitDetails::fill(Commit& commit, OwedPush const& push) const {
    commit.repo_name = push.repo;
    commit.repo_id = push.repo_id;
    commit.branch_name = branch_of(push.ref);
    if (commit.commit_date == UtcTime{}) commit.commit_date = push.pushed_at;
}

Async<Result<void>> CommitDetails::store(std::vector<CommitRecord> records) {
    if (records.empty()) co_return Result<void>{};
    std::size_t with_stats = 0;
    for (auto const& record : records) with_stats += record.commit.stats ? 1 : 0;
    auto const stored = co_await database_.commits().store_commits(std::move(records));
    if (!stored) co_return fail(stored.error().within("storing commits"));
    figures_.commits += with_stats;
    co_return Result<void>{};
}

Async<Result<void>> CommitDetails::write(std::string key, Debt& debt) {
    auto const written = co_await database_.metrics().put_state(
        {.key = key, .value = JsonText::already_validated(json::to_string(debt.push)), .version = debt.version});
    if (written) {
        debt.version = *written;
        co_return Result<void>{};
    }
    if (written.error().code != ErrorCode::conflict) co_return fail(written.error());
    // Somebody else owes or pays the same: what stands there is as good.
    auto const present = co_await database_.metrics().get_state(key);
    if (!present) co_return fail(present.error());
    debt.version = *present ? (*present)->version : 0;
    co_return Result<void>{};
}

Async<Result<void>> CommitDetails::settle(std::string key) {
    debts_.erase(key);
    co_return co_await database_.metrics().remove_state(key);
}

Async<Result<void>> CommitDetails::owe(std::vector<Event> events) {
    for (auto& event : events) {
        auto const& facts = event.facts;
        bool const branch = facts.ref && !facts.ref->starts_with("refs/tags/");
        if (event.type != "PushEvent" || !RepoName::valid(event.repo_name) || !branch) continue;
        auto const head = ascii_lower(facts.head.value_or(""));
        OwedPush push{.repo = event.repo_name,
                      .repo_id = event.repo_id,
                      .ref = *facts.ref,
                      .before = ascii_lower(facts.before.value_or("")),
                      .head = head,
                      .pushed_at = event.created_at};
        auto commits = github::payload_commits(event);
        std::vector<CommitRecord> records;
        for (auto& commit : commits) {
            fill(commit, push);
            push.commits.push_back(commit.sha);
            records.push_back({.commit = std::move(commit), .summary = {}, .files = {}});
        }
        if (auto const stored = co_await store(std::move(records)); !stored) co_return fail(stored.error());
        if (!options_.on || !is_hex(head) || all_zeros(head)) continue;
        // A payload shows 20 commits at most.
        bool const whole = facts.size && static_cast<std::size_t>(*facts.size) == push.commits.size();
        if (!whole) push.commits.clear();
        auto const key = owed_key(push);
        if (debts_.contains(key)) continue;
        Debt debt{.push = std::move(push)};
        if (auto const written = co_await write(key, debt); !written)
            co_return fail(written.error().within("noting what a push owes"));
        debts_.emplace(key, std::move(debt));
    }
    while (debts_.size() > options_.most_owed) {
        auto const oldest = std::ranges::min_element(debts_, {}, [this](auto const& entry) {
            return std::pair(entry.first == in_payment_, entry.second.push.pushed_at);
        });
        ++figures_.given_up;
        log_.warn("commit_details_given_up", {{"repo", oldest->second.push.repo}, {"reason", "too many are owed"}});
        if (auto const removed = co_await settle(oldest->first); !removed) co_return fail(removed.error());
    }
    co_return Result<void>{};
}

Async<Result<void>> CommitDetails::load(bool anew) {
    if (loaded_ && !anew) co_return Result<void>{};
    std::set<std::string> paid; // those that are noted from here on are none of these
    for (auto const& [key, debt] : debts_) paid.insert(key);
    auto const entries = co_await database_.metrics().list_state(std::string(prefix));
    if (!entries) co_return fail(entries.error().within("reading what pushes owe"));
    for (auto const& entry : *entries) {
        paid.erase(entry.key);
        auto const known = debts_.find(entry.key);
        if (known != debts_.end() && known->second.version == entry.version) continue;
        auto push = parse_owed_push(entry.value.text());
        if (push)
            debts_[entry.key] = Debt{.push = std::move(*push), .version = entry.version};
        else
            log_.warn("owed_push_unreadable", {{"key", entry.key}, {"reason", push.error().message}});
    }
    for (auto const& key : paid) debts_.erase(key);
    loaded_ = true;
    co_return Result<void>{};
}

std::int64_t CommitDetails::allowance(std::int64_t usable, std::int64_t kept_for_polls) {
    auto const now = clock_.now();
    auto const most = static_cast<double>(options_.max_per_hour);
    if (!credited_)
        credit_ = most / 12; // five minutes' worth to begin with
    else if (now > *credited_)
        credit_ += most * static_cast<double>((now - *credited_).count()) / 3600;
    credited_ = now;
    credit_ = std::min(credit_, std::max(most / 12, 1.0)); // no more than five minutes' worth at once
    return std::min(static_cast<std::int64_t>(credit_), std::max<std::int64_t>(0, usable - kept_for_polls));
}

bool CommitDetails::is_payable(Debt const& debt, UtcTime now) const {
    return debt.not_before <= now && (!options_.is_ours || options_.is_ours(ascii_lower(debt.push.repo)));
}

bool CommitDetails::due() const {
    auto const now = clock_.now();
    if (!options_.on || quiet_until_ > now) return false;
    return std::ranges::any_of(debts_, [&](auto const& entry) { return is_payable(entry.second, now); });
}

CommitDetailsFigures CommitDetails::figures() const {
    auto figures = figures_;
    figures.owed = debts_.size();
    return figures;
}

Async<Result<void>> CommitDetails::work(std::int64_t requests) {
    auto const before = figures_.requests;
    while (requests > 0 && due()) {
        auto const now = clock_.now();
        std::string key;
        UtcTime latest{};
        for (auto const& [one, debt] : debts_) {
            if ((!key.empty() && debt.push.pushed_at <= latest) || !is_payable(debt, now)) continue;
            key = one;
            latest = debt.push.pushed_at;
        }
        in_payment_ = key;
        auto const progress = co_await pay(key, requests);
        in_payment_.clear();
        if (!progress) co_return fail(progress.error());
        if (*progress == Progress::stop) break;
    }
    credit_ -= static_cast<double>(figures_.requests - before);
    co_return Result<void>{};
}

/// Pays one debt as far as the requests go.
Async<Result<CommitDetails::Progress>> CommitDetails::pay(std::string key, std::int64_t& requests) {
    if (debts_.at(key).push.commits.empty()) {
        // The head comes last: with it all is paid. After a restart events may be taken for new once more.
        auto const head = debts_.at(key).push.head;
        auto const paid = co_await known_with_stats(RepoName::parse(debts_.at(key).push.repo).value(), head);
        if (!paid) co_return fail(paid.error());
        if (*paid) {
            if (auto const settled = co_await settle(key); !settled) co_return fail(settled.error());
            co_return Progress::paid;
        }
        auto const listed = co_await list_commits(key, requests);
        if (!listed || *listed != Progress::more) co_return listed;
    }
    auto const commits = debts_.at(key).push.commits;
    auto const repo = RepoName::parse(debts_.at(key).push.repo);
    for (auto const& sha : commits) {
        auto const known = co_await known_with_stats(*repo, sha);
        if (!known) co_return fail(known.error());
        if (*known) continue;
        if (requests <= 0) co_return Progress::stop;
        auto const fetched = co_await fetch_commit(key, sha, requests);
        if (!fetched || *fetched == Progress::stop) co_return fetched;
        if (!debts_.contains(key)) co_return Progress::paid;
    }
    if (auto const settled = co_await settle(key); !settled) co_return fail(settled.error());
    co_return Progress::paid;
}

Async<Result<bool>> CommitDetails::known_with_stats(RepoName repo, std::string sha) {
    auto const known = co_await database_.commits().find_commit(std::move(repo), std::move(sha));
    if (known) co_return known->commit.stats.has_value();
    if (known.error().code == ErrorCode::not_found || known.error().code == ErrorCode::invalid_argument)
        co_return false;
    co_return fail(known.error().within("looking for a commit"));
}

/// Learns which commits the push brought, and stores them.
Async<Result<CommitDetails::Progress>> CommitDetails::list_commits(std::string key, std::int64_t& requests) {
    auto push = debts_.at(key).push;
    auto const repo = RepoName::parse(push.repo);
    bool const new_branch = push.before.empty() || all_zeros(push.before);
    std::vector<CommitRecord> records;
    bool whole = true;
    for (int page = 1; page <= (new_branch ? 1 : most_compare_pages); ++page) {
        if (requests <= 0) co_return Progress::stop;
        auto const suffix = new_branch
                                ? fmt::format("/commits?sha={}&per_page={}", push.head, new_branch_commits)
                                : fmt::format("/compare/{}...{}?per_page=100&page={}", push.before, push.head, page);
        auto answer = co_await github_.get(*repo, suffix);
        requests -= static_cast<std::int64_t>(answer.asked);
        figures_.requests += answer.asked;
        if (answer.status != github::PageStatus::fresh) co_return co_await refused(key, std::move(answer), true);
        auto comparison = github::parse_comparison(new_branch ? R"({"commits":)" + answer.body + "}" : answer.body);
        if (!comparison) {
            answer.status = github::PageStatus::unavailable;
            answer.message = comparison.error().message;
            co_return co_await refused(key, std::move(answer), true);
        }
        for (auto& commit : comparison->commits) {
            fill(commit, push);
            records.push_back({.commit = std::move(commit), .summary = {}, .files = {}});
        }
        // One commit on top of what was there: the difference is the commit's.
        if (!new_branch && comparison->total_commits == 1 && records.size() == 1 &&
            records[0].commit.parents == std::vector<std::string>{push.before} &&
            comparison->files.size() < whole_page_of_files) {
            records[0].commit.stats = sum_of(comparison->files);
            records[0].commit.files_changed = static_cast<std::int64_t>(comparison->files.size());
            records[0].files = std::move(comparison->files);
            complete(records[0]);
        }
        whole = !answer.next_page;
        if (whole || comparison->commits.empty()) break;
    }
    if (!whole && !new_branch)
        log_.info("push_with_many_commits", {{"repo", push.repo}, {"head", push.head}, {"taken", records.size()}});
    for (auto const& record : records) push.commits.push_back(record.commit.sha);
    if (auto const stored = co_await store(std::move(records)); !stored) co_return fail(stored.error());
    if (push.commits.empty()) { // a branch that was moved back: nothing new
        if (auto const settled = co_await settle(key); !settled) co_return fail(settled.error());
        co_return Progress::paid;
    }
    auto& debt = debts_.at(key);
    debt.push = std::move(push);
    if (auto const written = co_await write(key, debt); !written) co_return fail(written.error());
    co_return Progress::more;
}

Async<Result<CommitDetails::Progress>> CommitDetails::fetch_commit(std::string key, std::string sha,
                                                                   std::int64_t& requests) {
    auto const push = debts_.at(key).push;
    auto const repo = RepoName::parse(push.repo);
    std::optional<CommitRecord> whole;
    for (int page = 1; page <= most_file_pages; ++page) {
        auto answer =
            co_await github_.get(*repo, page == 1 ? "/commits/" + sha : fmt::format("/commits/{}?page={}", sha, page));
        requests -= static_cast<std::int64_t>(answer.asked);
        figures_.requests += answer.asked;
        if (answer.status != github::PageStatus::fresh) co_return co_await refused(key, std::move(answer), false);
        auto record = github::parse_commit(answer.body);
        if (!record) {
            answer.status = github::PageStatus::unavailable;
            answer.message = record.error().message;
            co_return co_await refused(key, std::move(answer), false);
        }
        bool const last = !answer.next_page || record->files->empty();
        if (!whole)
            whole = std::move(*record);
        else
            std::ranges::move(*record->files, std::back_inserter(*whole->files));
        if (last) break;
    }
    fill(whole->commit, push);
    whole->commit.files_changed = static_cast<std::int64_t>(whole->files->size());
    complete(*whole);
    std::vector<CommitRecord> records;
    records.push_back(std::move(*whole));
    if (auto const stored = co_await store(std::move(records)); !stored) co_return fail(stored.error());
    co_return Progress::more;
}

/// What a refusal means: the end of the debt (or of one commit of it), or another try later.
Async<Result<CommitDetails::Progress>> CommitDetails::refused(std::string key, github::ApiAnswer answer,
                                                              bool whole_debt) {
    auto const now = clock_.now();
    if (ends_the_debt(answer)) {
        ++figures_.given_up;
        log_.info("commit_details_given_up", {{"push", key.substr(prefix.size())}, {"reason", answer.message}});
        if (!whole_debt) co_return Progress::more;
        if (auto const settled = co_await settle(key); !settled) co_return fail(settled.error());
        co_return Progress::paid;
    }
    auto& debt = debts_.at(key);
    if (answer.status == github::PageStatus::rate_limited) {
        quiet_until_ = answer.retry_at.value_or(now + minutes(1));
        co_return Progress::stop;
    }
    auto const doublings = std::clamp<std::int64_t>(debt.failures++, 0, 12);
    debt.not_before =
        std::max(now + std::min(options_.longest_retry, options_.first_retry * (std::int64_t{1} << doublings)),
                 answer.retry_at.value_or(now));
    if (now - debt.push.pushed_at > options_.give_up_after && debt.failures > 8) {
        ++figures_.given_up;
        log_.warn("commit_details_given_up", {{"push", key.substr(prefix.size())}, {"reason", answer.message}});
        if (auto const settled = co_await settle(key); !settled) co_return fail(settled.error());
        co_return Progress::paid;
    }
    log_.debug("commit_details_failed", {{"push", key.substr(prefix.size())}, {"reason", answer.message}});
    co_return Progress::stop; // when GitHub itself fails, others would fail as well
}

} // namespace gem
