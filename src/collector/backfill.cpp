// One worker coroutine a job reads its files on a pool of threads; each batch goes into the database in a coroutine of
// its own, of which there are at most three. All bookkeeping is on the one thread of the event loop.
#include "collector/backfill.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "collector/archive_coverage.hpp"

namespace gem {

namespace {

constexpr std::size_t batch_events = 8000;
constexpr std::size_t batch_bytes = std::size_t{16} << 20;
constexpr std::size_t inserts_at_once = 3;
constexpr std::size_t rejections_kept = 20;

std::uint64_t fnv1a(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

/// One file under way. Lives until the run ends; moves into the report then.
struct FileRun {
    BackfillFile report;
    std::string state_key;   ///< empty: is not remembered
    std::size_t inserts = 0; ///< under way
    bool read_done = false;
};

class Run {
  public:
    Run(DatabaseService& database, BackfillOptions options, HourSource* hour_source,
        asio::any_io_executor const& executor, asio::cancellation_state cancellation)
        : database_(database), options_(std::move(options)), by_hour_(options_.hours || !options_.some_hours.empty()),
          hour_source_(hour_source), cancellation_(std::move(cancellation)), executor_(executor), changed_(executor),
          pool_(std::max<std::size_t>(options_.jobs, 1)) {
        changed_.expires_at(asio::steady_timer::time_point::max());
        for (auto const& repo : options_.repos) repos_.insert(repo.key());
        owners_.insert(options_.owners.begin(), options_.owners.end());
        plan();
    }

    Async<BackfillReport> perform() {
        started_ = options_.now();
        for (std::size_t i = 0; i < std::min(options_.jobs, names_.size()); ++i) spawn(work());
        while (children_ > 0) co_await wait_for_change();
        pool_.join();
        if (thrown_) std::rethrow_exception(thrown_);
        tell_progress(true);
        co_return make_report();
    }

  private:
    void plan() {
        names_ = options_.files;
        if (options_.hours) {
            for (auto hour = options_.hours->from; hour < options_.hours->to; hour += hours(1))
                names_.push_back(hour_file_name(hour));
        }
        for (auto const hour : options_.some_hours) names_.push_back(hour_file_name(hour));
        std::uint64_t total = 0;
        for (auto const& name : names_) {
            std::error_code error;
            std::optional<std::uint64_t> size;
            if (by_hour_)
                size = hour_source_->size(name);
            else if (auto const bytes = std::filesystem::file_size(name, error); !error)
                size = bytes;
            if (!size) return;
            total += *size;
        }
        total_bytes_ = total;
    }

    /// `child` is waited for by perform(); what it throws is thrown there.
    void spawn(Async<void> child) {
        ++children_;
        asio::co_spawn(executor_, std::move(child), [this](std::exception_ptr error) {
            --children_;
            if (error && !thrown_) thrown_ = error;
            changed_.cancel();
        });
    }

    Async<void> wait_for_change() {
        boost::system::error_code ignored;
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    /// Whether nothing new is to be begun.
    bool stopping() {
        if (!cancelled_ && (cancellation_.cancelled() != asio::cancellation_type::none ||
                            (options_.stop_requested && options_.stop_requested())))
            cancelled_ = true;
        return cancelled_ || error_ || thrown_ || strict_stop_;
    }

    Async<void> work() {
        while (next_name_ < names_.size() && !stopping()) {
            auto const& name = names_[next_name_++];
            auto& file = *files_.emplace_back(std::make_unique<FileRun>());
            file.report.file = name == "-" ? "standard input" : name;
            current_ = file.report.file;
            co_await read_file(name, file);
            file.read_done = true;
            if (file.report.problem && options_.strict) strict_stop_ = true;
            co_await finish_if_done(file);
        }
    }

    Async<void> read_file(std::string name, FileRun& file) {
        auto input = co_await run_on(pool_, [&] { return by_hour_ ? hour_source_->open(name) : open_file(name); });
        if (!input) {
            file.report.problem = input.error();
            co_return;
        }
        if (co_await finished_before(name, (*input)->version(), file)) co_return;
        ArchiveReader reader(std::move(*input), EventSource::archive,
                             {.events = batch_events, .bytes = batch_bytes, .stop_at_first_bad = options_.strict});
        std::vector<Event> pending;
        std::size_t pending_bytes = 0;
        bool at_end = false;
        while (!at_end && !stopping()) {
            auto batch = co_await run_on(pool_, [&] { return reader.next_batch(); });
            auto const read_before = file.report.read.input_bytes;
            file.report.read = reader.counts();
            bytes_ += file.report.read.input_bytes - read_before;
            at_end = batch.empty();
            pending_bytes += take(std::move(batch), pending, file);
            if (pending.size() >= batch_events || pending_bytes >= batch_bytes || (at_end && !pending.empty())) {
                co_await insert(std::exchange(pending, {}), file);
                pending_bytes = 0;
            }
            tell_progress(false);
        }
        file.report.bad_records = reader.bad_records();
        file.report.problem = reader.problem();
        if (!at_end) left_.insert(&file);
    }

    [[nodiscard]] bool wanted(std::string const& repo) const {
        return repos_.contains(repo) || owners_.contains(repo.substr(0, repo.find('/')));
    }

    /// Moves to `pending` what is asked for; returns the length of its payloads.
    std::size_t take(std::vector<Event> batch, std::vector<Event>& pending, FileRun& file) {
        std::size_t bytes = 0;
        bool const all = repos_.empty() && owners_.empty();
        if (all) {
            for (auto const& event : batch) bytes += event.payload.text().size();
            if (pending.empty()) {
                pending = std::move(batch);
                return bytes;
            }
        }
        for (auto& event : batch) {
            if (!all && !wanted(ascii_lower(event.repo_name))) {
                ++file.report.filtered;
                continue;
            }
            if (!all) bytes += event.payload.text().size();
            pending.push_back(std::move(event));
        }
        return bytes;
    }

    Async<void> insert(std::vector<Event> batch, FileRun& file) {
        while (inserts_ >= inserts_at_once && !error_ && !thrown_) co_await wait_for_change();
        if (error_ || thrown_) co_return;
        ++inserts_;
        ++file.inserts;
        spawn(insert_batch(std::move(batch), file));
    }

    Async<void> insert_batch(std::vector<Event> batch, FileRun& file) {
        auto const count = batch.size();
        Result<InsertResult> result = fail(ErrorCode::internal, "the insert did not answer");
        try {
            result = co_await database_.events().insert_events(std::move(batch));
        } catch (...) {
            thrown_ = std::current_exception();
        }
        --inserts_;
        --file.inserts;
        if (!thrown_) note(result, count, file);
        co_await finish_if_done(file);
        tell_progress(false);
    }

    void note(Result<InsertResult> const& result, std::size_t count, FileRun& file) {
        if (!result) {
            if (!error_) error_ = result.error();
            return;
        }
        events_ += count;
        auto& report = file.report;
        report.inserted += result->inserted;
        report.duplicates += result->duplicates;
        report.expired += result->expired;
        report.rejected += result->rejected.size();
        for (auto const& rejection : result->rejected) {
            if (report.rejections.size() < rejections_kept) report.rejections.push_back(rejection.reason);
        }
    }

    Async<void> finish_if_done(FileRun& file) {
        if (!file.read_done || file.inserts > 0 || file.report.finished || file.report.skipped) co_return;
        if (file.report.problem || error_ || thrown_ || left_.contains(&file)) co_return;
        file.report.finished = true;
        ++files_done_;
        co_await vouch(file);
        if (file.state_key.empty() || error_) co_return;
        auto value =
            JsonText::parse(fmt::format(R"({{"events":{},"inserted":{},"duplicates":{}}})", file.report.read.events,
                                        file.report.inserted, file.report.duplicates));
        auto const put = co_await database_.metrics().put_state(
            {.key = file.state_key, .value = value ? *std::move(value) : JsonText(), .version = 0});
        // Somebody else who finished the same file at the same time is no harm.
        if (!put && put.error().code != ErrorCode::conflict && !error_)
            error_ = put.error().within("the file is stored, but that could not be noted");
    }

    /// An hour of which nothing was lost is covered from now on.
    Async<void> vouch(FileRun const& file) {
        auto const hour = hour_of_file(file.report.file);
        bool const lost = file.report.read.bad > 0 || file.report.rejected > 0 || file.report.expired > 0;
        if (!hour || lost || !owners_.empty()) co_return;
        auto const vouched = co_await vouch_for_hour(database_, *hour, {repos_.begin(), repos_.end()});
        if (!vouched && !error_) error_ = vouched.error();
    }

    /// Whether a former run has finished this very content with these very repositories; sets the key to remember it
    /// by.
    Async<bool> finished_before(std::string name, std::string version, FileRun& file) {
        if ((!by_hour_ && !options_.resume) || version.empty() || name == "-") co_return false;
        file.state_key = fmt::format("backfill#{}#{}", std::filesystem::path(name).filename().string(), version);
        if (!repos_.empty() || !owners_.empty()) {
            auto filter = fmt::format("{}", fmt::join(repos_, ","));
            for (auto const& owner : owners_) filter += ',' + owner + "/*";
            file.state_key += fmt::format("#{:016x}", fnv1a(filter));
        }
        auto const known = co_await database_.metrics().get_state(file.state_key);
        if (!known) {
            if (!error_) error_ = known.error();
            left_.insert(&file);
            co_return true;
        }
        if (!known->has_value()) co_return false;
        file.report.skipped = true;
        ++files_done_;
        if (total_bytes_ && hour_or_file_size(name)) bytes_ += *hour_or_file_size(name);
        co_return true;
    }

    [[nodiscard]] std::optional<std::uint64_t> hour_or_file_size(std::string const& name) const {
        if (by_hour_) return hour_source_->size(name);
        std::error_code error;
        auto const size = std::filesystem::file_size(name, error);
        return error ? std::nullopt : std::optional<std::uint64_t>(size);
    }

    void tell_progress(bool last) {
        if (!options_.on_progress) return;
        auto const now = options_.now();
        if (!last && last_told_ && now - *last_told_ < std::chrono::milliseconds(100)) return;
        last_told_ = now;
        auto const elapsed = std::chrono::duration<double>(now - started_).count();
        BackfillProgress progress{.file = current_,
                                  .files_done = files_done_,
                                  .files_total = names_.size(),
                                  .bytes = bytes_,
                                  .total_bytes = total_bytes_,
                                  .events = events_,
                                  .events_per_second = elapsed > 0 ? static_cast<double>(events_) / elapsed : 0,
                                  .remaining = {},
                                  .finished = false};
        auto const fraction = progress.fraction();
        if (fraction > 0 && elapsed >= 1)
            progress.remaining = seconds(static_cast<std::int64_t>(elapsed / fraction * (1 - fraction)));
        progress.finished = last;
        options_.on_progress(progress);
    }

    BackfillReport make_report() {
        BackfillReport report;
        for (auto& file : files_) report.files.push_back(std::move(file->report));
        report.files_left = names_.size() - next_name_;
        report.cancelled = cancelled_ && (report.files_left > 0 || !left_.empty());
        report.error = error_;
        report.resumable_by_file = by_hour_ || options_.resume;
        return report;
    }

    DatabaseService& database_;
    BackfillOptions options_;
    bool by_hour_; ///< files come from the HourSource
    HourSource* hour_source_;
    asio::cancellation_state cancellation_;
    asio::any_io_executor executor_;
    asio::steady_timer changed_;  ///< never expires; is cancelled to wake all who wait for something
    std::set<std::string> repos_; ///< keys
    std::set<std::string> owners_;
    std::vector<std::string> names_;
    std::size_t next_name_ = 0;
    std::vector<std::unique_ptr<FileRun>> files_;
    std::set<FileRun const*> left_; ///< not read to the end because the run stopped
    std::size_t children_ = 0;
    std::size_t inserts_ = 0;
    bool cancelled_ = false;
    bool strict_stop_ = false;
    std::optional<Error> error_;
    std::exception_ptr thrown_;
    std::string current_;
    std::size_t files_done_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t events_ = 0;
    std::optional<std::uint64_t> total_bytes_;
    std::chrono::steady_clock::time_point started_;
    std::optional<std::chrono::steady_clock::time_point> last_told_;
    asio::thread_pool pool_; ///< last: joined before anything that its work uses goes
};

std::optional<std::string> problem_with(BackfillOptions const& options, HourSource const* hour_source) {
    bool const by_hour = options.hours || !options.some_hours.empty();
    if (options.files.empty() == !by_hour)
        return "expected either files (or - for standard input) or a range of hours with --from and --to";
    if (options.jobs < 1 || options.jobs > 8) return "expected 1 to 8 jobs";
    if (!by_hour) return std::nullopt;
    if (hour_source == nullptr) return "expected a place to take the hours from: --dir or --url";
    if (!options.hours) return std::nullopt;
    auto const whole = [](UtcTime time) { return std::chrono::floor<hours>(time) == time; };
    if (!whole(options.hours->from) || !whole(options.hours->to)) return "expected --from and --to on whole hours";
    if (options.hours->empty()) return "expected --from to be before --to";
    return std::nullopt;
}

} // namespace

Async<Result<BackfillReport>> backfill(DatabaseService& database, BackfillOptions options, HourSource* hour_source) {
    if (auto const problem = problem_with(options, hour_source)) co_return fail(ErrorCode::invalid_argument, *problem);
    // A cancellation is noted but not handed on: what is under way ends on its own, soon, and its result is wanted.
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation(), asio::disable_cancellation());
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    auto const executor = co_await asio::this_coro::executor;
    BackfillReport report;
    {
        Run run(database, std::move(options), hour_source, executor, cancellation);
        report = co_await run.perform();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return report;
}

} // namespace gem
