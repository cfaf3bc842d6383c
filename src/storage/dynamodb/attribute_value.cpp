#include "storage/dynamodb/attribute_value.hpp"

#include <charconv>

namespace gem::dynamodb {

namespace {

template <class T>
T const* find(Item const& item, std::string_view name) {
    auto const found = item.find(name);
    return found == item.end() ? nullptr : std::get_if<T>(&found->second.value);
}

} // namespace

std::string const* find_string(Item const& item, std::string_view name) { return find<std::string>(item, name); }

std::string const* find_binary(Item const& item, std::string_view name) {
    auto const* const binary = find<Binary>(item, name);
    return binary == nullptr ? nullptr : &binary->bytes;
}

Item const* find_map(Item const& item, std::string_view name) { return find<Item>(item, name); }

std::int64_t integer_or(Item const& item, std::string_view name, std::int64_t fallback) {
    auto const* const number = find<Number>(item, name);
    if (number == nullptr) return fallback;
    std::int64_t value = 0;
    auto const* const end = number->text.data() + number->text.size();
    auto const [stop, error] = std::from_chars(number->text.data(), end, value);
    return error == std::errc() && stop == end ? value : fallback;
}

} // namespace gem::dynamodb
