// What pushes owe: their commits, with stats, files and summaries. Debts are kept in the store until they are paid.
//
// Keys: owed#REPO#TIME#HEAD  {"pushes":[{"repo","repo_id","ref","before","head","pushed_at","commits"}]}: a note of the
// pushes of one repository that one poll brought, under the first of them; `commits`: shas whose stats are owed once
// GitHub has listed them, else empty. (Notes of one push without the list around it are read as well.)
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "collector/poll_plan.hpp"
#include "github/client.hpp"
#include "storage/database_service.hpp"

namespace gem {

/// A push whose commits are not all known yet.
struct OwedPush {
    std::string repo;
    std::optional<std::int64_t> repo_id{};
    std::string ref{};
    std::string before{}; ///< zeros for a new branch
    std::string head{};
    UtcTime pushed_at{};
    std::vector<std::string> commits{}; ///< shas that GitHub has listed already
};
BOOST_DESCRIBE_STRUCT(OwedPush, (), (repo, repo_id, ref, before, head, pushed_at, commits))

/// A document of the state.
struct OwedNote {
    std::vector<OwedPush> pushes;
};
BOOST_DESCRIBE_STRUCT(OwedNote, (), (pushes))

/// `corrupt` if it is no note, or a push in it names no repository or no commit.
Result<OwedNote> parse_owed_note(JsonText const& text);

/// What was done since the start.
struct CommitDetailsFigures {
    std::size_t owed = 0; ///< pushes, now
    std::uint64_t requests = 0;
    std::uint64_t commits = 0;  ///< stored with their stats
    std::uint64_t given_up = 0; ///< pushes or commits that GitHub no longer has
};

/// For one event loop, and one work() or load() at a time; owe() may be called while they are under way.
class CommitDetails {
  public:
    struct Options {
        bool on = true;
        std::int64_t max_per_hour = 1000; ///< requests
        seconds first_retry = minutes(1);
        seconds longest_retry = hours(1);
        seconds give_up_after = days(7); ///< a debt that cannot be paid for so long
        std::size_t most_owed = 20'000;  ///< the oldest go first when there are more
        /// Whether the debts of a repository (by RepoName::key()) are ours to pay, and not another collector's; empty:
        /// all of them.
        std::function<bool(std::string_view repo)> is_ours{};
    };
    CommitDetails(DatabaseService& database, github::GitHubClient& github, Clock const& clock, Log& log,
                  Options options);

    /// Notes what these events owe (those that are no push owe nothing). To be called before they are stored: a debt of
    /// an event that is stored later is harmless, the reverse would lose commits. Stores what payloads tell at once.
    Async<Result<void>> owe(std::vector<Event> events);

    /// Reads what is owed, if that was not done; `anew`: in any case, since others may have noted and paid debts.
    Async<Result<void>> load(bool anew = false);

    /// Pays debts, the latest pushes first, with at most `requests`. Stops early when there are none or GitHub wants
    /// peace. Fails only if the store does.
    Async<Result<void>> work(std::int64_t requests);

    /// How many requests may be made now: within `max_per_hour`, and so that polls keep `kept_for_polls`.
    std::int64_t allowance(std::int64_t usable, std::int64_t kept_for_polls);

    /// Whether work() would find something to do now.
    [[nodiscard]] bool due() const;
    [[nodiscard]] CommitDetailsFigures figures() const;
    [[nodiscard]] bool on() const { return options_.on; }

  private:
    struct Debt {
        OwedPush push;
        std::string note; ///< its key
        std::int64_t failures = 0;
        UtcTime not_before{};
    };
    struct Note {
        std::int64_t version = 0;
        bool changed = false;        ///< is not in the store as it is here: a crash means work done again
        std::set<std::string> debts; ///< keys of those that are not paid
    };
    /// What became of one request or one debt.
    enum class Progress { paid, more, stop };

    [[nodiscard]] bool is_payable(Debt const& debt, UtcTime now) const;

    Async<Result<void>> note(std::vector<OwedPush> pushes);
    Async<Result<void>> write_changed_notes();
    Async<Result<void>> settle(std::string key);
    void take(std::string const& key, Note note, std::vector<OwedPush> pushes);
    Async<Result<void>> pay_all(std::int64_t requests);
    Async<Result<bool>> is_still_owed(std::string key);
    Async<Result<Progress>> pay(std::string key, std::int64_t& requests);
    Async<Result<Progress>> list_commits(std::string key, std::int64_t& requests);
    Async<Result<Progress>> fetch_commit(std::string key, std::string sha, std::int64_t& requests);
    Async<Result<Progress>> refused(std::string key, github::ApiAnswer answer, bool whole_debt);
    Async<Result<bool>> known_with_stats(RepoName repo, std::string sha);
    void fill(Commit& commit, OwedPush const& push) const;
    Async<Result<void>> store(std::vector<CommitRecord> records);

    DatabaseService& database_;
    github::GitHubClient& github_;
    Clock const& clock_;
    Log& log_;
    Options options_;
    std::map<std::string, Debt> debts_; // by debt_key()
    std::map<std::string, Note> notes_; // by key in the store
    bool loaded_ = false;
    std::string in_payment_; // this one is not given up meanwhile
    UtcTime quiet_until_{};  // GitHub wants peace
    double credit_ = 0;      // requests
    std::optional<UtcTime> credited_;
    CommitDetailsFigures figures_;
};

} // namespace gem
