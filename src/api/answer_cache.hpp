// Answers that were given before, kept by question and write generation.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "http/message.hpp"

namespace gem::api {

/// One answer and how long it holds.
struct KeptAnswer {
    http::Response response;
    std::size_t route = 0;        ///< place in the route table
    std::uint64_t generation = 0; ///< of the store, read before the answer was computed
    UtcTime fresh_until{};        ///< from then on it is computed again
};

/// Bounded by bytes (least recently used goes first) and by the size of one body. One thread.
class AnswerCache {
  public:
    struct Limits {
        std::size_t bytes = 32UL << 20U;
        std::size_t body = 1UL << 20U;
    };
    AnswerCache() : AnswerCache(Limits{}) {}
    explicit AnswerCache(Limits limits) : limits_(limits) {}

    /// The answer to a question, if it still holds.
    std::shared_ptr<KeptAnswer const> find(std::string const& question, std::uint64_t generation, UtcTime now);
    /// The same by a request's raw target: one look-up, no parsing.
    std::shared_ptr<KeptAnswer const> find_target(std::string const& target, std::uint64_t generation, UtcTime now);

    /// Keeps `answer` and returns what to send: the answer that stood there before, its validity renewed, when its body
    /// differs in nothing but the top-level `timestamp` (whose present value is `timestamp`).
    std::shared_ptr<KeptAnswer const> put(std::string const& question, KeptAnswer answer, UtcTime timestamp);

    /// From now on `target` is a spelling of `question`. Only a few spellings of each question are known.
    void remember_target(std::string const& question, std::string const& target);

    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::size_t size() const { return by_question_.size(); }

  private:
    struct Entry {
        std::string question;
        std::shared_ptr<KeptAnswer> answer;
        std::vector<std::string> targets;
        std::size_t cost = 0;
    };
    using Place = std::list<Entry>::iterator;
    std::shared_ptr<KeptAnswer const> use(Place place, std::uint64_t generation, UtcTime now);
    void remove(Place place);
    void make_room();

    Limits limits_;
    std::size_t bytes_ = 0;
    std::list<Entry> entries_; ///< most recently used first
    std::unordered_map<std::string, Place> by_question_;
    std::unordered_map<std::string, Place> by_target_;
};

/// Whether two bodies are the same but for the value of the member `timestamp`, which is `now` in `fresh`.
bool differ_only_in_timestamp(std::string_view old, std::string_view fresh, UtcTime now);

/// A strong entity tag of a body: the first 128 bits of its SHA-256, in hexadecimal.
std::string entity_tag(std::string_view body);

/// What is known of the store's write generation, and since when. One thread.
class GenerationWatch {
  public:
    using Moment = std::chrono::steady_clock::time_point;
    /// How old the knowledge may be before the store is asked again.
    static constexpr std::chrono::milliseconds patience{20};

    [[nodiscard]] bool fresh(Moment now) const { return checked_ && now - *checked_ < patience; }
    [[nodiscard]] std::uint64_t known() const { return known_; }
    /// The store said so at `now`; never goes back.
    void seen(std::uint64_t generation, Moment now) {
        known_ = std::max(known_, generation);
        checked_ = now;
    }
    /// Something was written: ask again before the next answer.
    void forget() { checked_.reset(); }

  private:
    std::uint64_t known_ = 0;
    std::optional<Moment> checked_;
};

} // namespace gem::api
