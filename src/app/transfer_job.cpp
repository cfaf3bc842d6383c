#include "app/transfer_job.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "app/predecessor.hpp"
#include "app/providers.hpp"
#include "app/signals.hpp"
#include "github/byte_source.hpp"

namespace gem {

namespace {

/// Standard output, or a file that appears when it is whole.
class Output {
  public:
    Result<void> open(std::string file) {
        file_ = std::move(file);
        if (file_.empty()) return {};
        descriptor_ = ::open(part().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (descriptor_ >= 0) return {};
        return fail(ErrorCode::unavailable, fmt::format("cannot write \"{}\": {}", part(), std::strerror(errno)));
    }
    ~Output() {
        if (file_.empty() || descriptor_ < 0) return;
        ::close(descriptor_);
        ::unlink(part().c_str());
    }
    Output() = default;
    Output(Output const&) = delete;
    Output& operator=(Output const&) = delete;

    Result<void> write(std::string_view bytes) const {
        while (!bytes.empty()) {
            auto const written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return fail(ErrorCode::unavailable, fmt::format("cannot write: {}", std::strerror(errno)));
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        return {};
    }

    Result<void> finish() {
        if (file_.empty()) return {};
        bool const durable = ::fsync(descriptor_) == 0;
        ::close(std::exchange(descriptor_, -1));
        if (durable && std::rename(part().c_str(), file_.c_str()) == 0) return {};
        return fail(ErrorCode::unavailable, fmt::format("cannot write \"{}\": {}", file_, std::strerror(errno)));
    }

  private:
    [[nodiscard]] std::string part() const { return file_ + ".part"; }
    std::string file_;
    int descriptor_ = STDOUT_FILENO;
};

ByteFeed feed_from(std::shared_ptr<ByteSource> source) {
    return [source]() -> Result<std::string> {
        std::string bytes(std::size_t{1} << 18, '\0');
        auto const size = source->read(bytes.data(), bytes.size());
        if (!size) return fail(size.error());
        bytes.resize(*size);
        return bytes;
    };
}

Async<Result<ImportReport>> import_all(DatabaseService& database, ImportJob job) {
    ImportReport sum;
    sum.finished = true;
    for (auto const& file : job.files) {
        Result<ImportReport> report;
        if (file != "-" && is_predecessor(file)) {
            report = co_await import_predecessor(database, job.options, file);
        } else {
            auto source = open_file(file);
            if (!source) co_return fail(source.error());
            report = co_await import_database(database.manager(), job.options, feed_from(std::move(*source)));
        }
        if (!report) co_return fail(job.files.size() > 1 ? report.error().within(file) : report.error());
        sum.lines += report->lines;
        sum.skipped += report->skipped;
        sum.inserted += report->inserted;
        sum.duplicates += report->duplicates;
        sum.expired += report->expired;
        sum.rejected += report->rejected;
        for (auto const& [kind, count] : report->counts) sum.counts[kind] += count;
        sum.finished = sum.finished && report->finished;
        sum.stopped = report->stopped;
        if (sum.stopped) break;
    }
    co_return sum;
}

} // namespace

Result<TransferProgress> run_export(Settings const& settings, ExportJob job, Clock const& clock, Log& log) {
    std::atomic<bool> stopping = false;
    Output output;
    if (auto opened = output.open(job.file); !opened) return fail(opened.error());
    auto const sink = [&](std::string_view bytes) -> Result<void> {
        if (stopping) return fail(ErrorCode::unavailable, "stopped by a signal: the export is not whole");
        return output.write(bytes);
    };
    asio::io_context context(1);
    auto const work = [&](DatabaseService& database) { return export_database(database.manager(), job.options, sink); };
    auto answer =
        run_until_signal(context, with_database(settings.database, clock, log, work), [&](int) { stopping = true; });
    if (!answer) return fail(ErrorCode::internal, "the export ended without a report");
    if (!*answer) return std::move(*answer);
    if (auto finished = output.finish(); !finished) return fail(finished.error());
    return std::move(*answer);
}

Result<ImportReport> run_import(Settings const& settings, ImportJob job, Clock const& clock, Log& log) {
    std::atomic<bool> stopping = false;
    job.options.stop_requested = [&stopping] { return stopping.load(); };
    asio::io_context context(1);
    auto const work = [&](DatabaseService& database) { return import_all(database, job); };
    auto answer =
        run_until_signal(context, with_database(settings.database, clock, log, work), [&](int) { stopping = true; });
    if (!answer) return fail(ErrorCode::internal, "the import ended without a report");
    return std::move(*answer);
}

} // namespace gem
