#include "storage/import.hpp"

#include <charconv>

#include <fmt/format.h>

#include "storage/transfer_lines.hpp"

namespace gem {

namespace {

constexpr auto save_every = seconds(2);

/// How far an interrupted import of the same stream came.
struct Mark {
    std::int64_t lines = 0;
    std::string sha256;
};

class Importer {
  public:
    Importer(DatabaseManager& database, ImportOptions options, ByteFeed feed)
        : database_(database), options_(std::move(options)), lines_(std::move(feed)) {}

    Async<Result<ImportReport>> run() {
        for (;;) {
            auto text = lines_.next();
            if (!text) co_return damaged(text.error().message, text.error().code);
            if (!*text) break;
            auto line = read_line(**text);
            if (!line) co_return damaged(line.error().message, line.error().code);
            if (auto taken = co_await take(std::move(*line)); !taken) co_return fail(taken.error());
            digest_.add(**text);
            digest_.add("\n");
            ++report_.lines;
            if (report_.stopped) co_return report_;
        }
        if (!ended_) co_return damaged("the stream is cut short", ErrorCode::corrupt);
        if (auto removed = co_await remove_mark(); !removed) co_return fail(removed.error());
        report_.finished = true;
        if (options_.on_progress) options_.on_progress(report_);
        co_return report_;
    }

  private:
    [[nodiscard]] std::unexpected<Error> damaged(std::string const& what, ErrorCode code) const {
        return fail(code, fmt::format("line {}: {}. What stood up to line {} is stored, and whole; give the undamaged "
                                      "stream to store the rest",
                                      report_.lines + 1, what, stored_lines_));
    }

    Async<Result<void>> take(TransferLine line) {
        bool const first = report_.lines == 0;
        if (auto const* const header = std::get_if<TransferHeader>(&line)) {
            if (!first) co_return damaged("a second header", ErrorCode::corrupt);
            if (header->version > transfer_version) {
                co_return fail(ErrorCode::invalid_argument,
                               fmt::format("the export has the form {}, and this version of the program knows {}: use "
                                           "the version that wrote it, or a later one",
                                           header->version, transfer_version));
            }
            co_return Result<void>();
        }
        if (first) co_return damaged("not an export of this program: its header is missing", ErrorCode::corrupt);
        if (ended_) co_return damaged("there is more after the footer", ErrorCode::corrupt);
        if (auto const* const check = std::get_if<TransferCheck>(&line)) co_return co_await close_block(*check);
        if (auto const* const end = std::get_if<TransferEnd>(&line)) {
            if (end->counts != report_.counts)
                co_return damaged("the footer counts other lines than came", ErrorCode::corrupt);
            if (report_.lines < mark_.lines) co_return co_await other_stream();
            auto closed = co_await close_block({.lines = end->lines, .sha256 = end->sha256});
            ended_ = closed.has_value();
            co_return closed;
        }
        ++report_.counts[std::string(kind_of(line))];
        block_.push_back(std::move(line));
        co_return Result<void>();
    }

    Async<Result<void>> close_block(TransferCheck check) {
        auto const sha256 = digest_.value();
        if (check.lines != report_.lines || check.sha256 != sha256)
            co_return damaged("what came before it is not what was exported", ErrorCode::corrupt);
        if (mark_key_.empty()) {
            if (auto found = co_await find_mark(sha256); !found) co_return found;
        }
        if (report_.lines <= mark_.lines) {
            if (report_.lines == mark_.lines && sha256 != mark_.sha256) co_return co_await other_stream();
            report_.skipped += static_cast<std::int64_t>(block_.size());
        } else if (!block_.empty()) {
            if (auto stored = co_await store_block(); !stored) co_return stored;
        }
        block_.clear();
        stored_lines_ = report_.lines;
        bool const stop = options_.stop_requested && options_.stop_requested();
        if (auto saved = co_await save_mark(sha256, stop); !saved) co_return saved;
        report_.stopped = stop;
        if (options_.on_progress) options_.on_progress(report_);
        co_return Result<void>();
    }

    // -----------------------------------------------------------------------------------------------------------------

    Async<Result<void>> store_block() {
        std::vector<Event> events;
        std::map<std::string, std::vector<CommitRecord>> commits;
        std::map<std::string, MetricRows> rows;
        std::vector<StateEntry> states;
        auto const sort = [&]<class T>(T& line) {
            if constexpr (std::is_same_v<T, Event>)
                events.push_back(std::move(line));
            else if constexpr (std::is_same_v<T, Filed<CommitRecord>>)
                commits[line.key].push_back(std::move(line.row));
            else if constexpr (std::is_same_v<T, Filed<HealthSnapshot>>)
                rows[line.key].health.push_back(std::move(line.row));
            else if constexpr (std::is_same_v<T, Filed<DeveloperDay>>)
                rows[line.key].developer_days.push_back(std::move(line.row));
            else if constexpr (std::is_same_v<T, Filed<SecurityMetric>>)
                rows[line.key].security.push_back(std::move(line.row));
            else if constexpr (std::is_same_v<T, Filed<EventPattern>>)
                rows[line.key].patterns.push_back(std::move(line.row));
            else if constexpr (std::is_same_v<T, Filed<DeploymentMetric>>)
                rows[line.key].deployments.push_back(std::move(line.row));
            else if constexpr (std::is_same_v<T, StateEntry>)
                states.push_back(std::move(line));
        };
        for (auto& line : block_) std::visit(sort, line);
        if (auto stored = co_await store_events(std::move(events)); !stored) co_return stored;
        for (auto& [key, records] : commits) {
            if (auto put = co_await database_.transfer().put_commits(key, std::move(records)); !put) co_return put;
        }
        for (auto& [key, some] : rows) {
            if (auto put = co_await database_.transfer().put_metrics(key, std::move(some)); !put) co_return put;
        }
        for (auto& state : states) {
            if (auto put = co_await put_state(std::move(state)); !put) co_return put;
        }
        co_return Result<void>();
    }

    Async<Result<void>> store_events(std::vector<Event> events) {
        if (events.empty()) co_return Result<void>();
        auto const inserted = co_await database_.events().insert_events(std::move(events));
        if (!inserted) co_return fail(inserted.error());
        if (!inserted->rejected.empty()) {
            co_return fail(ErrorCode::corrupt, fmt::format("an event before line {} is refused: {}", report_.lines + 1,
                                                           inserted->rejected.front().reason));
        }
        report_.inserted += static_cast<std::int64_t>(inserted->inserted);
        report_.duplicates += static_cast<std::int64_t>(inserted->duplicates);
        report_.expired += static_cast<std::int64_t>(inserted->expired);
        co_return Result<void>();
    }

    /// What the stream says replaces what is there.
    Async<Result<void>> put_state(StateEntry entry) {
        for (;;) {
            auto const present = co_await database_.metrics().get_state(entry.key);
            if (!present) co_return fail(present.error());
            if (*present && (*present)->value == entry.value) co_return Result<void>();
            entry.version = *present ? (*present)->version : 0;
            auto const put = co_await database_.metrics().put_state(entry);
            if (put) co_return Result<void>();
            if (put.error().code != ErrorCode::conflict) co_return fail(put.error());
        }
    }

    // -----------------------------------------------------------------------------------------------------------------

    /// A stream is known by its first block.
    Async<Result<void>> find_mark(std::string const& sha256) {
        mark_key_ = "import#" + sha256.substr(0, 32);
        auto const entry = co_await database_.metrics().get_state(mark_key_);
        if (!entry) co_return fail(entry.error());
        if (!*entry) co_return Result<void>();
        // `[lines,"sha256"]`
        auto const& text = (*entry)->value.text();
        auto const comma = text.find(',');
        if (comma == std::string::npos || text.size() < comma + 3) co_return Result<void>();
        std::from_chars(text.data() + 1, text.data() + comma, mark_.lines);
        mark_.sha256 = text.substr(comma + 2, text.size() - comma - 4);
        co_return Result<void>();
    }

    Async<Result<void>> save_mark(std::string const& sha256, bool now) {
        auto const time = std::chrono::steady_clock::now();
        if (report_.lines <= mark_.lines || (!now && time - saved_ < save_every)) co_return Result<void>();
        saved_ = time;
        mark_ = {.lines = report_.lines, .sha256 = sha256};
        co_return co_await put_state(
            {.key = mark_key_, .value = JsonText::already_validated(fmt::format("[{},\"{}\"]", mark_.lines, sha256))});
    }

    Async<Result<void>> remove_mark() {
        if (mark_key_.empty()) co_return Result<void>();
        co_return co_await database_.metrics().remove_state(mark_key_);
    }

    Async<Result<void>> other_stream() {
        if (auto removed = co_await remove_mark(); !removed) co_return removed;
        co_return fail(ErrorCode::conflict, "this stream begins like the one whose import was interrupted, and goes on "
                                            "differently. Nothing of it was stored; give it once more to store it from "
                                            "its beginning");
    }

    DatabaseManager& database_;
    ImportOptions options_;
    LineFeed lines_;
    RunningSha256 digest_;
    ImportReport report_;
    std::vector<TransferLine> block_;
    std::int64_t stored_lines_ = 0;
    bool ended_ = false;
    std::string mark_key_;
    Mark mark_;
    std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

} // namespace

Async<Result<ImportReport>> import_database(DatabaseManager& database, ImportOptions options, ByteFeed feed) {
    Importer importer(database, std::move(options), std::move(feed));
    co_return co_await importer.run();
}

} // namespace gem
