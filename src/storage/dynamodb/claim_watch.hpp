// When a claim on a unit need not be heeded any more: its time is over, or whoever made it has ended on this machine.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "storage/dynamodb/context.hpp"
#include "storage/dynamodb/log_items.hpp"

namespace gem::dynamodb {

/// One thread, or one use at a time.
class ClaimWatch {
  public:
    explicit ClaimWatch(DynamoDBContext const& context) : context_(context) {}

    /// Whether it may be taken away. Of a process that has ended only `last_words` after that was first seen: what it
    /// had sent may still be on its way.
    bool is_over(Claim const& claim) {
        if (claim.until <= to_unix(context_.clock.now())) return true;
        if (!has_surely_ended(claim.process)) return false;
        auto const now = std::chrono::steady_clock::now();
        auto const seen = ended_.try_emplace(claim.process, now).first->second;
        return now - seen >= context_.last_words;
    }

  private:
    DynamoDBContext const& context_;
    std::map<std::string, std::chrono::steady_clock::time_point> ended_; ///< processes, and when that was first seen
};

} // namespace gem::dynamodb
