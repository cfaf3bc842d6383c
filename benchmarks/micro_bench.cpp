// Micro-benchmarks of what runs once for each event or request. Each checks its answer before it is timed; all input is
// made here.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include "analytics/trending.hpp"
#include "github/event_parser.hpp"
#include "http/rate_limiter.hpp"
#include "storage/hour_page.hpp"
#include "storage/payload_codec.hpp"

namespace {

using namespace gem;

/// A push of three commits, about 1.5 KB, as most events are.
std::string push_payload() {
    std::string commits;
    for (int i = 0; i < 3; ++i) {
        commits += fmt::format(
            R"({}{{"sha":"{:040x}","author":{{"email":"ada{}@example.org","name":"Ada {}"}},"message":"Mend part {}",)"
            R"("distinct":true,"url":"https://api.github.com/repos/octo-org/hello-world/commits/{:040x}"}})",
            i == 0 ? "" : ",", 0xabcdef123 + i, i, i, i, 0xabcdef123 + i);
    }
    return fmt::format(R"({{"push_id":919795578,"size":3,"distinct_size":3,"ref":"refs/heads/main","head":"{:040x}",)"
                       R"("before":"{:040x}","commits":[{}]}})",
                       0xabcdef125, 0xabcdef122, commits);
}

std::string push_event(std::string const& payload) {
    return fmt::format(
        R"({{"id":"3486742134","type":"PushEvent","actor":{{"id":1001,"login":"ada","gravatar_id":"",)"
        R"("url":"https://api.github.com/users/ada","avatar_url":"https://avatars.githubusercontent.com/u/1001?"}},)"
        R"("repo":{{"id":7,"name":"octo-org/hello-world","url":"https://api.github.com/repos/octo-org/hello-world"}},)"
        R"("payload":{},"public":true,"created_at":"2016-01-01T01:00:00Z"}})",
        payload);
}

void parse_event(benchmark::State& state) {
    auto const payload = push_payload();
    auto text = push_event(payload);
    auto const size = text.size();
    text.append(EventParser::padding, ' ');
    std::string_view const line(text.data(), size);
    EventParser parser;
    Event checked;
    auto const kind = parser.parse_line(line, EventSource::archive, checked);
    if (!kind || *kind != ParsedKind::event || checked.id != "3486742134" || checked.facts.distinct_size != 3 ||
        checked.payload.text() != payload) {
        state.SkipWithError("the event was not read as it was written");
        return;
    }
    for (auto _ : state) {
        Event event;
        benchmark::DoNotOptimize(parser.parse_line(line, EventSource::archive, event));
        benchmark::DoNotOptimize(event);
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}
BENCHMARK(parse_event);

void compress_payload(benchmark::State& state) {
    auto const payload = push_payload();
    PayloadCodec codec;
    auto const stored = codec.compress(payload);
    auto const back = codec.restore(stored);
    if (!back || *back != payload || stored.size() * 2 > payload.size()) {
        state.SkipWithError("the payload did not come back smaller and whole");
        return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(codec.compress(payload));
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(payload.size()));
    state.counters["ratio"] = static_cast<double>(payload.size()) / static_cast<double>(stored.size());
}
BENCHMARK(compress_payload);

void restore_payload(benchmark::State& state) {
    auto const payload = push_payload();
    PayloadCodec codec;
    auto const stored = codec.compress(payload);
    auto const back = codec.restore(stored);
    if (!back || *back != payload) {
        state.SkipWithError("the payload did not come back");
        return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(codec.restore(stored));
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(payload.size()));
}
BENCHMARK(restore_payload);

/// 13,000 events of 8,000 repositories, about an hour of 2016; normalised.
std::vector<PageRow> hour_rows() {
    std::vector<PageRow> rows;
    std::uint32_t state = 12'345;
    auto const below = [&state](std::uint32_t limit) {
        state = state * 1'664'525U + 1'013'904'223U;
        return (state >> 8U) % limit;
    };
    for (int i = 0; i < 13'000; ++i) {
        auto const kind = static_cast<std::uint16_t>(below(30));
        rows.push_back({.repo = below(8'000) + 1,
                        .actor = 2 * below(10'000) + 2,
                        .kind = kind,
                        .minute = static_cast<std::uint8_t>(below(60)),
                        .events = 1,
                        .commits = kind == 0 ? below(5) : 0,
                        .commits_unknown = 0});
    }
    normalize_page_rows(rows);
    return rows;
}

void encode_page(benchmark::State& state) {
    auto const rows = hour_rows();
    auto const page = encode_hour_page(rows);
    auto const back = decode_hour_page(page);
    if (!back || *back != rows) {
        state.SkipWithError("the page did not come back");
        return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(encode_hour_page(rows));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows.size()));
    state.counters["bytes"] = static_cast<double>(page.size());
}
BENCHMARK(encode_page);

void decode_page(benchmark::State& state) {
    auto const rows = hour_rows();
    auto const page = encode_hour_page(rows);
    auto const back = decode_hour_page(page);
    if (!back || *back != rows) {
        state.SkipWithError("the page did not come back");
        return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(decode_hour_page(page));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows.size()));
}
BENCHMARK(decode_page);

void read_packed_page(benchmark::State& state) {
    auto const rows = hour_rows();
    auto const page = encode_hour_page(rows);
    auto const back = PackedPage::read(page);
    std::vector<PageRow> seen;
    if (back) {
        for (auto const& span : back->spans())
            back->for_each_row(span, [&](PageRow const& row) { seen.push_back(row); });
    }
    if (seen != rows) {
        state.SkipWithError("the page did not come back");
        return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(PackedPage::read(page));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows.size()));
}
BENCHMARK(read_packed_page);

void take_from_rate_limiter(benchmark::State& state) {
    auto const clients = static_cast<std::size_t>(state.range(0));
    http::RateLimiter limiter(1, 2, clients);
    http::RateLimiter::Time now{};
    bool const first = limiter.take("192.0.2.1", now).allowed;
    bool const second = limiter.take("192.0.2.1", now).allowed;
    if (!first || !second || limiter.take("192.0.2.1", now).allowed) {
        state.SkipWithError("a burst of two is not two");
        return;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < clients; ++i) names.push_back(fmt::format("10.0.{}.{}", i / 256, i % 256));
    std::size_t next = 0;
    for (auto _ : state) {
        now += std::chrono::microseconds(10);
        benchmark::DoNotOptimize(limiter.take(names[next], now));
        next = next + 1 == clients ? 0 : next + 1;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(take_from_rate_limiter)->Arg(1)->Arg(10'000);

void write_trending(benchmark::State& state) {
    Windowed<Trending> answer;
    answer.hours = 24;
    answer.limit = 10;
    for (int i = 0; i < 10; ++i) {
        answer.repositories.push_back(
            {.repo = fmt::format("octo-org/project-{}", i),
             .repo_name = fmt::format("octo-org/project-{}", i),
             .total_events = 1'000 - i,
             .watch_events = 500,
             .pr_events = 20,
             .issues_events = 30,
             .unique_actors = 400,
             .activity_score = 99.9,
             .event_breakdown = {{"ForkEvent", 50}, {"PushEvent", 400}, {"WatchEvent", 500}},
             .trending_score = {},
             .explanation = {{.signal = "people",
                              .value = 390.0,
                              .weight = 0.125,
                              .points = 99.9,
                              .sentence = "distinct (person, type, UTC day), bots left out"}}});
    }
    answer.items = answer.repositories;
    auto const text = json::to_string(answer);
    if (!text.starts_with(R"({"hours":24,"limit":10,"repositories":[{"repo":"octo-org/project-0",)") ||
        !is_json(text)) {
        state.SkipWithError("the answer is not the JSON that was expected");
        return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(json::to_string(answer));
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(write_trending);

} // namespace

BENCHMARK_MAIN();
