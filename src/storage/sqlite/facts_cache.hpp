// Facts of the events of busy repositories, as they were read: one reading of thousands of rows answers many questions.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/database_interface.hpp"
#include "storage/sqlite/handle.hpp"
#include "storage/sqlite/registry.hpp"

namespace gem::sqlite {

/// All events of some types of one repository key in a stretch of time, oldest first.
struct FactsStretch {
    TimeWindow window;
    std::shared_ptr<std::vector<EventFactsRow> const> rows;
};

/// Thread-safe; bounded by the bytes of what it keeps, the least recently used goes first. What was kept under another
/// generation of the store is not given out: any write may have changed it.
class FactsCache {
  public:
    explicit FactsCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    std::optional<FactsStretch> find(std::string const& key, std::uint64_t generation);
    /// In place of what was kept under the key.
    void keep(std::string const& key, std::uint64_t generation, FactsStretch stretch);

  private:
    struct Kept {
        std::string key;
        std::uint64_t generation = 0;
        FactsStretch stretch;
        std::size_t bytes = 0;
    };
    void remove(std::list<Kept>::iterator place);

    std::mutex mutex_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::list<Kept> kept_; ///< most recently used first
    std::map<std::string, std::list<Kept>::iterator, std::less<>> places_;
};

/// As the contract's event_facts(). `generation` is the store's, asked for before the transaction began.
EventFactsList find_event_facts(Handle& handle, FactsCache& cache, std::uint64_t generation, RepoName const& repo,
                                TimeWindow const& window, std::vector<std::string> const& types);

} // namespace gem::sqlite
