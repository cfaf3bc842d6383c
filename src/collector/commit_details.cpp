#include "collector/commit_details.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/json.hpp"
#include "domain/commit_summary.hpp"
#include "github/commit_parser.hpp"
#include "storage/stored_json.hpp"

namespace gem {

namespace {

constexpr std::string_view prefix = "owed#";
constexpr int most_compare_pages = 3; ///< of 100 commits
constexpr int most_file_pages = 10;   ///< of 300 files: GitHub shows 3,000
constexpr std::size_t new_branch_commits = 20;
constexpr std::size_t whole_page_of_files = 300;
/// About what DynamoDB writes for one unit.
constexpr std::size_t most_in_a_note = 10;
constexpr int most_note_attempts = 3;

bool all_zeros(std::string_view sha) { return !sha.empty() && sha.find_first_not_of('0') == std::string_view::npos; }

bool is_hex(std::string_view sha) {
    return sha.size() >= 40 && sha.size() <= 64 &&
           sha.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// GitHub no longer has it, or never had: 404, 410, 451, an empty repository (409), no such commit (422).
bool ends_the_debt(github::ApiAnswer const& answer) {
    return answer.status == github::PageStatus::gone || answer.http_status == 409 || answer.http_status == 422;
}

/// REPO#TIME#HEAD.
std::string debt_key(OwedPush const& push) {
    return fmt::format("{}#{}#{}", ascii_lower(push.repo), format_time(push.pushed_at), push.head.substr(0, 12));
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

JsonText to_json(OwedNote const& note) { return JsonText::already_validated(json::to_string(note)); }

} // namespace

Result<OwedNote> parse_owed_note(JsonText const& text) {
    constexpr std::string_view what = "what pushes owe";
    auto note = from_stored<OwedNote>(text, what);
    if (!note) return note;
    if (note->pushes.empty()) { // an earlier form: one push without the list around it
        auto push = from_stored<OwedPush>(text, what);
        if (!push) return fail(std::move(push.error()));
        note->pushes.push_back(std::move(*push));
    }
    bool const whole = std::ranges::all_of(
        note->pushes, [](OwedPush const& push) { return RepoName::valid(push.repo) && !push.head.empty(); });
    if (!whole) return fail(ErrorCode::corrupt, "what a push owes names no repository or no commit");
    return note;
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

/// From now on what the store has under `key`; of a debt that is known already the failures stay.
void CommitDetails::take(std::string const& key, Note note, std::vector<OwedPush> pushes) {
    std::map<std::string, Debt> debts;
    for (auto& push : pushes) {
        auto const debt = debt_key(push);
        auto const known = debts_.find(debt);
        debts[debt] = known == debts_.end() ? Debt{} : known->second;
        debts[debt].push = std::move(push);
        debts[debt].note = key;
        note.debts.insert(debt);
    }
    for (auto const& debt : notes_[key].debts) debts_.erase(debt);
    for (auto& [debt, content] : debts) {
        auto const known = debts_.find(debt);
        if (known != debts_.end()) { // two notes had it
            auto& other = notes_[known->second.note];
            other.debts.erase(debt);
            other.changed = true;
        }
        debts_.insert_or_assign(debt, std::move(content));
    }
    notes_[key] = std::move(note);
}

/// One document of the state for all of them: they are of one repository, and come and go together.
Async<Result<void>> CommitDetails::note(std::vector<OwedPush> pushes) {
    auto const key = std::string(prefix) + debt_key(pushes.front());
    Note mine;
    for (int attempt = 0; attempt < most_note_attempts; ++attempt) {
        auto const written = co_await database_.metrics().put_state(
            {.key = key, .value = to_json({.pushes = pushes}), .version = mine.version});
        if (written) {
            mine.version = *written;
            take(key, std::move(mine), std::move(pushes));
            co_return Result<void>{};
        }
        if (written.error().code != ErrorCode::conflict) co_return fail(written.error());
        // A note that begins with the same push: of another process, or of ours before it was paid.
        auto const present = co_await database_.metrics().get_state(key);
        if (!present) co_return fail(present.error());
        mine.version = *present ? (*present)->version : 0;
        auto const theirs = *present ? parse_owed_note((*present)->value) : Result<OwedNote>();
        if (!theirs) continue;
        for (auto const& push : theirs->pushes) {
            if (std::ranges::find(pushes, debt_key(push), debt_key) == pushes.end()) pushes.push_back(push);
        }
    }
    co_return fail(ErrorCode::conflict, "another process writes the same note all the time");
}

/// What was learned and paid since. When another process has written the note, its word counts: ours is work done
/// again.
Async<Result<void>> CommitDetails::write_changed_notes() {
    std::vector<std::string> changed;
    for (auto const& [key, note] : notes_) {
        if (note.changed) changed.push_back(key);
    }
    for (auto const& key : changed) {
        auto const note = notes_.find(key);
        if (note == notes_.end()) continue;
        note->second.changed = false;
        if (note->second.debts.empty()) {
            notes_.erase(note);
            auto const removed = co_await database_.metrics().remove_state(key);
            if (!removed) co_return fail(removed.error());
            continue;
        }
        OwedNote document;
        for (auto const& debt : note->second.debts) document.pushes.push_back(debts_.at(debt).push);
        auto const written = co_await database_.metrics().put_state(
            {.key = key, .value = to_json(document), .version = note->second.version});
        if (!written && written.error().code == ErrorCode::conflict) continue;
        if (!written) co_return fail(written.error().within("noting what pushes still owe"));
        if (auto const present = notes_.find(key); present != notes_.end()) present->second.version = *written;
    }
    co_return Result<void>{};
}

Async<Result<void>> CommitDetails::settle(std::string key) {
    auto const debt = debts_.extract(key);
    if (debt.empty()) co_return Result<void>{};
    auto const note = notes_.find(debt.mapped().note);
    note->second.debts.erase(key);
    note->second.changed = true;
    if (!note->second.debts.empty()) co_return Result<void>{};
    auto const noted = note->first;
    notes_.erase(note);
    co_return co_await database_.metrics().remove_state(noted);
}

Async<Result<void>> CommitDetails::owe(std::vector<Event> events) {
    std::map<std::string, std::vector<OwedPush>> fresh; // by repository
    std::set<std::string> seen;
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
        auto key = debt_key(push);
        if (!debts_.contains(key) && seen.insert(std::move(key)).second)
            fresh[ascii_lower(push.repo)].push_back(std::move(push));
    }
    for (auto& [repo, pushes] : fresh) {
        for (std::size_t from = 0; from < pushes.size(); from += most_in_a_note) {
            auto const end = std::min(from + most_in_a_note, pushes.size());
            std::vector<OwedPush> some(pushes.begin() + static_cast<std::ptrdiff_t>(from),
                                       pushes.begin() + static_cast<std::ptrdiff_t>(end));
            if (auto const noted = co_await note(std::move(some)); !noted)
                co_return fail(noted.error().within("noting what pushes owe"));
        }
    }
    if (debts_.size() <= options_.most_owed) co_return Result<void>{};
    while (debts_.size() > options_.most_owed) {
        auto const oldest = std::ranges::min_element(debts_, {}, [this](auto const& entry) {
            return std::pair(entry.first == in_payment_, entry.second.push.pushed_at);
        });
        ++figures_.given_up;
        log_.warn("commit_details_given_up", {{"repo", oldest->second.push.repo}, {"reason", "too many are owed"}});
        if (auto const removed = co_await settle(oldest->first); !removed) co_return fail(removed.error());
    }
    co_return co_await write_changed_notes();
}

Async<Result<void>> CommitDetails::load(bool anew) {
    if (loaded_ && !anew) co_return Result<void>{};
    std::set<std::string> paid; // those that are noted from here on are none of these
    for (auto const& [key, note] : notes_) paid.insert(key);
    auto const entries = co_await database_.metrics().list_state(std::string(prefix));
    if (!entries) co_return fail(entries.error().within("reading what pushes owe"));
    for (auto const& entry : *entries) {
        paid.erase(entry.key);
        auto const known = notes_.find(entry.key);
        if (known != notes_.end() && known->second.version == entry.version) continue;
        auto note = parse_owed_note(entry.value);
        if (note)
            take(entry.key, {.version = entry.version, .debts = {}}, std::move(note->pushes));
        else
            log_.warn("owed_push_unreadable", {{"key", entry.key}, {"reason", note.error().message}});
    }
    for (auto const& key : paid) {
        auto const gone = notes_.extract(key);
        if (gone.empty()) continue; // paid by us meanwhile
        for (auto const& debt : gone.mapped().debts) debts_.erase(debt);
    }
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
    auto paid = co_await pay_all(requests);
    credit_ -= static_cast<double>(figures_.requests - before);
    auto const written = co_await write_changed_notes();
    if (paid && !written) co_return fail(written.error());
    co_return paid;
}

Async<Result<void>> CommitDetails::pay_all(std::int64_t requests) {
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
    co_return Result<void>{};
}

/// False, and the debt is settled, when its note is gone: somebody else has paid it or forgotten the repository.
Async<Result<bool>> CommitDetails::is_still_owed(std::string key) {
    auto const noted = co_await database_.metrics().get_state(debts_.at(key).note);
    if (!noted) co_return fail(noted.error().within("reading what a push owes"));
    if (*noted) co_return true;
    if (auto const settled = co_await settle(key); !settled) co_return fail(settled.error());
    co_return false;
}

/// Pays one debt as far as the requests go.
Async<Result<CommitDetails::Progress>> CommitDetails::pay(std::string key, std::int64_t& requests) {
    auto const owed = co_await is_still_owed(key);
    if (!owed) co_return fail(owed.error());
    if (!*owed) co_return Progress::paid;
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
    auto const owed = co_await is_still_owed(key);
    if (!owed) co_return fail(owed.error());
    if (!*owed) co_return Progress::paid;
    for (auto const& record : records) push.commits.push_back(record.commit.sha);
    if (auto const stored = co_await store(std::move(records)); !stored) co_return fail(stored.error());
    if (push.commits.empty()) { // a branch that was moved back: nothing new
        if (auto const settled = co_await settle(key); !settled) co_return fail(settled.error());
        co_return Progress::paid;
    }
    auto& debt = debts_.at(key);
    debt.push = std::move(push);
    notes_.at(debt.note).changed = true;
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
    auto const owed = co_await is_still_owed(key);
    if (!owed) co_return fail(owed.error());
    if (!*owed) co_return Progress::paid;
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
        log_.info("commit_details_given_up", {{"push", key}, {"reason", answer.message}});
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
        log_.warn("commit_details_given_up", {{"push", key}, {"reason", answer.message}});
        if (auto const settled = co_await settle(key); !settled) co_return fail(settled.error());
        co_return Progress::paid;
    }
    log_.debug("commit_details_failed", {{"push", key}, {"reason", answer.message}});
    co_return Progress::stop; // when GitHub itself fails, others would fail as well
}

} // namespace gem
