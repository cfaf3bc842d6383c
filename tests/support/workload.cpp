#include "support/workload.hpp"

#include <fmt/format.h>

#include "support/event_maker.hpp"

namespace gem::test {

namespace {

/// What a repository was called when: names by the hour of the history (as a share of its length) from which they hold.
struct RepoStory {
    std::optional<std::int64_t> id;
    std::vector<std::pair<double, char const*>> names;
    double from = 0.0; ///< there are events from here …
    double to = 1.0;   ///< … to here
};

std::vector<RepoStory> const& stories() {
    static std::vector<RepoStory> const all = {
        {.id = 11, .names = {{0.0, "acme/steady"}}},
        {.id = 12, .names = {{0.0, "acme/old-name"}, {0.5, "acme/new-name"}}},
        {.id = 13, .names = {{0.0, "acme/prize"}, {0.4, "acme/former-prize"}}},
        {.id = 14, .names = {{0.6, "acme/prize"}}, .from = 0.6}, // takes the name that 13 left
        {.id = 15, .names = {{0.0, "acme/Spelling"}, {0.3, "ACME/spelling"}, {0.7, "acme/spelling"}}},
        {.id = 16, .names = {{0.0, "zeta/again"}}, .to = 0.4},
        {.id = 17, .names = {{0.6, "Zeta/Again"}}, .from = 0.6}, // made again under the same name
        {.id = std::nullopt, .names = {{0.0, "zeta/no-id"}}},
        {.id = std::nullopt, .names = {{0.0, "acme/steady"}}}, // another source of 11's events, without ids
        {.id = 100, .names = {{0.0, "b/c_d"}}},
        {.id = 9, .names = {{0.0, "b/cxd"}}},
    };
    return all;
}

struct Person {
    char const* login;
    std::optional<std::int64_t> id;
};

std::vector<Person> const& people() {
    static std::vector<Person> const all = {{"ada", 1001},     {"Bob", 1002},      {"dependabot[bot]", 49'699'333},
                                            {"x-bot", 1003},   {"", std::nullopt}, {"ghost-without-id", std::nullopt},
                                            {"web-flow", 1004}};
    return all;
}

constexpr std::array<char const*, 8> types = {"PushEvent",         "WatchEvent", "PullRequestEvent", "IssuesEvent",
                                              "IssueCommentEvent", "ForkEvent",  "ReleaseEvent",     "NovelEvent"};

std::size_t pick(std::mt19937& random, std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
}

bool chance(std::mt19937& random, double share) { return std::uniform_real_distribution<>(0, 1)(random) < share; }

/// The time at `share` of the history, on a whole hour.
UtcTime time_at(WorkloadOptions const& options, double share) {
    return options.start + hours(static_cast<std::int64_t>(share * static_cast<double>(options.length.count())));
}

EventFacts random_facts(std::mt19937& random, std::string_view type) {
    EventFacts facts;
    if (type == "PushEvent") {
        facts.ref = "refs/heads/main";
        facts.head = fmt::format("{:040x}", random());
        if (chance(random, 0.7)) facts.distinct_size = static_cast<std::int64_t>(pick(random, 9));
    } else if (type == "PullRequestEvent" || type == "IssuesEvent") {
        facts.action = std::array{"opened", "closed", "reopened"}[pick(random, 3)];
        facts.number = static_cast<std::int64_t>(pick(random, 500));
        if (type == "PullRequestEvent" && facts.action == "closed" && chance(random, 0.6))
            facts.merged = chance(random, 0.5);
    } else if (type == "ReleaseEvent") {
        facts.action = "published";
        facts.name = fmt::format("v{}", pick(random, 30));
        facts.flag = chance(random, 0.5);
    } else if (type == "WatchEvent") {
        facts.action = "started";
    }
    return facts;
}

Event random_event(std::mt19937& random, WorkloadOptions const& options) {
    auto const& story = stories()[pick(random, stories().size())];
    auto const from = time_at(options, story.from);
    auto const length = time_at(options, story.to) - from;
    // Few distinct seconds and ids, so that ties and equal ids under other keys happen.
    auto const at =
        from + seconds(static_cast<std::int64_t>(pick(random, static_cast<std::size_t>(length.count() / 20))) * 20);
    char const* name = story.names.front().second;
    for (auto const& [share, later] : story.names) {
        if (at >= time_at(options, share)) name = later;
    }
    auto const& person = people()[pick(random, people().size())];
    std::string const type = types.at(pick(random, types.size()));
    return make_event(std::to_string(pick(random, 400)))
        .type(type)
        .at(at)
        .of(name, story.id)
        .by(person.login, person.id)
        .from(static_cast<EventSource>(1 + pick(random, 4)))
        .facts(random_facts(random, type))
        .payload(fmt::format(R"({{"n":{},"text":"ü{}"}})", random(), std::string(pick(random, 200), 'x')));
}

Event spoiled(std::mt19937& random, Event event) {
    switch (pick(random, 3)) {
    case 0:
        event.id += '\n';
        break;
    case 1:
        event.type = "not a type";
        break;
    default:
        event.repo_id.reset();
        event.repo_name.clear();
    }
    return event;
}

} // namespace

std::vector<std::vector<Event>> make_workload(WorkloadOptions const& options) {
    std::mt19937 random(options.seed);
    std::vector<Event> sent;
    std::vector<std::vector<Event>> batches(options.batches);
    for (auto& batch : batches) {
        auto const size = pick(random, options.largest_batch) + 1;
        while (batch.size() < size) {
            if (!sent.empty() && chance(random, 0.25)) {
                batch.push_back(sent[pick(random, sent.size())]);
            } else {
                batch.push_back(random_event(random, options));
                sent.push_back(batch.back());
            }
            if (options.bad_events && chance(random, 0.03)) batch.push_back(spoiled(random, batch.back()));
        }
    }
    return batches;
}

std::size_t QuestionMaker::number(std::size_t from, std::size_t to) { return from + pick(random_, to - from + 1); }

TimeWindow QuestionMaker::window() {
    if (chance(random_, 0.1)) return all_time();
    auto const span = static_cast<std::size_t>(minutes(history_.length).count());
    auto const from = history_.start + minutes(number(0, span)) - minutes(60);
    return {.from = from, .to = from + minutes(number(0, chance(random_, 0.5) ? 180 : span))};
}

TimeWindow QuestionMaker::short_window() {
    auto window = QuestionMaker::window();
    if (window.length() > hours(24)) window.to = window.from + hours(24);
    return window;
}

RepoName QuestionMaker::repo() {
    if (chance(random_, 0.05)) return test::repo("acme/unheard-of");
    auto const& names = stories()[pick(random_, stories().size())].names;
    std::string name = names[pick(random_, names.size())].second;
    if (chance(random_, 0.3)) name = ascii_lower(name);
    return test::repo(name);
}

std::optional<RepoName> QuestionMaker::maybe_repo() {
    if (chance(random_, 0.3)) return std::nullopt;
    return repo();
}

std::string QuestionMaker::type() { return types.at(pick(random_, types.size())); }

std::string QuestionMaker::actor() { return chance(random_, 0.5) ? "ADA" : "bob"; }

} // namespace gem::test
