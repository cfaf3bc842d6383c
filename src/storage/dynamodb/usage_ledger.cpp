#include "storage/dynamodb/usage_ledger.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "storage/dynamodb/key_names.hpp"
#include "storage/usage.hpp"

namespace gem::dynamodb {

namespace {

constexpr minutes saved_every{5};
constexpr std::string_view table_name = "event_patterns";

/// `key`: as usage_key() makes it.
Item item_key(std::string const& key) {
    return {{std::string(hash_name), AttributeValue::string(key)},
            {std::string(range_name), AttributeValue::string("units")}};
}

/// `events||Query|r`: table, index, operation, and read units, write units or requests.
std::string attribute_of(CapacityKey const& key, char what) {
    return fmt::format("{}|{}|{}|{}", key.table, key.index, key.operation, what);
}

/// Adds the attribute to what it is about; leaves out what is none.
void read_attribute(CapacitySnapshot& into, std::string_view name, AttributeValue const& value) {
    auto const* const number = std::get_if<Number>(&value.value);
    if (number == nullptr) return;
    std::array<std::string, 4> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto const bar = i + 1 < parts.size() ? name.find('|') : name.size();
        if (bar == std::string_view::npos) return;
        parts[i] = name.substr(0, bar);
        name.remove_prefix(std::min(bar + 1, name.size()));
    }
    double amount = 0;
    std::from_chars(number->text.data(), number->text.data() + number->text.size(), amount);
    CapacityUse use;
    if (parts[3] == "r") use.read_units = amount;
    if (parts[3] == "w") use.write_units = amount;
    if (parts[3] == "n") use.requests = static_cast<std::int64_t>(amount);
    into[{.table = parts[0], .index = parts[1], .operation = parts[2]}] += use;
}

} // namespace

CapacitySnapshot UsageLedger::unsaved() const {
    auto use = meter_.snapshot();
    for (auto const& [key, before] : saved_) {
        use[key] +=
            {.read_units = -before.read_units, .write_units = -before.write_units, .requests = -before.requests};
    }
    return use;
}

bool UsageLedger::due() const {
    return !saving_ && clock_.now() - saved_at_ >= saved_every && total(unsaved()).requests > 1; // its own save is one
}

Async<Outcome<void>> UsageLedger::save() {
    if (saving_) co_return Outcome<void>();
    struct Saving { // ends with an exception, too
        bool& flag;
        explicit Saving(bool& under_way) : flag(under_way) { flag = true; }
        ~Saving() { flag = false; }
        Saving(Saving const&) = delete;
        Saving& operator=(Saving const&) = delete;
    } const saving(saving_);
    saved_at_ = clock_.now();
    auto const until = meter_.snapshot();
    UpdateItem add{.table = std::string(table_name), .key = item_key(usage_key(clock_.now())), .update = "ADD "};
    auto const put = [&](CapacityKey const& key, char what, double amount) {
        if (amount <= 0) return;
        auto const number = add.expression.names.size();
        if (number > 0) add.update += ", ";
        add.update += fmt::format("#{0} :{0}", number);
        add.expression.names.emplace(fmt::format("#{}", number), attribute_of(key, what));
        add.expression.values.emplace(fmt::format(":{}", number),
                                      AttributeValue{Number{fmt::format("{:.1f}", amount)}});
    };
    for (auto const& [key, use] : unsaved()) {
        put(key, 'r', use.read_units);
        put(key, 'w', use.write_units);
        put(key, 'n', static_cast<double>(use.requests));
    }
    if (add.expression.names.empty()) co_return Outcome<void>();
    auto const updated = co_await client_.update(std::move(add));
    if (!updated) co_return std::unexpected(updated.error());
    saved_ = until;
    co_return Outcome<void>();
}

Async<Outcome<CapacitySnapshot>> UsageLedger::month(std::string key) {
    auto const item = co_await client_.get({.table = std::string(table_name), .key = item_key(key)});
    if (!item) co_return std::unexpected(item.error());
    CapacitySnapshot use;
    if (*item) {
        for (auto const& [attribute, value] : **item) read_attribute(use, attribute, value);
    }
    if (key == usage_key(clock_.now())) {
        for (auto const& [about, rest] : unsaved()) use[about] += rest;
    }
    co_return use;
}

JsonText UsageLedger::as_json(CapacitySnapshot const& use) {
    Usage answer;
    for (auto const& [key, amount] : use) {
        answer.rows.push_back({.table = key.table,
                               .index = key.index,
                               .operation = key.operation,
                               .read_units = amount.read_units,
                               .write_units = amount.write_units,
                               .requests = amount.requests});
    }
    return JsonText::already_validated(json::to_string(answer));
}

} // namespace gem::dynamodb
