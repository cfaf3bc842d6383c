#include "mcp/tools/shorten.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace gem::mcp {

namespace {

constexpr std::size_t longest_cursor = 4096;
constexpr std::size_t most_lists = 64;

/// A member's name as a part of a JSON pointer; `|` and `=`, which the cursor needs, are kept out too.
std::string pointer_part(std::string_view name) {
    std::string part = "/";
    for (char const c : name) {
        if (c == '~')
            part += "~0";
        else if (c == '/')
            part += "~1";
        else if (c == '|')
            part += "~2";
        else if (c == '=')
            part += "~3";
        else
            part += c;
    }
    return part;
}

void collect(Object& object, std::string const& path, std::vector<ListPlace>& places) {
    for (auto& member : object) {
        auto const here = path + pointer_part(std::string_view(member.key()));
        if (auto* const items = member.value().if_array())
            places.push_back({.path = here, .items = items});
        else if (auto* const inner = member.value().if_object())
            collect(*inner, here, places);
    }
}

/// A list with the sizes of its items.
struct Measured {
    ListPlace place;
    std::vector<std::size_t> sizes{};
    std::size_t bytes = 0;
    std::size_t kept = 0;
};

} // namespace

std::string ListCursor::text() const {
    std::string out = until;
    for (auto const& [path, count] : seen) out += "|" + path + "=" + std::to_string(count);
    return out;
}

std::optional<ListCursor> ListCursor::parse(std::string_view text) {
    if (text.size() > longest_cursor) return std::nullopt;
    ListCursor cursor;
    auto bar = text.find('|');
    if (bar == std::string_view::npos) return std::nullopt;
    cursor.until = text.substr(0, bar);
    while (bar != std::string_view::npos) {
        text.remove_prefix(bar + 1);
        bar = text.find('|');
        auto const part = text.substr(0, bar);
        auto const equals = part.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        auto const digits = part.substr(equals + 1);
        std::size_t count = 0;
        auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
        if (error != std::errc() || end != digits.data() + digits.size() || cursor.seen.size() == most_lists)
            return std::nullopt;
        cursor.seen.emplace(part.substr(0, equals), count);
    }
    return cursor;
}

std::vector<ListPlace> find_lists(Object& answer) {
    std::vector<ListPlace> places;
    collect(answer, "", places);
    return places;
}

bool skip_seen(Object& answer, ListCursor const& cursor) {
    auto const places = find_lists(answer);
    for (auto const& [path, count] : cursor.seen) {
        auto const found = std::ranges::find(places, path, &ListPlace::path);
        if (found == places.end()) return false;
        auto& items = *found->items;
        items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(std::min(count, items.size())));
    }
    return true;
}

bool keep_fields(Object& answer, std::vector<std::string> const& fields) {
    bool any_item = false;
    bool any_field = false;
    for (auto const& place : find_lists(answer)) {
        for (auto& item : *place.items) {
            auto const* const object = item.if_object();
            if (object == nullptr) continue;
            any_item = true;
            Object kept;
            for (auto const& member : *object) {
                if (std::ranges::find(fields, std::string_view(member.key())) != fields.end())
                    kept.emplace(member.key(), member.value());
            }
            any_field = any_field || !kept.empty();
            item = std::move(kept);
        }
    }
    return any_field || !any_item;
}

std::vector<std::string> item_fields(Object& answer) {
    std::set<std::string> names;
    for (auto const& place : find_lists(answer)) {
        for (auto const& item : *place.items) {
            if (auto const* const object = item.if_object()) {
                for (auto const& member : *object) names.emplace(std::string_view(member.key()));
            }
        }
    }
    return {names.begin(), names.end()};
}

Fit fit(Object& answer, std::size_t max_bytes, ListCursor& cursor) {
    auto size = json_size(Value(answer));
    if (size <= max_bytes) return Fit::whole;
    std::vector<Measured> lists;
    std::size_t reserve = sizeof R"(,"truncated":true,"cursor":"")" + cursor.until.size();
    for (auto& place : find_lists(answer)) {
        Measured list{.place = place};
        for (auto const& item : *place.items) {
            list.sizes.push_back(json_size(item) + 1);
            list.bytes += list.sizes.back();
        }
        list.kept = list.sizes.size();
        if (list.kept > 0) lists.push_back(std::move(list));
    }
    for (auto const& [path, count] : cursor.seen) reserve += path.size() + 12;
    std::set<std::string> cut;
    while (size + reserve > max_bytes) {
        auto const longest = std::ranges::max_element(lists, {}, &Measured::bytes);
        if (longest == lists.end() || longest->kept == 0) return Fit::too_small;
        auto const& path = longest->place.path;
        if (cut.insert(path).second && !cursor.seen.contains(path)) reserve += path.size() + 12;
        auto const last = longest->sizes[--longest->kept];
        size -= last;
        longest->bytes -= last;
    }
    std::size_t shown = 0;
    for (auto const& list : lists) {
        if (!cut.contains(list.place.path)) continue;
        list.place.items->erase(list.place.items->begin() + static_cast<std::ptrdiff_t>(list.kept),
                                list.place.items->end());
        cursor.seen[list.place.path] += list.kept;
        shown += list.kept;
    }
    if (shown == 0) return Fit::too_small;
    answer["truncated"] = true;
    answer["cursor"] = cursor.text();
    return Fit::shortened;
}

} // namespace gem::mcp
