// Payloads at rest: zstd with a dictionary that ships with the program.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gem {

/// Compresses and restores payloads. Not thread-safe: one for each thread (`thread_local` is fine).
///
/// The first byte of what `compress` returns names the form: 0 as it was, 1 zstd with dictionary 1. Older forms stay
/// readable for ever.
class PayloadCodec {
  public:
    PayloadCodec();
    ~PayloadCodec();
    PayloadCodec(PayloadCodec const&) = delete;
    PayloadCodec& operator=(PayloadCodec const&) = delete;

    std::string compress(std::string_view payload);
    /// corrupt if `stored` did not come from compress().
    Result<std::string> restore(std::string_view stored);

    /// The longest payload that is stored.
    static constexpr std::size_t max_payload = std::size_t{1} << 20;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Dictionary 1: the words of GitHub's payloads, written by hand. Never changes; a better one gets a new number.
std::string_view payload_dictionary_1();

} // namespace gem
