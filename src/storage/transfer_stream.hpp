// The bytes of an export: lines with checksums over them, compressed if asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gem {

/// SHA-256 of what was added so far, readable in between.
class RunningSha256 {
  public:
    RunningSha256();
    ~RunningSha256();
    RunningSha256(RunningSha256 const&) = delete;
    RunningSha256& operator=(RunningSha256 const&) = delete;
    void add(std::string_view bytes);
    /// In hexadecimal.
    [[nodiscard]] std::string value() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Takes bytes; an error ends the export.
using ByteSink = std::function<Result<void>(std::string_view bytes)>;
/// The next bytes, empty at the end.
using ByteFeed = std::function<Result<std::string>()>;

/// A sink that compresses (zstd) into another; `finish()` writes the rest.
class CompressingSink {
  public:
    explicit CompressingSink(ByteSink sink);
    ~CompressingSink();
    Result<void> write(std::string_view bytes);
    Result<void> finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Lines of a stream, plain or zstd: its first bytes tell.
class LineFeed {
  public:
    explicit LineFeed(ByteFeed feed);
    ~LineFeed();
    /// The next line without its newline; nothing at the end. A last line without a newline is cut short, and corrupt;
    /// so is a damaged zstd stream, or a line of more than 64 MiB.
    Result<std::optional<std::string>> next();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace gem
