// Makes the databases to measure on: whole hours of GH Archive moved in time to consecutive hours with their ids made
// unique, so that any number of events has the density of the real ones. Deterministic.
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <unordered_set>

#include <fmt/format.h>
#include <zlib.h>

#include "base/result.hpp"
#include "base/time.hpp"

namespace {

using namespace gem;

constexpr std::string_view usage =
    "Usage: make_hours --events N [--start TIME] [--dir DIR] [--report FILE] [HOUR.json.gz…]\n\n"
    "Writes N events as one stream of lines to standard output (for `github-events-monitor backfill -`), or with "
    "--dir\n"
    "as hours YYYY-MM-DD-H.json.gz. The named hours are taken in turn; without any, invented events are used.\n"
    "--start: first hour (default 2016-01-01T00:00:00Z). --report: JSON with events, distinct, hours, from, to.\n";

constexpr std::size_t time_length = 20; // 2016-01-01T01:00:00Z
/// Added to the ids once for each time round the sources: more than any id of the years in which this form was used.
constexpr std::uint64_t id_step = 100'000'000'000;

/// A line of a source and where its id and its time are.
struct Line {
    std::string_view text;
    std::size_t id_begin = 0;
    std::size_t id_end = 0;
    std::size_t time_begin = 0;
    std::uint64_t id = 0;
    UtcTime created_at{};
    bool repeat = false; ///< the same line was in this hour before
};

struct SourceHour {
    std::string text;
    std::vector<Line> lines;
    UtcTime start{}; ///< the hour in which its median event happened
};

Result<Line> find_places(std::string_view text) {
    constexpr std::string_view id_key = "{\"id\":\"";
    constexpr std::string_view time_key = "\"public\":true,\"created_at\":\"";
    Line line{.text = text};
    line.id_begin = id_key.size();
    auto const time = text.rfind(time_key);
    if (!text.starts_with(id_key) || time == std::string_view::npos) {
        return fail(ErrorCode::invalid_argument, "a line is not in the form of GH Archive's hours of 2015 and later");
    }
    line.id_end = text.find('"', line.id_begin);
    auto const parsed = std::from_chars(text.data() + line.id_begin, text.data() + line.id_end, line.id);
    line.time_begin = time + time_key.size();
    auto const created = parse_time(text.substr(line.time_begin, time_length));
    if (parsed.ptr != text.data() + line.id_end || !created) {
        return fail(ErrorCode::invalid_argument, "a line has no numeric id or no time");
    }
    line.created_at = *created;
    return line;
}

Result<SourceHour> index(std::string text) {
    SourceHour hour{.text = std::move(text), .lines = {}};
    std::unordered_set<std::string_view> seen;
    std::vector<UtcTime> times;
    std::string_view rest = hour.text;
    while (!rest.empty()) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto const text_line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (text_line.empty()) continue;
        auto line = find_places(text_line);
        if (!line) return fail(std::move(line.error()));
        line->repeat = !seen.insert(text_line).second;
        times.push_back(line->created_at);
        hour.lines.push_back(*line);
    }
    if (times.empty()) return fail(ErrorCode::invalid_argument, "an hour has no events");
    auto const middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::ranges::nth_element(times, middle);
    hour.start = std::chrono::floor<hours>(*middle);
    return hour;
}

Result<std::string> read_gzip(char const* path) {
    auto* const file = gzopen(path, "rb");
    if (file == nullptr) return fail(ErrorCode::not_found, fmt::format("cannot open {}", path));
    std::string text;
    std::vector<char> piece(1 << 20);
    int size = 0;
    while ((size = gzread(file, piece.data(), static_cast<unsigned>(piece.size()))) > 0) {
        text.append(piece.data(), static_cast<std::size_t>(size));
    }
    gzclose(file);
    if (size < 0) return fail(ErrorCode::corrupt, fmt::format("{} is damaged", path));
    return text;
}

/// 13,000 invented events of one hour in about the mixture and size of 2016: few repositories are busy, most are not.
std::string invent_hour(unsigned number) {
    std::uint64_t state = 0x9E3779B97F4A7C15U + number;
    auto const below = [&state](std::uint64_t limit) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return (state >> 33U) % limit;
    };
    std::string text;
    constexpr unsigned events = 13'000;
    for (unsigned i = 0; i < events; ++i) {
        auto const repo = below(20) == 0 ? below(50) : 100 + below(9'000);
        auto const actor = below(10'000);
        auto const kind = below(100);
        std::string payload;
        std::string_view type = "WatchEvent";
        if (kind < 55) {
            type = "PushEvent";
            auto const commits = 1 + below(3);
            for (unsigned commit = 0; commit < commits; ++commit) {
                payload += fmt::format(R"({}{{"sha":"{:016x}{:016x}{:08x}","author":{{"email":"a{}@example.org",)"
                                       R"("name":"Person {}"}},"message":"change {} of part {}","distinct":true}})",
                                       commit == 0 ? "" : ",", below(~0U), below(~0U), below(~0U), actor, actor,
                                       below(1'000), below(1'000));
            }
            payload = fmt::format(R"({{"push_id":{},"size":{},"distinct_size":{},"ref":"refs/heads/main",)"
                                  R"("head":"{:040x}","before":"{:040x}","commits":[{}]}})",
                                  number * events + i, commits, commits, below(~0U), below(~0U), payload);
        } else if (kind < 75) {
            type = kind < 65 ? "IssuesEvent" : "PullRequestEvent";
            auto const object = kind < 65 ? "issue" : "pull_request";
            payload = fmt::format(R"({{"action":"{}","number":{},"{}":{{"id":{},"number":{},"title":"part {} is {}",)"
                                  R"("user":{{"login":"person-{}","id":{}}},"state":"open","body":"{}"}}}})",
                                  below(2) == 0 ? "opened" : "closed", i, object, i, i, below(1'000), below(1'000),
                                  actor, actor, std::string(600 + below(1'500), 'x'));
        } else if (kind < 88) {
            payload = R"({"action":"started"})";
        } else {
            type = "CreateEvent";
            payload = R"({"ref":null,"ref_type":"repository","master_branch":"main","description":""})";
        }
        text += fmt::format(
            R"({{"id":"{}","type":"{}","actor":{{"id":{},"login":"person-{}"}},"repo":{{"id":{},"name":"owner-{}/)"
            R"(project-{}"}},"payload":{},"public":true,"created_at":"2016-01-01T{:02}:{:02}:{:02}Z"}})"
            "\n",
            3'000'000'000U + number * events + i, type, actor + 1, actor, repo + 1, repo % 977, repo, payload, number,
            i * 60 / events, i * 3600 / events % 60);
    }
    return text;
}

/// `line` as event of time round `round`, moved by `shift`; with the line's end.
void append_moved(std::string& out, Line const& line, std::uint64_t round, seconds shift) {
    out.append(line.text, 0, line.id_begin);
    fmt::format_to(std::back_inserter(out), "{}", line.id + round * id_step);
    out.append(line.text, line.id_end, line.time_begin - line.id_end);
    out += format_time(line.created_at + shift);
    out.append(line.text, line.time_begin + time_length);
    out += '\n';
}

using Sink = std::function<Result<void>(UtcTime hour, std::string const& text)>;

Result<void> to_stdout(UtcTime /*hour*/, std::string const& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return {};
    return fail(ErrorCode::unavailable, "standard output is closed");
}

Result<void> to_file(std::filesystem::path const& directory, UtcTime hour, std::string const& text) {
    auto const day = format_time(hour).substr(0, 10);
    auto const in_day = (to_unix(hour) % 86'400) / 3'600;
    auto const path = directory / fmt::format("{}-{}.json.gz", day, in_day);
    auto* const file = gzopen(path.c_str(), "wb6");
    bool whole = file != nullptr;
    whole = whole && gzwrite(file, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size());
    if (file != nullptr && gzclose(file) != Z_OK) whole = false;
    if (whole) return {};
    return fail(ErrorCode::unavailable, fmt::format("cannot write {}", path.string()));
}

struct Arguments {
    std::uint64_t events = 0;
    UtcTime start = from_unix(1'451'606'400); // 2016-01-01T00:00:00Z
    std::optional<std::filesystem::path> directory;
    char const* report = nullptr;
    std::vector<char const*> sources;
};

std::optional<Arguments> read_arguments(int argc, char** argv) {
    Arguments arguments;
    for (int i = 1; i < argc; ++i) {
        std::string_view const name = argv[i];
        if (!name.starts_with("--")) {
            arguments.sources.push_back(argv[i]);
            continue;
        }
        if (i + 1 == argc) return std::nullopt;
        std::string_view const value = argv[++i];
        if (name == "--events") {
            std::from_chars(value.data(), value.data() + value.size(), arguments.events);
        } else if (name == "--start") {
            auto const start = parse_time(value);
            if (!start) return std::nullopt;
            arguments.start = std::chrono::floor<hours>(*start);
        } else if (name == "--dir") {
            arguments.directory = value;
        } else if (name == "--report") {
            arguments.report = argv[i];
        } else {
            return std::nullopt;
        }
    }
    if (arguments.events == 0) return std::nullopt;
    return arguments;
}

Result<std::vector<SourceHour>> read_sources(std::vector<char const*> const& paths) {
    std::vector<SourceHour> sources;
    for (auto const* path : paths) {
        auto text = read_gzip(path);
        if (!text) return fail(std::move(text.error()));
        auto hour = index(std::move(*text));
        if (!hour) return fail(hour.error().code, fmt::format("{}: {}", path, hour.error().message));
        sources.push_back(std::move(*hour));
    }
    constexpr unsigned invented = 3;
    for (unsigned number = 0; paths.empty() && number < invented; ++number) {
        auto hour = index(invent_hour(number));
        if (!hour) return fail(std::move(hour.error()));
        sources.push_back(std::move(*hour));
    }
    return sources;
}

Result<void> make(Arguments const& arguments) {
    auto const sources = read_sources(arguments.sources);
    if (!sources) return fail(sources.error());
    Sink sink = to_stdout;
    if (arguments.directory) {
        std::filesystem::create_directories(*arguments.directory);
        sink = [&](UtcTime hour, std::string const& text) { return to_file(*arguments.directory, hour, text); };
    }
    std::uint64_t events = 0;
    std::uint64_t distinct = 0;
    std::uint64_t made_hours = 0;
    std::string text;
    for (; events < arguments.events; ++made_hours) {
        auto const& source = (*sources)[made_hours % sources->size()];
        auto const hour = arguments.start + hours(made_hours);
        text.clear();
        for (auto const& line : source.lines) {
            if (events == arguments.events) break;
            append_moved(text, line, made_hours / sources->size(), hour - source.start);
            ++events;
            distinct += line.repeat ? 0 : 1;
        }
        if (auto written = sink(hour, text); !written) return written;
    }
    if (std::fflush(stdout) != 0) return fail(ErrorCode::unavailable, "standard output is closed");
    if (arguments.report == nullptr) return {};
    auto* const report = std::fopen(arguments.report, "w");
    if (report == nullptr) return fail(ErrorCode::unavailable, fmt::format("cannot write {}", arguments.report));
    fmt::print(report,
               R"({{"events":{},"distinct":{},"hours":{},"from":"{}","to":"{}"}})"
               "\n",
               events, distinct, made_hours, format_time(arguments.start),
               format_time(arguments.start + hours(made_hours)));
    std::fclose(report);
    return {};
}

} // namespace

int main(int argc, char** argv) {
    auto const arguments = read_arguments(argc, argv);
    if (!arguments) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    auto const made = make(*arguments);
    if (made) return 0;
    fmt::print(stderr, "make_hours: {}\n", made.error().message);
    return 1;
}
