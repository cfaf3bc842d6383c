#include "storage/dynamodb/table_specs.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json.hpp"
#include "storage/database_interface.hpp"
#include "storage/dynamodb/together.hpp"

namespace gem::dynamodb {

namespace {

constexpr std::chrono::milliseconds look_every{250};
constexpr int looks = 480; // two minutes

KeyAttribute text(std::string_view name) { return {.name = std::string(name), .type = 'S'}; }
KeyAttribute number(std::string_view name) { return {.name = std::string(name), .type = 'N'}; }

std::vector<IndexSpec> indexes_of(std::string_view table) {
    if (table == "events")
        return {{.name = std::string(type_index), .hash = text("type"), .range = number("created_at")}};
    if (table == "commits") return {{.name = std::string(sha_index), .hash = text("sha7"), .range = text("sha")}};
    if (table == "commit_summaries")
        return {{.name = std::string(impact_index), .hash = text(hash_name), .range = number("impact_score")}};
    return {};
}

std::string words(KeyAttribute const& key) { return fmt::format("{} ({})", key.name, key.type); }

std::string words(KeyAttribute const& hash, std::optional<KeyAttribute> const& range) {
    return range ? fmt::format("hash {} and range {}", words(hash), words(*range))
                 : fmt::format("hash {} and no range", words(hash));
}

Async<Outcome<TableDescription>> describe(Client& client, std::string table) {
    co_return co_await client.describe_table(std::move(table));
}

/// Somebody else made it first: as good as made.
Outcome<void> unless_somebody_did(Outcome<void> outcome) {
    if (!outcome && outcome.error().kind == Failure::Kind::conflict) return {};
    return outcome;
}

Async<Outcome<void>> create(Client& client, TableSpec spec) {
    co_return unless_somebody_did(co_await client.create_table(spec));
}

Async<Outcome<void>> ask(Client& client, std::string operation, TableSpec const& spec, std::string body) {
    auto answer = co_await client.call(std::move(operation), spec.name, std::move(body));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    co_return Outcome<void>();
}

bool says(std::string const& answer, std::string_view what) { return answer.find(what) != std::string::npos; }

Async<Outcome<bool>> has_ttl(Client& client, TableSpec const& spec, std::string const& named) {
    auto const present = co_await client.call("DescribeTimeToLive", spec.name, fmt::format("{{{}}}", named));
    if (!present) co_return std::unexpected(present.error());
    co_return says(*present, R"("ENABLED")") || says(*present, R"("ENABLING")");
}

Async<Outcome<void>> set_ttl(Client& client, TableSpec const& spec, std::string const& named) {
    auto const before = co_await has_ttl(client, spec, named);
    if (!before) co_return std::unexpected(before.error());
    if (*before) co_return Outcome<void>();
    auto set = co_await ask(client, "UpdateTimeToLive", spec,
                            fmt::format(R"({{{},"TimeToLiveSpecification":{{"AttributeName":"{}","Enabled":true}}}})",
                                        named, spec.ttl_attribute));
    if (set) co_return set;
    // Switching on what is on is refused: another process may have been faster.
    auto const after = co_await has_ttl(client, spec, named);
    if (after && *after) co_return Outcome<void>();
    co_return set;
}

/// What CreateTable cannot say. `arn` is for tags alone.
Async<Outcome<void>> set_switches(Client& client, TableSpec spec, TableDescription present) {
    // The table's name whole is the last part of its ARN.
    auto const name = present.arn.substr(present.arn.rfind('/') + 1);
    auto const named = R"("TableName":)" + json::to_string(name);
    if (!spec.ttl_attribute.empty()) {
        if (auto set = co_await set_ttl(client, spec, named); !set) co_return set;
    }
    if (spec.point_in_time_recovery) {
        auto set = co_await ask(
            client, "UpdateContinuousBackups", spec,
            fmt::format(R"({{{},"PointInTimeRecoverySpecification":{{"PointInTimeRecoveryEnabled":true}}}})", named));
        if (!set) co_return set;
    }
    if (spec.deletion_protection && !present.spec.deletion_protection) {
        auto set =
            co_await ask(client, "UpdateTable", spec, fmt::format(R"({{{},"DeletionProtectionEnabled":true}})", named));
        if (!set) co_return set;
    }
    co_return Outcome<void>();
}

/// Waits until all nine are active; what was found then.
Async<Result<TablesState>> wait_until_active(Client& client) {
    for (int look = 0; look < looks; ++look) {
        auto state = co_await look_at_tables(client);
        if (!state) co_return fail(to_error(state.error()));
        if (state->missing.empty() && std::ranges::all_of(state->found, &TableDescription::active))
            co_return std::move(*state);
        co_await sleep_for(look_every);
    }
    co_return fail(ErrorCode::timed_out, "the tables are still not active after two minutes: look at them in the AWS "
                                         "console, and run `setup create` again");
}

template <class T>
Result<void> first_error(std::vector<Outcome<T>> const& outcomes) {
    for (auto const& outcome : outcomes) {
        if (!outcome) return fail(to_error(outcome.error()));
    }
    return {};
}

} // namespace

std::vector<TableSpec> table_specs(TableSwitches const& switches) {
    std::vector<TableSpec> specs;
    for (auto const name : table_names) {
        TableSpec spec;
        spec.name = name;
        spec.hash = text(hash_name);
        spec.range = text(range_name);
        spec.indexes = indexes_of(name);
        if (name == "events") spec.ttl_attribute = ttl_name;
        spec.point_in_time_recovery = switches.point_in_time_recovery;
        spec.deletion_protection = switches.deletion_protection;
        spec.tags = switches.tags;
        spec.tags.emplace("application", "github-events-monitor");
        specs.push_back(std::move(spec));
    }
    return specs;
}

std::vector<std::string> differences(TableSpec const& wanted, TableDescription const& found) {
    std::vector<std::string> told;
    auto const& is = found.spec;
    if (is.hash != wanted.hash || is.range != wanted.range) {
        told.push_back(fmt::format("{}: its keys are {}, expected {}", wanted.name, words(is.hash, is.range),
                                   words(wanted.hash, wanted.range)));
    }
    for (auto const& index : wanted.indexes) {
        auto const there = std::ranges::find(is.indexes, index.name, &IndexSpec::name);
        if (there == is.indexes.end()) {
            told.push_back(fmt::format("{}: the index {} is missing", wanted.name, index.name));
            continue;
        }
        if (there->hash != index.hash || there->range != index.range) {
            told.push_back(fmt::format("{}: the keys of the index {} are {}, expected {}", wanted.name, index.name,
                                       words(there->hash, there->range), words(index.hash, index.range)));
        }
        if (there->projection != index.projection) {
            told.push_back(fmt::format("{}: the index {} projects {}, expected {}", wanted.name, index.name,
                                       there->projection, index.projection));
        }
    }
    return told;
}

Async<Outcome<TablesState>> look_at_tables(Client& client) {
    auto const specs = table_specs();
    std::vector<Async<Outcome<TableDescription>>> questions;
    for (auto const& spec : specs) questions.push_back(describe(client, spec.name));
    auto answers = co_await together(std::move(questions));
    TablesState state;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        auto& answer = answers[i];
        if (!answer) {
            if (answer.error().kind != Failure::Kind::table_missing) co_return std::unexpected(answer.error());
            state.missing.push_back(specs[i].name);
            continue;
        }
        auto told = differences(specs[i], *answer);
        state.differences.insert(state.differences.end(), told.begin(), told.end());
        state.found.push_back(std::move(*answer));
    }
    co_return state;
}

Async<Result<void>> create_tables(Client& client, TableSwitches switches, bool every_switch, Log& log) {
    auto state = co_await look_at_tables(client);
    if (!state) co_return fail(to_error(state.error()));
    auto const foreign = [](TablesState const& seen) {
        return fail(
            ErrorCode::conflict,
            fmt::format("the tables are not of this program's form: {}. Choose another DYNAMODB_TABLE_PREFIX, or "
                        "move that table away",
                        fmt::join(seen.differences, "; ")));
    };
    if (!state->differences.empty()) co_return foreign(*state);
    auto const made = state->missing;
    std::vector<Async<Outcome<void>>> work;
    auto const specs = table_specs(switches);
    for (auto const& spec : specs) {
        if (std::ranges::count(made, spec.name) > 0) work.push_back(create(client, spec));
    }
    if (auto created = first_error(co_await together(std::move(work))); !created) co_return created;
    if (!made.empty() || !std::ranges::all_of(state->found, &TableDescription::active)) {
        auto active = co_await wait_until_active(client);
        if (!active) co_return fail(active.error());
        if (!active->differences.empty()) co_return foreign(*active);
        *state = std::move(*active);
    }
    std::vector<Async<Outcome<void>>> settings;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (every_switch || std::ranges::count(made, specs[i].name) > 0)
            settings.push_back(set_switches(client, specs[i], state->found[i]));
    }
    if (auto set = first_error(co_await together(std::move(settings))); !set) co_return set;
    if (!made.empty()) log.info("tables_created", {{"tables", fmt::format("{}", fmt::join(made, ","))}});
    co_return Result<void>();
}

Async<Result<void>> delete_tables(Client& client) {
    auto const state = co_await look_at_tables(client);
    if (!state) co_return fail(to_error(state.error()));
    std::vector<Async<Outcome<void>>> work;
    for (auto const& table : state->found) work.push_back(client.delete_table(table.spec.name));
    for (auto const& outcome : co_await together(std::move(work))) {
        if (outcome || outcome.error().kind == Failure::Kind::table_missing) continue;
        co_return fail(to_error(outcome.error()));
    }
    for (int look = 0; look < looks; ++look) {
        auto const left = co_await look_at_tables(client);
        if (!left) co_return fail(to_error(left.error()));
        if (left->found.empty()) co_return Result<void>();
        co_await sleep_for(look_every);
    }
    co_return fail(ErrorCode::timed_out, "the tables are still being deleted after two minutes; look again later");
}

} // namespace gem::dynamodb
