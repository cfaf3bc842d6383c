#include "github/token_pool.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace gem::github {

std::string token_fingerprint(std::string_view token) {
    if (token.empty()) return "anonymous";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(token.data(), token.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return fmt::format("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
}

TokenPool::TokenPool(std::vector<std::string> tokens) {
    if (tokens.empty()) tokens.emplace_back();
    for (auto& token : tokens) {
        auto fingerprint = token_fingerprint(token);
        entries_.push_back({.token = std::move(token), .fingerprint = std::move(fingerprint)});
    }
}

std::optional<std::size_t> TokenPool::choose(UtcTime now, std::string_view preferred) const {
    std::optional<std::size_t> best;
    std::optional<std::size_t> wanted;
    auto const left = [&](Entry const& entry) {
        bool const current = entry.rate.remaining && entry.rate.reset && *entry.rate.reset > now;
        if (current) return *entry.rate.remaining;
        return entry.rate.limit.value_or(entry.token.empty() ? 60 : 5000); // unknown or renewed
    };
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        auto const& entry = entries_[i];
        if (entry.paused_until && *entry.paused_until > now) continue;
        if (entry.fingerprint == preferred) wanted = i;
        if (!best || left(entry) > left(entries_[*best])) best = i;
    }
    bool const lopsided = wanted && left(entries_[*wanted]) * 4 < left(entries_[*best]);
    return wanted && !lopsided ? wanted : best;
}

UtcTime TokenPool::next_free(UtcTime now) const {
    UtcTime first = UtcTime::max();
    for (auto const& entry : entries_) first = std::min(first, entry.paused_until.value_or(now));
    return std::max(first, now);
}

void TokenPool::note(std::size_t index, RateLimit const& rate, UtcTime now) {
    auto& entry = entries_[index];
    if (rate.remaining) entry.rate = rate;
    bool const exhausted = rate.remaining == 0 && rate.reset && *rate.reset > now;
    if (exhausted)
        entry.paused_until =
            std::max(entry.paused_until.value_or(now), std::min(*rate.reset + seconds(1), now + hours(24)));
}

void TokenPool::pause(std::size_t index, UtcTime until) {
    auto& paused = entries_[index].paused_until;
    paused = std::max(paused.value_or(until), until);
}

} // namespace gem::github
