#include "api/answer_cache.hpp"

#include <algorithm>
#include <array>

#include <openssl/sha.h>

namespace gem::api {

namespace {

constexpr std::size_t most_spellings = 4;
constexpr std::size_t overhead = 600; ///< of an entry beside its texts: nodes, headers, strings

} // namespace

bool differ_only_in_timestamp(std::string_view old, std::string_view fresh, UtcTime now) {
    if (old.size() != fresh.size()) return false;
    std::string const member = "\"timestamp\":\"";
    auto const at = fresh.rfind(member + format_time(now) + '"');
    if (at == std::string_view::npos) return old == fresh;
    auto const start = at + member.size();
    constexpr std::size_t length = 20; // of 2015-01-01T15:00:00Z
    return old.substr(0, start) == fresh.substr(0, start) && old.substr(start + length) == fresh.substr(start + length);
}

std::string entity_tag(std::string_view body) {
    static constexpr char hex[] = "0123456789abcdef";
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<unsigned char const*>(body.data()), body.size(), digest.data());
    std::string tag;
    for (std::size_t i = 0; i < 16; ++i) {
        tag += hex[digest[i] >> 4U];
        tag += hex[digest[i] & 15U];
    }
    return tag;
}

std::shared_ptr<KeptAnswer const> AnswerCache::use(Place place, std::uint64_t generation, UtcTime now) {
    auto const& answer = place->answer;
    if (answer->generation != generation || now >= answer->fresh_until) return nullptr;
    if (place != entries_.begin()) entries_.splice(entries_.begin(), entries_, place);
    return answer;
}

std::shared_ptr<KeptAnswer const> AnswerCache::find(std::string const& question, std::uint64_t generation,
                                                    UtcTime now) {
    auto const found = by_question_.find(question);
    return found == by_question_.end() ? nullptr : use(found->second, generation, now);
}

std::shared_ptr<KeptAnswer const> AnswerCache::find_target(std::string const& target, std::uint64_t generation,
                                                           UtcTime now) {
    auto const found = by_target_.find(target);
    return found == by_target_.end() ? nullptr : use(found->second, generation, now);
}

std::shared_ptr<KeptAnswer const> AnswerCache::put(std::string const& question, KeptAnswer answer, UtcTime timestamp) {
    auto const found = by_question_.find(question);
    if (found != by_question_.end()) {
        auto& kept = *found->second->answer;
        bool const same =
            kept.response.status == answer.response.status &&
            differ_only_in_timestamp(kept.response.body->bytes(), answer.response.body->bytes(), timestamp);
        if (same) {
            // Another one may be sending the old response: it is shared and stays as it is; only its validity moves.
            kept.generation = answer.generation;
            kept.fresh_until = answer.fresh_until;
            entries_.splice(entries_.begin(), entries_, found->second);
            return found->second->answer;
        }
    }
    auto fresh = std::make_shared<KeptAnswer>(std::move(answer));
    auto const body = fresh->response.body->bytes().size();
    if (found != by_question_.end()) {
        auto& entry = *found->second;
        bytes_ -= entry.cost;
        if (body > limits_.body) {
            bytes_ += entry.cost;
            remove(found->second);
            return fresh;
        }
        entry.cost = entry.cost - 2 * entry.answer->response.body->bytes().size() + 2 * body;
        entry.answer = fresh;
        bytes_ += entry.cost;
        entries_.splice(entries_.begin(), entries_, found->second);
    } else {
        if (body > limits_.body) return fresh;
        // The body twice: its compressed form may be kept beside it.
        auto const cost = 2 * body + 2 * question.size() + overhead;
        entries_.push_front(Entry{.question = question, .answer = fresh, .targets = {}, .cost = cost});
        by_question_.emplace(question, entries_.begin());
        bytes_ += cost;
    }
    make_room();
    return fresh;
}

void AnswerCache::remember_target(std::string const& question, std::string const& target) {
    auto const found = by_question_.find(question);
    if (found == by_question_.end()) return;
    auto& entry = *found->second;
    if (entry.targets.size() >= most_spellings || by_target_.contains(target)) return;
    entry.targets.push_back(target);
    auto const cost = 2 * target.size() + overhead / 4;
    entry.cost += cost;
    bytes_ += cost;
    by_target_.emplace(target, found->second);
    make_room();
}

void AnswerCache::remove(Place place) {
    bytes_ -= place->cost;
    for (auto const& target : place->targets) by_target_.erase(target);
    by_question_.erase(place->question);
    entries_.erase(place);
}

void AnswerCache::make_room() {
    while (bytes_ > limits_.bytes && !entries_.empty()) remove(std::prev(entries_.end()));
}

} // namespace gem::api
