#include "storage/dynamodb/attribute_value.hpp"

#include <charconv>

namespace gem::dynamodb {

namespace {

template <class T>
T const* find(Item const& item, std::string_view name) {
    auto const found = item.find(name);
    return found == item.end() ? nullptr : std::get_if<T>(&found->second.value);
}

/// By "Item sizes and formats" of the developer guide.
struct Sizer {
    std::size_t operator()(Null) const { return 1; }
    std::size_t operator()(bool) const { return 1; }
    std::size_t operator()(std::string const& text) const { return text.size(); }
    std::size_t operator()(Number const& number) const {
        bool const negative = number.text.starts_with('-');
        return (number.text.size() + 1) / 2 + 1 + (negative ? 1 : 0);
    }
    std::size_t operator()(Binary const& binary) const { return binary.bytes.size(); }
    std::size_t operator()(StringSet const& set) const {
        std::size_t sum = 0;
        for (auto const& text : set.values) sum += text.size();
        return sum;
    }
    std::size_t operator()(List const& list) const {
        std::size_t sum = 3;
        for (auto const& member : list) sum += 1 + std::visit(*this, member.value);
        return sum;
    }
    std::size_t operator()(Item const& members) const { return 3 + members.size() + size_of(members); }
};

} // namespace

std::size_t size_of(Item const& item) {
    std::size_t sum = 0;
    for (auto const& [name, value] : item) sum += name.size() + std::visit(Sizer{}, value.value);
    return sum;
}

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
