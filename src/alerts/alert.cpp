#include "alerts/alert.hpp"

#include <random>

#include <fmt/format.h>

#include "domain/repo_name.hpp"
#include "storage/cursor.hpp"

namespace gem::alerts {

namespace {

std::uint64_t random_bits() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

} // namespace

std::string rule_key(std::string_view rule_id) { return std::string(rule_prefix) + std::string(rule_id); }

std::string standing_prefix_of(std::string_view rule_id) { return fmt::format("{}{}#", standing_prefix, rule_id); }

std::string standing_key(std::string_view rule_id, std::string_view repo, std::string_view cause) {
    return fmt::format("{}{}#{:016x}", standing_prefix_of(rule_id), ascii_lower(repo), hash_question({cause}));
}

std::string standing_key(Alert const& alert) { return standing_key(alert.rule_id, alert.repo, alert.cause); }

std::string past_key(Alert const& alert) {
    return fmt::format("{}past#{}#{}", alert_prefix, format_time(alert.fired_at), alert.id);
}

std::string new_id(std::string_view prefix) { return fmt::format("{}-{:012x}", prefix, random_bits() >> 16); }

std::string new_delivery_id() {
    auto const high = random_bits();
    auto const low = random_bits();
    return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF, high & 0xFFF,
                       (low >> 48 & 0x3FFF) | 0x8000, low & 0xFFFFFFFFFFFF);
}

} // namespace gem::alerts
