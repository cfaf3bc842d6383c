#include "storage/export.hpp"

#include <array>

#include <fmt/format.h>

#include "storage/transfer_lines.hpp"

namespace gem {

namespace {

constexpr std::size_t page_size = 1000;
constexpr std::size_t commits_page = 100; // with all of their files
constexpr std::size_t piece = std::size_t{1} << 18;

class Writer {
  public:
    Writer(ExportOptions const& options, ByteSink sink) : options_(options), sink_(std::move(sink)) {
        if (options.compress) compressing_.emplace(sink_);
    }

    Result<void> put(TransferLine const& line) {
        if (in_block_ == options_.lines_a_block) {
            in_block_ = 0;
            if (auto put = add(TransferCheck{.lines = progress_.lines, .sha256 = digest_.value()}); !put) return put;
            if (options_.on_progress) options_.on_progress(progress_);
        }
        ++in_block_;
        ++progress_.counts[std::string(kind_of(line))];
        return add(line);
    }

    Result<TransferProgress> finish() {
        auto counts = progress_.counts;
        counts.erase(std::string(kind_of(TransferHeader{})));
        if (auto put =
                add(TransferEnd{.lines = progress_.lines, .sha256 = digest_.value(), .counts = std::move(counts)});
            !put)
            return fail(put.error());
        if (auto flushed = flush(); !flushed) return fail(flushed.error());
        if (compressing_) {
            if (auto finished = compressing_->finish(); !finished) return fail(finished.error());
        }
        progress_.finished = true;
        if (options_.on_progress) options_.on_progress(progress_);
        return progress_;
    }

  private:
    Result<void> add(TransferLine const& line) {
        auto const text = write_line(line);
        digest_.add(text);
        ++progress_.lines;
        buffer_ += text;
        return buffer_.size() < piece ? Result<void>() : flush();
    }

    Result<void> flush() {
        auto written = compressing_ ? compressing_->write(buffer_) : sink_(buffer_);
        buffer_.clear();
        return written;
    }

    ExportOptions const& options_;
    ByteSink sink_;
    std::optional<CompressingSink> compressing_;
    RunningSha256 digest_;
    std::string buffer_;
    std::int64_t in_block_ = 0;
    TransferProgress progress_;
};

Async<Result<void>> put_events(DatabaseTransfer& transfer, std::string const& key, Writer& writer) {
    std::optional<EventPlace> after;
    for (;;) {
        auto const events = co_await transfer.events_of(key, after, page_size);
        if (!events) co_return fail(events.error());
        if (events->empty()) co_return Result<void>();
        for (auto const& event : *events) {
            if (auto put = writer.put(event); !put) co_return put;
        }
        auto const& last = events->back();
        after = EventPlace{.created_at = last.created_at, .type = last.type, .id = last.id};
    }
}

Async<Result<void>> put_commits(DatabaseTransfer& transfer, std::string const& key, Writer& writer) {
    std::optional<std::pair<UtcTime, std::string>> after;
    for (;;) {
        auto commits = co_await transfer.commits_of(key, after, commits_page);
        if (!commits) co_return fail(commits.error());
        if (commits->empty()) co_return Result<void>();
        after = {commits->back().commit.commit_date, commits->back().commit.sha};
        for (auto& record : *commits) {
            if (auto put = writer.put(Filed<CommitRecord>{.key = key, .row = std::move(record)}); !put) co_return put;
        }
    }
}

template <class Row>
Result<void> put_rows(std::string const& key, std::vector<Row>& rows, Writer& writer) {
    for (auto& row : rows) {
        if (auto put = writer.put(Filed<Row>{.key = key, .row = std::move(row)}); !put) return put;
    }
    return {};
}

Async<Result<void>> put_metrics(DatabaseTransfer& transfer, std::string const& key, Writer& writer) {
    auto rows = co_await transfer.metrics_of(key);
    if (!rows) co_return fail(rows.error());
    auto put = put_rows(key, rows->health, writer);
    if (put) put = put_rows(key, rows->developer_days, writer);
    if (put) put = put_rows(key, rows->security, writer);
    if (put) put = put_rows(key, rows->patterns, writer);
    if (put) put = put_rows(key, rows->deployments, writer);
    co_return put;
}

Async<Result<void>> put_states(MetricsRepository& metrics, Writer& writer) {
    auto const entries = co_await metrics.list_state("");
    if (!entries) co_return fail(entries.error());
    for (auto const& entry : *entries) {
        if (stays_behind(entry.key)) continue;
        if (auto put = writer.put(entry); !put) co_return put;
    }
    co_return Result<void>();
}

} // namespace

bool stays_behind(std::string_view state_key) {
    constexpr std::array<std::string_view, 3> prefixes = {"poll#", "lease#", "import#"};
    return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return state_key.starts_with(prefix); });
}

Async<Result<TransferProgress>> export_database(DatabaseManager& database, ExportOptions options, ByteSink sink) {
    if (!options.without_expired) {
        auto const totals = co_await database.events().totals();
        if (!totals) co_return fail(totals.error());
        if (totals->raw_events < totals->events) {
            co_return fail(ErrorCode::invalid_argument,
                           fmt::format("of {} counted events {} have no raw form any more (RETENTION_DAYS), and an "
                                       "export holds raw events: --without-expired exports what there is",
                                       totals->events, totals->events - totals->raw_events));
        }
    }
    auto const keys = co_await database.transfer().repository_keys();
    if (!keys) co_return fail(keys.error());
    Writer writer(options, std::move(sink));
    if (auto put = writer.put(TransferHeader{}); !put) co_return fail(put.error());
    for (auto const& key : *keys) {
        if (auto put = co_await put_events(database.transfer(), key, writer); !put) co_return fail(put.error());
    }
    for (auto const& key : *keys) {
        if (auto put = co_await put_commits(database.transfer(), key, writer); !put) co_return fail(put.error());
    }
    for (auto const& key : *keys) {
        if (auto put = co_await put_metrics(database.transfer(), key, writer); !put) co_return fail(put.error());
    }
    if (auto put = co_await put_states(database.metrics(), writer); !put) co_return fail(put.error());
    co_return writer.finish();
}

} // namespace gem
