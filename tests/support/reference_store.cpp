#include "support/reference_store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gem::test {

ReferenceNames::ReferenceNames(std::map<EventKey, StoredEvent> const& events) {
    for (auto const& [identity, stored] : events) {
        if (stored.lower_name.empty()) continue;
        auto const& key = std::get<3>(identity);
        auto const time = stored.event.created_at;
        auto const [span, is_new] = spans_[key].try_emplace(stored.lower_name, Span{.first = time, .last = time});
        if (!is_new) span->second.last = time;
        present_[key] = stored.lower_name;
        spelling_[stored.lower_name] = stored.event.repo_name;
    }
}

bool ReferenceNames::about(std::string const& lower, std::string const& key, UtcTime time) const {
    if (present(key) == lower) return true;
    auto const spans = spans_.find(key);
    if (spans == spans_.end()) return false;
    auto const span = spans->second.find(lower);
    return span != spans->second.end() && span->second.first <= time && time <= span->second.last;
}

std::string ReferenceNames::present(std::string const& key) const {
    auto const found = present_.find(key);
    return found == present_.end() ? std::string() : found->second;
}

std::optional<std::string> ReferenceNames::spelling(std::string const& lower) const {
    auto const found = spelling_.find(lower);
    if (found == spelling_.end()) return std::nullopt;
    return found->second;
}

std::set<std::string> ReferenceNames::all_present() const {
    std::set<std::string> names;
    for (auto const& [key, name] : present_) names.insert(name);
    return names;
}

std::string sortable(UtcTime time) { return fmt::format("{:020}", to_unix(time)); }

namespace {

std::string hash_of(std::string_view question) { return fmt::format("{:x}", std::hash<std::string_view>()(question)); }

} // namespace

std::string make_cursor(std::string_view question, std::vector<std::string> const& key) {
    std::string cursor;
    for (unsigned char const c : hash_of(question) + "\n" + fmt::format("{}", fmt::join(key, "\n")))
        cursor += fmt::format("{:02x}", c);
    return cursor;
}

Result<std::vector<std::string>> read_cursor(std::string_view question, std::string_view cursor) {
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i + 1 < cursor.size(); i += 2) {
        int value = 0;
        auto const* const first = cursor.data() + i;
        if (std::from_chars(first, first + 2, value, 16).ptr != first + 2) break;
        if (value == '\n')
            parts.emplace_back();
        else
            parts.back() += static_cast<char>(value);
    }
    if (parts.size() < 2 || parts.front() != hash_of(question))
        return fail(ErrorCode::invalid_argument, "expected the next_cursor of a page of this very question");
    parts.erase(parts.begin());
    return parts;
}

} // namespace gem::test
