#include "storage/dynamodb/state_memory.hpp"

namespace gem::dynamodb {

namespace {

constexpr std::size_t most_entries = 20'000;
constexpr std::size_t most_lists = 20'000;
/// Far longer than copies of DynamoDB differ.
constexpr seconds copies_differ{30};

} // namespace

std::optional<std::vector<StateEntry>> StateMemory::find(std::string const& prefix, UtcTime now, seconds lag) {
    std::scoped_lock const lock(mutex_);
    for (std::size_t length = 0; length <= prefix.size(); ++length) {
        auto const list = lists_.find(prefix.substr(0, length));
        if (list == lists_.end() || now < list->second.read_at || now - list->second.read_at >= lag) continue;
        std::vector<StateEntry> found;
        for (auto const& entry : list->second.entries) {
            if (entry.key.starts_with(prefix)) found.push_back(entry);
        }
        return found;
    }
    return std::nullopt;
}

std::uint64_t StateMemory::ticket() {
    std::scoped_lock const lock(mutex_);
    return writes_;
}

void StateMemory::keep(std::string const& prefix, std::vector<StateEntry> const& entries, UtcTime now,
                       std::uint64_t ticket) {
    std::scoped_lock const lock(mutex_);
    if (ticket != writes_ || entries.size() > most_entries) return;
    if (entries_ + entries.size() > most_entries || lists_.size() >= most_lists) {
        lists_.clear();
        entries_ = 0;
    }
    auto& list = lists_[prefix];
    entries_ += entries.size() - list.entries.size();
    list = {.entries = entries, .read_at = now};
}

void StateMemory::wrote(std::string const& key, UtcTime now) {
    std::scoped_lock const lock(mutex_);
    ++writes_;
    for (std::size_t length = 0; length <= key.size(); ++length) {
        auto const list = lists_.find(key.substr(0, length));
        if (list == lists_.end()) continue;
        entries_ -= list->second.entries.size();
        lists_.erase(list);
    }
    std::erase_if(written_, [&](auto const& one) { return now - one.second > copies_differ || now < one.second; });
    written_[key] = now;
}

bool StateMemory::just_written(std::string const& prefix, UtcTime now) {
    std::scoped_lock const lock(mutex_);
    for (auto one = written_.lower_bound(prefix); one != written_.end() && one->first.starts_with(prefix); ++one) {
        if (now - one->second <= copies_differ) return true;
    }
    return false;
}

} // namespace gem::dynamodb
