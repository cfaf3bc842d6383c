// What all windowed questions and answers share: how a window is asked for, and what the answer says about its data.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/async.hpp"
#include "base/json.hpp"
#include "domain/repo_name.hpp"
#include "domain/time_window.hpp"
#include "storage/database_service.hpp"

namespace gem {

/// How a caller names a window: `hours` or `offset_minutes` (not both) back from `until` (default: the end of the
/// minute that runs).
struct WindowParams {
    std::optional<std::int64_t> hours;          ///< 1–8760
    std::optional<std::int64_t> offset_minutes; ///< 1–525600
    std::optional<UtcTime> until;

    /// [end − length, end) with the end rounded up to the minute; `fallback` is the length when none was named.
    [[nodiscard]] TimeWindow window(UtcTime now, minutes fallback) const;
};
BOOST_DESCRIBE_STRUCT(WindowParams, (), (hours, offset_minutes, until))

/// The window of a question that is about one repository, or about everything where it may be left out.
struct RepoWindowParams : WindowParams {
    std::optional<RepoName> repo;
};
BOOST_DESCRIBE_STRUCT(RepoWindowParams, (WindowParams), (repo))

/// The same for figures about people.
struct RepoPeopleParams : RepoWindowParams {
    std::string bots = "exclude";
};
BOOST_DESCRIBE_STRUCT(RepoPeopleParams, (RepoWindowParams), (bots))

/// The length of a window in hours, as bodies echo it; null when it is not a whole number of them.
std::optional<std::int64_t> whole_hours(TimeWindow window);

/// A stretch of the window for which nobody can vouch that every event was seen.
struct CoverageGap {
    UtcTime from{};
    UtcTime to{};
    std::string reason;
    friend bool operator==(CoverageGap const&, CoverageGap const&) = default;
};
BOOST_DESCRIBE_STRUCT(CoverageGap, (), (from, to, reason))

/// What is known about how whole the data of a window is.
struct Coverage {
    bool complete = false; ///< every event of the window was seen
    std::vector<CoverageGap> gaps;
    std::vector<std::string>
        sources; ///< archive, import, poll, webhook: those that brought events of the window, sorted
};
BOOST_DESCRIBE_STRUCT(Coverage, (), (complete, gaps, sources))

/// The last members of every windowed body.
struct WindowedPart {
    TimeWindow window;
    Coverage coverage;
    UtcTime timestamp{}; ///< when this representation was computed
};
BOOST_DESCRIBE_STRUCT(WindowedPart, (), (window, coverage, timestamp))

/// A figure together with the window it is about.
template <class Figures>
struct Windowed : Figures, WindowedPart {
    Windowed() = default;
    Windowed(Figures figures, WindowedPart part) : Figures(std::move(figures)), WindowedPart(std::move(part)) {}
    BOOST_DESCRIBE_CLASS(Windowed, (Figures, WindowedPart), (), (), ())
};

/// The one place that says how complete the data of a window is; of everything that is watched, or about one
/// repository. It reads the collector's records (poll_state.hpp tells their keys): `coverage#since#TARGET` from when on
/// a target was polled without a break, `coverage#gap#TARGET#FROM` but for what, `poll#TARGET` up to when; and
/// `coverage#archive#SCOPE#MONTH` which hours the archive vouches for (archive_coverage.hpp). Without a record nobody
/// vouches for the window: all of it is a gap.
///
/// Whoever asks at `now` about a window that has not ended is told of it up to judged_end().
Async<Result<Coverage>> coverage_of(DatabaseService& database, TimeWindow window, std::optional<RepoName> repo,
                                    UtcTime now = UtcTime::max());

/// Up to when a window can be complete at `now`: to the end of the last full minute; in windows of a day or longer to
/// that of the last full hour. What happened since then nobody can have asked for yet. A window that has no full one is
/// judged whole.
UtcTime judged_end(TimeWindow window, UtcTime now);

/// The collector's records by target, for those who ask about many repositories.
struct CoverageRecords {
    std::map<std::string, JsonText, std::less<>> since;
    std::map<std::string, JsonText, std::less<>> poll;
    std::map<std::string, std::vector<JsonText>, std::less<>> gaps; ///< of each target by their start
    /// Months of archive hours, by `*` for all or owner/name: (month `2024-01`, its document).
    std::map<std::string, std::vector<std::pair<std::string, JsonText>>, std::less<>> archive;
};

/// All records; with `repo` only those that speak for it.
Async<Result<CoverageRecords>> coverage_records(DatabaseService& database, std::optional<RepoName> repo);

/// The same as above, out of records that were read before.
Async<Result<Coverage>> coverage_of(DatabaseService& database, CoverageRecords const& records, TimeWindow window,
                                    std::optional<RepoName> repo, UtcTime now = UtcTime::max());

/// The same, of a window whose `sources` are known as well.
Coverage judge_coverage(CoverageRecords const& records, TimeWindow window, std::optional<RepoName> const& repo,
                        UtcTime now, std::vector<std::string> sources);

/// `window`, `coverage` and `timestamp` of an answer; `sources` of the window where they are known already.
Async<Result<WindowedPart>> windowed_part(DatabaseService& database, TimeWindow window, std::optional<RepoName> repo,
                                          UtcTime now, std::optional<std::vector<std::string>> sources = {});

/// What every answer about one repository starts from.
struct RepoAnswer {
    TimeWindow window;
    std::string repo; ///< the latest spelling that is stored; as asked for if nothing about it is
    WindowedPart part;
    std::vector<Tally> tallies; ///< of the window, when asked for
};

/// `fallback` is the window's length when none was named. invalid_argument without a `repo`.
Async<Result<RepoAnswer>> begin_answer(DatabaseService& database, RepoWindowParams params, minutes fallback,
                                       UtcTime now, bool with_tallies = false);

/// Makes `all` the part of an answer about one repository more: the gaps tell whose they are.
void unite(WindowedPart& all, WindowedPart one, std::string_view repo);

/// Who counts in a figure about people: METRICS.md rule 4.
enum class Bots { exclude, include, only };
/// `exclude` for anything but `include` and `only`.
Bots parse_bots(std::string_view text);

/// What a figure about people says about whom it counted.
struct PeopleBasis {
    std::string bots = "exclude";
    std::int64_t bots_excluded = 0; ///< events of bots that the scores leave out
};
BOOST_DESCRIBE_STRUCT(PeopleBasis, (), (bots, bots_excluded))

/// One signal of a score: what was seen, how much it weighs, what it brought, and a sentence for a person. A signal
/// that is not known has neither value nor points and weighs nothing.
struct Signal {
    std::string signal;
    std::optional<Ratio> value;
    Ratio weight;
    std::optional<Score> points;
    std::string sentence;
};
BOOST_DESCRIBE_STRUCT(Signal, (), (signal, value, weight, points, sentence))

/// A signal that a score leaves out; `why` completes "left out: …".
Signal left_out(std::string_view signal, std::string_view why);

/// The weighted mean of the points of the signals that are known, whose weights are scaled so that they add up to 1.
/// Nothing when none is known.
std::optional<double> weigh(std::span<Signal> signals);

/// The latest spelling of `repo` that is stored; as asked for if nothing about it is.
Async<Result<std::optional<std::string>>> stored_spelling(DatabaseService& database, std::optional<RepoName> repo);

} // namespace gem
