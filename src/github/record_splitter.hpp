// Cuts a stream of text into the JSON objects in it, however they are laid out, and keeps count of lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "github/decoder.hpp"

namespace gem {

/// Lines of one object each (the fast case), objects one after the other, over several lines, in arrays, with commas
/// between: all of it. A broken object costs itself and not what follows. Holds one object and a block, at most
/// `longest_record` and a little. Not thread-safe.
class RecordSplitter {
  public:
    static constexpr std::size_t longest_record = std::size_t{32} << 20;

    struct Record {
        std::string_view text;  ///< valid until the next call, with EventParser::padding readable bytes after it
        std::uint64_t line = 0; ///< where it starts, from 1
        bool too_long = false;  ///< `text` is but the start of a record beyond `longest_record`, which was skipped
    };

    explicit RecordSplitter(Decoder& decoder);

    /// The next record; nothing at the end or when the input failed, see problem(). A record that the failure cut off
    /// is not given.
    std::optional<Record> next();

    /// Narrows the record just given to its first whole object, if something follows it on the same line; then next()
    /// goes on behind that. For a line that is not one object. Nothing if it cannot be narrowed.
    std::optional<Record> narrow();

    [[nodiscard]] std::optional<Error> const& problem() const { return problem_; }

  private:
    struct Scan;
    [[nodiscard]] std::string_view rest() const { return {buffer_.get() + from_, to_ - from_}; }
    bool refill();
    void resize(std::size_t capacity);
    bool skip_between();
    std::size_t find_newline();
    bool goes_on_in_next_line(std::size_t newline);
    std::optional<Record> take_line();
    std::optional<Record> take_object();
    std::optional<Record> take_scalar();
    std::optional<Record> take(std::size_t length, bool one_line);
    std::optional<Record> skip_long_record();

    Decoder& decoder_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t from_ = 0;
    std::size_t to_ = 0;
    bool at_end_ = false;
    int array_depth_ = 0;
    std::uint64_t line_ = 1;
    std::size_t record_from_ = 0;
    std::size_t record_length_ = 0;
    std::uint64_t record_line_ = 0;
    std::optional<Error> problem_;
};

} // namespace gem
