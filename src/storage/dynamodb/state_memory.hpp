// Lists of the state that this process has read in the last minute, for questions whose answers may be that old.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/database_interface.hpp"

namespace gem::dynamodb {

/// What this process writes is noticed at once, what others write after the lag. Thread-safe.
class StateMemory {
  public:
    /// Of `prefix`, out of its own list or that of a shorter prefix; nothing if none was read within `lag`.
    std::optional<std::vector<StateEntry>> find(std::string const& prefix, UtcTime now, seconds lag);
    /// To be taken before a list is read, and given to keep(): a list that was read while something was written is not
    /// kept.
    [[nodiscard]] std::uint64_t ticket();
    void keep(std::string const& prefix, std::vector<StateEntry> const& entries, UtcTime now, std::uint64_t ticket);
    /// After a write, whether it succeeded or not.
    void wrote(std::string const& key, UtcTime now);
    /// Whether this process has written something of the list so lately that an eventually consistent reading may not
    /// show it.
    bool just_written(std::string const& prefix, UtcTime now);

  private:
    struct List {
        std::vector<StateEntry> entries;
        UtcTime read_at{};
    };
    std::mutex mutex_;
    std::map<std::string, List> lists_; ///< by prefix
    std::size_t entries_ = 0;           ///< in all of them
    std::map<std::string, UtcTime> written_;
    std::uint64_t writes_ = 0;
};

} // namespace gem::dynamodb
