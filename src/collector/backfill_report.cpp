// What a run has come to, in words.
#include <fmt/format.h>

#include "collector/backfill.hpp"

namespace gem {

namespace {

void describe_file(BackfillFile const& file, std::vector<std::string>& lines) {
    if (file.problem) {
        bool const names_it = file.problem->message.find(file.file) != std::string::npos;
        lines.push_back(names_it ? file.problem->message : fmt::format("{}: {}", file.file, file.problem->message));
    }
    for (auto const& bad : file.bad_records) lines.push_back(fmt::format("{}:{}: {}", file.file, bad.line, bad.reason));
    if (file.read.bad > file.bad_records.size())
        lines.push_back(fmt::format("{}: and {} more bad records", file.file, file.read.bad - file.bad_records.size()));
    for (auto const& reason : file.rejections) lines.push_back(fmt::format("{}: rejected: {}", file.file, reason));
    if (file.rejected > file.rejections.size())
        lines.push_back(
            fmt::format("{}: and {} more events rejected", file.file, file.rejected - file.rejections.size()));
}

} // namespace

BackfillFile BackfillReport::totals() const {
    BackfillFile sum;
    for (auto const& file : files) {
        sum.read.events += file.read.events;
        sum.read.bad += file.read.bad;
        sum.read.no_repository += file.read.no_repository;
        sum.read.input_bytes += file.read.input_bytes;
        sum.filtered += file.filtered;
        sum.inserted += file.inserted;
        sum.duplicates += file.duplicates;
        sum.expired += file.expired;
        sum.rejected += file.rejected;
    }
    return sum;
}

bool BackfillReport::ok() const {
    if (cancelled || error || files_left > 0) return false;
    return std::ranges::all_of(files, [](BackfillFile const& file) {
        return !file.problem && file.read.bad == 0 && file.rejected == 0 && (file.finished || file.skipped);
    });
}

std::string summary_line(BackfillReport const& report) {
    auto const sum = report.totals();
    auto const skipped = std::ranges::count_if(report.files, &BackfillFile::skipped);
    auto total = fmt::format("{} events read, {} stored, {} duplicates", sum.read.events, sum.inserted, sum.duplicates);
    if (sum.filtered > 0) total += fmt::format(", {} of other repositories", sum.filtered);
    if (sum.read.no_repository > 0) total += fmt::format(", {} without a repository", sum.read.no_repository);
    if (sum.expired > 0) total += fmt::format(", {} older than the retention", sum.expired);
    if (sum.rejected > 0) total += fmt::format(", {} rejected", sum.rejected);
    if (sum.read.bad > 0) total += fmt::format(", {} bad records", sum.read.bad);
    if (skipped > 0) total += fmt::format("; {} of {} files were finished before", skipped, report.files.size());
    return total;
}

std::vector<std::string> problem_lines(BackfillReport const& report) {
    std::vector<std::string> lines;
    for (auto const& file : report.files) describe_file(file, lines);
    if (report.error) lines.push_back(fmt::format("stopped: {}", report.error->message));
    if (report.cancelled || report.error || report.files_left > 0) {
        auto const how = report.resumable_by_file
                             ? "files that are finished will be skipped"
                             : "what is stored already will be recognised (--resume skips finished files)";
        lines.push_back(fmt::format("to go on, run the same command again: {}", how));
    }
    return lines;
}

} // namespace gem
