// The model of the storage contract: everything in plain maps, everything recounted at each question. Slow and
// obviously right, so that a provider can be compared with it.
//
// Where the contract leaves room, the model reads it so:
// - A key's present name is that of its latest event (in the order of events); of two in the same second, the
//   greater event tells.
// - busiest() counts every event under the present name of its key alone, so that nothing is counted twice; all other
//   questions by name, list_repositories() too, unite as "about a repository" says.
// - Totals::repositories is the number of repository keys. Keys without any name are in no list.
// - A person is known by id where there is one, else by login in lower case.
// - An event at the very horizon of retention is not expired.
// - Commits are about a repository by the present name of their key, or by the name they were stored under.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <tuple>

#include "base/clock.hpp"
#include "storage/database_interface.hpp"
#include "storage/natural_key.hpp"
#include "storage/recent_arrivals.hpp"

namespace gem::test {

/// (created_at, type, id, repository key): the identity, in the order of events.
using EventKey = std::tuple<UtcTime, std::string, std::string, std::string>;

struct StoredEvent {
    Event event;
    std::string lower_name; ///< of repo_name
    bool raw = true;        ///< false once retention took the raw form
};

/// Who bore which name when.
class ReferenceNames {
  public:
    explicit ReferenceNames(std::map<EventKey, StoredEvent> const& events);
    /// Whether what happened at `time` under `key` is about the repository `lower`.
    [[nodiscard]] bool about(std::string const& lower, std::string const& key, UtcTime time) const;
    /// Lower case; empty for a key without a name.
    [[nodiscard]] std::string present(std::string const& key) const;
    /// The latest spelling of a name in lower case; nothing if no event bore it.
    [[nodiscard]] std::optional<std::string> spelling(std::string const& lower) const;
    /// All names that some key bears now, in lower case.
    [[nodiscard]] std::set<std::string> all_present() const;

  private:
    /// Whole minutes.
    struct Span {
        std::chrono::sys_time<minutes> first{};
        std::chrono::sys_time<minutes> last{};
    };
    std::map<std::string, std::map<std::string, Span>> spans_; ///< by key, by lower name
    std::map<std::string, std::string> present_;               ///< by key
    std::map<std::string, std::string> spelling_;              ///< by lower name
};

/// An event that came, and which stored one stands for it.
struct Brought {
    Channel channel = Channel::feed;
    EventKey leader; ///< its own key where it was stored itself
};

struct BroughtUnder {
    std::map<EventKey, Brought> events;
    std::set<Channel> channels; ///< that brought any of these
};

/// All that is stored. Several managers may share one, as they would a file.
struct ReferenceStore {
    std::mutex mutex;
    bool created = false;
    std::map<EventKey, StoredEvent> events;
    std::map<std::string, BroughtUnder> brought;                            ///< by repository key and natural key
    std::set<std::tuple<std::string, std::string, std::string>> deliveries; ///< repository key, type, id
    RecentArrivals arrivals{"model"};
    std::map<std::pair<std::string, std::string>, CommitRecord> commits; ///< by (repository key, sha)
    using Key = std::tuple<std::string, std::string, std::string, std::string>;
    std::map<Key, HealthSnapshot> health;
    std::map<Key, DeveloperDay> developer_days;
    std::map<Key, SecurityMetric> security;
    std::map<Key, EventPattern> patterns;
    std::map<Key, DeploymentMetric> deployments;
    std::map<std::string, StateEntry> state;
    std::int64_t last_state_version = 0;
    std::uint64_t generation = 1;
};

/// What each of the model's classes works on: the store, and whether this manager is open.
struct ReferenceContext {
    std::shared_ptr<ReferenceStore> store;
    Clock const& clock;
    days retention{0};
    bool open = false;

    /// Runs `work` over the store after a turn of the caller's executor, as a real store would answer: later.
    template <class T, class Work>
    Async<Result<T>> run(Work work) {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        std::lock_guard const lock(store->mutex);
        if (!open) co_return fail(ErrorCode::unavailable, "the database is not open; call initialize() first");
        co_return work(*store);
    }

    /// Nothing where everything is kept.
    [[nodiscard]] std::optional<UtcTime> horizon() const {
        if (retention == days(0)) return std::nullopt;
        return clock.now() - retention;
    }
};

/// Sortable text of a time after 1970.
std::string sortable(UtcTime time);

/// A cursor made of the question and the last key of a page.
std::string make_cursor(std::string_view question, std::vector<std::string> const& key);
/// The key of `cursor`; invalid_argument if it was made for another question.
Result<std::vector<std::string>> read_cursor(std::string_view question, std::string_view cursor);

} // namespace gem::test
