#include "storage/dynamodb/dynamodb_connection.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gem {

using namespace dynamodb; // NOLINT(google-build-using-namespace): this file is about its types

namespace {

constexpr seconds health_patience{5};

} // namespace

Async<Result<void>> DynamoDBConnection::initialize() {
    auto const& config = config_.dynamodb;
    if (config.make_tables) {
        TableSwitches const switches{.point_in_time_recovery = config.point_in_time_recovery,
                                     .deletion_protection = config.deletion_protection};
        auto created = co_await create_tables(context_.client, switches, config.every_switch, context_.log);
        if (!created) co_return created;
    }
    filing_.forget();
    health_.reset();
    context_.open = true;
    co_return Result<void>();
}

Async<Result<void>> DynamoDBConnection::close() {
    bool const was_open = context_.open.exchange(false);
    health_.reset();
    while (context_.operations > 0) co_await sleep_for(std::chrono::milliseconds(2));
    if (was_open) co_await save_usage();
    co_return Result<void>();
}

DatabaseHealth DynamoDBConnection::judge(Outcome<TablesState> const& state) const {
    DatabaseHealth health;
    if (!state) {
        health.error = state.error().message;
        return health;
    }
    health.tables_found = static_cast<int>(state->found.size());
    if (!state->missing.empty()) {
        health.error = fmt::format("{} of {} tables are there; missing: {}. Run `github-events-monitor setup create`",
                                   state->found.size(), table_names.size(), fmt::join(state->missing, ", "));
    } else if (!state->differences.empty()) {
        health.error = fmt::format("the tables are not of this program's form: {}. Choose another "
                                   "DYNAMODB_TABLE_PREFIX, or move that table away",
                                   fmt::join(state->differences, "; "));
    }
    for (auto const& table : state->found) {
        if (!health.error.empty() || table.active()) continue;
        health.error = fmt::format("the table {} is {}: wait until it is ACTIVE", table.spec.name, table.status);
    }
    health.healthy = health.error.empty();
    return health;
}

Async<void> DynamoDBConnection::save_usage() {
    if (context_.usage == nullptr) co_return;
    // Only figures for a person: a failure is told again, louder, by whatever else is asked of DynamoDB.
    auto const saved = co_await context_.usage->save();
    if (!saved) context_.log.debug("dynamodb_usage_not_saved", {{"reason", saved.error().message}});
}

Async<DatabaseHealth> DynamoDBConnection::health_check() {
    if (!context_.open)
        co_return DatabaseHealth{.healthy = false, .tables_found = 0, .error = "the database is not open"};
    if (context_.usage != nullptr && context_.usage->due()) co_await save_usage();
    auto const now = std::chrono::steady_clock::now();
    auto const generation = context_.generation.load();
    if (health_ && health_generation_ == generation && now - health_at_ < health_patience) co_return *health_;
    auto health = judge(co_await look_at_tables(context_.client));
    if (!health.healthy && (!health_ || health_->healthy))
        context_.log.error("database_unhealthy", {{"provider", "dynamodb"}, {"reason", health.error}});
    health_ = health;
    health_at_ = now;
    health_generation_ = generation;
    co_return health;
}

DatabaseDescription DynamoDBConnection::describe() const {
    return {.provider = "dynamodb",
            .configuration = {{"aws_region", config_.region},
                              {"table_prefix", config_.table_prefix},
                              {"endpoint_url", config_.endpoint_url}}};
}

Async<Result<std::vector<TableInfo>>> DynamoDBConnection::table_info() {
    Operation const operation(context_);
    if (!operation) co_return operation.closed();
    auto const state = co_await look_at_tables(context_.client);
    if (!state) co_return fail(to_error(state.error()));
    std::vector<TableInfo> tables;
    for (auto const name : table_names) {
        TableInfo info{.name = std::string(name), .rows = {}, .bytes = {}, .approximate = true};
        auto const found = std::ranges::find(state->found, name, [](auto const& table) { return table.spec.name; });
        if (found != state->found.end()) {
            info.rows = found->item_count;
            info.bytes = found->bytes;
            for (auto const& [index, bytes] : found->index_bytes) *info.bytes += bytes;
        }
        tables.push_back(std::move(info));
    }
    co_return tables;
}

Async<std::uint64_t> DynamoDBConnection::write_generation() {
    auto const lag = generation_lag();
    // Own writes at once; of others' it is only known that there may have been some by now.
    auto const step =
        lag > seconds(0) ? static_cast<std::uint64_t>(context_.clock.now().time_since_epoch() / lag) : latest_step_ + 1;
    latest_step_ = std::max(latest_step_, step);
    co_return context_.generation + latest_step_;
}

} // namespace gem
