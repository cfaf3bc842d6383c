// The fast case is one memchr a record; everything else walks byte by byte.
#include "github/record_splitter.hpp"

#include <algorithm>
#include <cstring>

#include "github/event_parser.hpp"

namespace gem {

namespace {

constexpr std::size_t usual_capacity = std::size_t{512} << 10; ///< fits the second-level cache
constexpr std::size_t none = std::string_view::npos;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

} // namespace

/// Finds the end of the object at the front of a text that may still grow.
struct RecordSplitter::Scan {
    std::size_t place = 0;
    int depth = 0;
    bool in_string = false;
    bool escaped = false;
    bool done = false;

    /// Goes on in `text`; done when the object has ended before `place`, or is broken: a line ends inside of a string,
    /// or a line starts with `{` though the object before has not ended.
    void go_on(std::string_view text) {
        for (; place < text.size() && !done; ++place) {
            char const c = text[place];
            if (c == '\n') {
                // One byte more decides; if it is not there yet, come back.
                if (in_string)
                    done = true;
                else if (place + 1 == text.size())
                    return;
                else if (text[place + 1] == '{')
                    done = true;
                continue;
            }
            if (in_string) {
                if (escaped)
                    escaped = false;
                else if (c == '\\')
                    escaped = true;
                else if (c == '"')
                    in_string = false;
            } else if (c == '"') {
                in_string = true;
            } else if (c == '{' || c == '[') {
                ++depth;
            } else if (c == '}' || c == ']') {
                done = --depth <= 0;
            }
        }
    }
};

RecordSplitter::RecordSplitter(Decoder& decoder) : decoder_(decoder) { resize(usual_capacity); }

void RecordSplitter::resize(std::size_t capacity) {
    auto bigger = std::make_unique_for_overwrite<char[]>(capacity + EventParser::padding);
    auto const kept = rest();
    kept.copy(bigger.get(), kept.size());
    std::memset(bigger.get() + capacity, 0, EventParser::padding);
    buffer_ = std::move(bigger);
    capacity_ = capacity;
    to_ = kept.size();
    from_ = 0;
}

/// Gets more of the input behind what is there, which may move. False if there is no more or no room.
bool RecordSplitter::refill() {
    if (at_end_) return false;
    if (to_ - from_ >= longest_record) return false;
    auto const held = to_ - from_;
    if (capacity_ > usual_capacity && held < usual_capacity / 2) {
        resize(usual_capacity);
    } else if (held > capacity_ / 2 && capacity_ < longest_record) {
        resize(std::min(capacity_ * 2, longest_record));
    } else if (from_ > 0) {
        std::memmove(buffer_.get(), buffer_.get() + from_, held);
        from_ = 0;
        to_ = held;
    }
    auto const got = decoder_.read(buffer_.get() + to_, capacity_ - to_);
    if (!got) problem_ = got.error();
    if (!got || *got == 0) {
        at_end_ = true;
        return false;
    }
    to_ += *got;
    return true;
}

/// Skips what stands between records. False at the end.
bool RecordSplitter::skip_between() {
    for (;;) {
        if (from_ == to_ && !refill()) return false;
        char const c = buffer_[from_];
        if (c == '\n')
            ++line_;
        else if (c == '[')
            ++array_depth_;
        else if (c == ']' && array_depth_ > 0)
            --array_depth_;
        else if (!is_blank(c) && c != ',') {
            if (c != '\xef') return true;
            while (to_ - from_ < 3 && refill()) {
            }
            if (!rest().starts_with("\xef\xbb\xbf")) return true;
            from_ += 2;
        }
        ++from_;
    }
}

std::optional<RecordSplitter::Record> RecordSplitter::next() {
    if (!skip_between()) return std::nullopt;
    if (array_depth_ == 0) return take_line();
    return buffer_[from_] == '{' ? take_object() : take_scalar();
}

/// Where the line that starts here ends, from here; its whole length at the end of the input; none if it is too long.
std::size_t RecordSplitter::find_newline() {
    std::size_t searched = 0;
    for (;;) {
        auto const* const start = buffer_.get() + from_;
        if (auto const* const found = std::memchr(start + searched, '\n', to_ - from_ - searched))
            return static_cast<std::size_t>(static_cast<char const*>(found) - start);
        searched = to_ - from_;
        if (!refill()) return at_end_ ? searched : none;
    }
}

/// Whether the object whose first line ends at `newline` is laid out over several lines: then the next line starts with
/// a key or the closing brace, while a new record would start with a brace.
bool RecordSplitter::goes_on_in_next_line(std::size_t newline) {
    for (std::size_t i = newline;; ++i) {
        if (from_ + i >= to_ && !refill()) return false;
        char const c = buffer_[from_ + i];
        if (!is_blank(c)) return c == '"' || c == '}';
    }
}

std::optional<RecordSplitter::Record> RecordSplitter::take_line() {
    auto const newline = find_newline();
    if (newline == none) return skip_long_record();
    auto line = rest().substr(0, newline);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    if (line.front() == '{' && line.back() != '}' && goes_on_in_next_line(newline)) return take_object();
    // What the input broke off is not given as a bad record: the failure is told instead.
    if (problem_ && from_ + newline == to_) return std::nullopt;
    return take(line.size(), true);
}

/// An element of an array that is no object: no event, but it must not cost what follows.
std::optional<RecordSplitter::Record> RecordSplitter::take_scalar() {
    auto const newline = find_newline();
    if (newline == none) return skip_long_record();
    auto const end = std::min(newline, rest().find_first_of(",]"));
    return take(std::max<std::size_t>(end, 1), true);
}

std::optional<RecordSplitter::Record> RecordSplitter::take_object() {
    Scan scan;
    for (;;) {
        scan.go_on(rest());
        if (scan.done) return take(scan.place, false);
        if (!refill()) break;
    }
    if (!at_end_) return skip_long_record();
    if (problem_) return std::nullopt;
    return take(rest().size(), false);
}

std::optional<RecordSplitter::Record> RecordSplitter::take(std::size_t length, bool one_line) {
    record_from_ = from_;
    record_length_ = length;
    record_line_ = line_;
    auto const text = rest().substr(0, length);
    if (!one_line) line_ += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
    from_ += length;
    return Record{.text = text, .line = record_line_};
}

std::optional<RecordSplitter::Record> RecordSplitter::narrow() {
    if (record_length_ == 0) return std::nullopt;
    std::string_view const text(buffer_.get() + record_from_, record_length_);
    Scan scan;
    if (text.front() == '{') scan.go_on(text);
    if (!scan.done || scan.place >= text.size()) return std::nullopt;
    line_ = record_line_;
    from_ = record_from_;
    return take(scan.place, false);
}

/// Gives the start of a record that is too long, and goes on at the next line.
std::optional<RecordSplitter::Record> RecordSplitter::skip_long_record() {
    Record const record{.text = {}, .line = line_, .too_long = true};
    record_length_ = 0;
    for (;;) {
        auto const* const start = buffer_.get() + from_;
        if (auto const* const found = std::memchr(start, '\n', to_ - from_)) {
            from_ += static_cast<std::size_t>(static_cast<char const*>(found) - start);
            return record;
        }
        from_ = to_;
        if (!refill()) return record;
    }
}

} // namespace gem
