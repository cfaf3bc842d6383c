#include "app/backfill_job.hpp"

#include <atomic>

#include <fmt/format.h>
#include <unistd.h>

#include "app/providers.hpp"
#include "app/signals.hpp"
#include "collector/archive_coverage.hpp"

namespace gem {

namespace {

/// The largest hours have some 200 MB.
constexpr std::chrono::minutes download_deadline{15};

/// The report on files of which not one can be opened: no database is made for them.
std::optional<BackfillReport> report_without_a_run(std::vector<std::string> const& files) {
    if (files.empty()) return std::nullopt;
    BackfillReport report;
    for (auto const& name : files) {
        // Not opened to try: what is read from a pipe is gone.
        if (name == "-" || ::access(name.c_str(), R_OK) == 0) return std::nullopt;
        auto opened = open_file(name);
        if (opened) return std::nullopt;
        auto& file = report.files.emplace_back();
        file.file = name;
        file.problem = std::move(opened.error());
    }
    return report;
}

} // namespace

WebHours::WebHours(std::string base) : base_(std::move(base)) {
    while (base_.ends_with('/')) base_.pop_back();
    auto pattern = (std::filesystem::temp_directory_path() / "github-events-monitor-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) directory_ = pattern;
}

WebHours::~WebHours() {
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

Result<std::unique_ptr<ByteSource>> WebHours::open(std::string const& file_name) {
    if (directory_.empty()) {
        return fail(ErrorCode::unavailable,
                    fmt::format("cannot make a directory for downloads in \"{}\"; TMPDIR names another place",
                                std::filesystem::temp_directory_path().string()));
    }
    auto const path = directory_ / file_name;
    auto const fetched = run_to_end(http::download(http_, base_ + "/" + file_name, path.string(), download_deadline));
    if (!fetched) return fail(fetched.error());
    auto source = open_file(path.string());
    std::error_code ignored;
    std::filesystem::remove(path, ignored); // the open file lives on
    return source;
}

std::optional<std::uint64_t> WebHours::size(std::string const&) const { return std::nullopt; }

Result<BackfillReport> run_backfill(Settings const& settings, BackfillJob job, Clock const& clock, Log& log) {
    if (auto report = report_without_a_run(job.options.files)) return std::move(*report);
    std::unique_ptr<HourSource> hours;
    if (job.options.hours || job.gaps) {
        if (!job.directory.empty())
            hours = hours_in_directory(job.directory);
        else
            hours = std::make_unique<WebHours>(job.url.empty() ? std::string(archive_url) : job.url);
    }
    std::atomic<bool> stopping = false;
    job.options.stop_requested = [&stopping] { return stopping.load(); };
    asio::io_context context(1);
    auto const work = [&](DatabaseService& database) -> Async<Result<BackfillReport>> {
        if (job.gaps) {
            auto fill = co_await gaps_to_fill(database, clock.now());
            if (!fill) co_return fail(fill.error());
            for (auto const& sentence : fill->left) log.warn("gap_left", {{"reason", sentence}});
            if (fill->hours.empty()) co_return BackfillReport{};
            job.options.some_hours = std::move(fill->hours);
            job.options.repos = std::move(fill->repos);
            job.options.owners = std::move(fill->owners);
        }
        co_return co_await backfill(database, job.options, hours.get());
    };
    auto answer =
        run_until_signal(context, with_database(settings.database, clock, log, work), [&](int) { stopping = true; });
    if (!answer) return fail(ErrorCode::internal, "the backfill ended without a report");
    return std::move(*answer);
}

} // namespace gem
