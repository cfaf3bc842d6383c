// Decoder, splitter and parser in a row.
#include "github/archive_reader.hpp"

#include <fmt/format.h>

#include "github/decoder.hpp"
#include "github/event_parser.hpp"
#include "github/record_splitter.hpp"

namespace gem {

struct ArchiveReader::State {
    Limits limits;
    EventSource source;
    std::unique_ptr<ByteSource> input; ///< until the first batch is asked for
    std::unique_ptr<Decoder> decoder;
    std::optional<RecordSplitter> splitter;
    EventParser parser;
    ArchiveCounts counts;
    std::vector<BadRecord> bad_records;
    std::optional<Error> problem;
    bool ended = false;

    bool open() {
        if (decoder) return true;
        auto made = make_decoder(std::move(input));
        if (!made) {
            end(made.error());
            return false;
        }
        decoder = std::move(*made);
        splitter.emplace(*decoder);
        return true;
    }

    void end(std::optional<Error> const& why) {
        ended = true;
        if (!problem) problem = why;
    }

    void note_bad(std::uint64_t line, std::string reason) {
        ++counts.bad;
        if (limits.stop_at_first_bad)
            end(Error{.code = ErrorCode::corrupt, .message = fmt::format("line {}: {}", line, reason)});
        if (bad_records.size() < bad_records_kept) bad_records.push_back({.line = line, .reason = std::move(reason)});
    }

    /// Reads the record into `event`; a line of several objects is taken one by one.
    Result<ParsedKind> parse(RecordSplitter::Record record, Event& event) {
        if (record.too_long)
            return fail(ErrorCode::invalid_argument,
                        fmt::format("expected a record of at most {} MiB", RecordSplitter::longest_record >> 20));
        auto kind = parser.parse_line(record.text, source, event);
        if (kind) return kind;
        auto const narrowed = splitter->narrow();
        if (!narrowed) return kind;
        event = Event();
        return parser.parse_line(narrowed->text, source, event);
    }
};

ArchiveReader::ArchiveReader(std::unique_ptr<ByteSource> input, EventSource source, Limits limits)
    : state_(std::make_unique<State>(State{.limits = limits,
                                           .source = source,
                                           .input = std::move(input),
                                           .decoder = {},
                                           .splitter = {},
                                           .parser = {},
                                           .counts = {},
                                           .bad_records = {},
                                           .problem = {}})) {}
ArchiveReader::~ArchiveReader() = default;
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader& ArchiveReader::operator=(ArchiveReader&&) noexcept = default;

std::vector<Event> ArchiveReader::next_batch() {
    std::vector<Event> batch;
    auto& state = *state_;
    if (state.ended || !state.open()) return batch;
    batch.reserve(state.limits.events);
    std::size_t bytes = 0;
    while (!state.ended && batch.size() < state.limits.events && bytes < state.limits.bytes) {
        auto const record = state.splitter->next();
        if (!record) {
            state.end(state.splitter->problem());
            break;
        }
        auto& event = batch.emplace_back();
        auto kind = state.parse(*record, event);
        if (kind && *kind == ParsedKind::event) {
            ++state.counts.events;
            bytes += event.payload.text().size();
            continue;
        }
        batch.pop_back();
        if (!kind)
            state.note_bad(record->line, std::move(kind.error().message));
        else if (*kind == ParsedKind::no_repository)
            ++state.counts.no_repository;
    }
    state.counts.input_bytes = state.decoder->input_bytes();
    return batch;
}

std::optional<Error> const& ArchiveReader::problem() const { return state_->problem; }
ArchiveCounts const& ArchiveReader::counts() const { return state_->counts; }
std::vector<BadRecord> const& ArchiveReader::bad_records() const { return state_->bad_records; }

} // namespace gem
