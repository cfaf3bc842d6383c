// From names to what is stored: which repository keys a name means, and when; which names a key bears; kinds of events.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "domain/repo_name.hpp"
#include "domain/time_window.hpp"
#include "storage/sqlite/handle.hpp"

namespace gem::sqlite {

/// A repository key's part in the history of a name.
struct Slice {
    std::uint32_t repo = 0;
    std::string key;
    TimeWindow window; ///< on whole minutes; the whole of time for a key that bears the name now
};

struct ResolvedName {
    std::string name; ///< latest spelling; as asked for when nothing is known
    std::vector<Slice> slices;
    std::optional<UtcTime> first_seen;
    std::optional<UtcTime> last_seen;
};

/// The whole of time, as slices of present owners have it.
TimeWindow all_time();
TimeWindow intersection(TimeWindow const& a, TimeWindow const& b);

ResolvedName resolve(Handle& handle, RepoName const& name);

/// The repository key under which new rows about `name` are filed: the present bearer's, else `n:<lower-case name>`.
std::string key_to_file_under(Handle& handle, std::string const& name);
/// Every key that rows about `name` may be filed under, with the time in which they count.
std::vector<std::pair<std::string, TimeWindow>> keys_filed_under(Handle& handle, RepoName const& name);

struct PresentName {
    std::string name;
    std::int64_t last_seen = 0;
};
/// The name that a key bears now.
PresentName present_name(Handle& handle, std::uint32_t repo);

/// For each name that several keys bear now, those keys, ascending.
std::vector<std::vector<std::uint32_t>> shared_names(Handle& handle);

/// What the numbers of event_kinds mean. Thread-safe.
class Kinds {
  public:
    struct Kind {
        std::string type;
        std::string action;
        int source = 0;
    };
    /// Kinds are only ever added; an unknown number is looked up.
    std::shared_ptr<Kind const> of(Handle& handle, std::uint16_t id);
    void clear();

  private:
    std::mutex mutex_;
    std::map<std::uint16_t, std::shared_ptr<Kind const>> kinds_;
};

} // namespace gem::sqlite
