// `forget --repo|--actor`: removes a repository or a person from everything, counts too.
#include "app/forget.hpp"
#include "app/providers.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

struct ForgetOptions {
    std::string repo;
    std::string actor;
    bool yes = false;
    bool as_json = false;
};

struct ShownRemoved {
    std::int64_t events = 0;
    std::int64_t commits = 0;
    std::int64_t other_rows = 0;
};
BOOST_DESCRIBE_STRUCT(ShownRemoved, (), (events, commits, other_rows))

int forget(Context const& context, ForgetOptions const& options) {
    auto const& config = context.settings.values.database;
    std::optional<RepoName> repo;
    if (!options.repo.empty()) {
        auto parsed = RepoName::parse(options.repo);
        if (!parsed) {
            context.console.err(fmt::format("github-events-monitor: --repo: {}\n", parsed.error().message));
            return exit_usage;
        }
        repo = std::move(*parsed);
    }
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    auto const& name = repo ? repo->text() : options.actor;
    if (!options.yes &&
        !context.console.confirmed(fmt::format("This removes the {} {} from everything that is stored, counts too.",
                                               repo ? "repository" : "person", name),
                                   name)) {
        return exit_failed;
    }
    auto const removed = run_to_end(with_database(config, context.clock, context.log, [&](DatabaseService& database) {
        return repo ? forget_repository(database, *repo) : database.maintenance().forget_actor(options.actor);
    }));
    if (!removed) return context.failed(removed.error());
    if (options.as_json) {
        context.console.out(json::to_string(ShownRemoved{removed->events, removed->commits, removed->other_rows}) +
                            "\n");
    } else {
        context.console.out(fmt::format("{}: {} events, {} commits and {} other rows removed\n", name, removed->events,
                                        removed->commits, removed->other_rows));
    }
    return exit_ok;
}

} // namespace

void add_forget(CommandLine& line) {
    using enum SettingGroup;
    auto options = std::make_shared<ForgetOptions>();
    auto& command = line.add(line.root(), "forget", "Remove a repository or a person from everything, counts too",
                             {storage, SettingGroup::log},
                             "Asks first. Examples:\n  github-events-monitor forget --repo octo-org/hello-world\n"
                             "  github-events-monitor forget --actor octocat --yes\n\n"
                             "Exit statuses: 0 gone, or was not there; 1 failed, or nobody said yes; 2 usage.",
                             [options](Context const& context) { return forget(context, *options); });
    auto* const what = command.add_option_group("What");
    what->add_option("--repo", options->repo, "Repository to forget")->type_name("OWNER/NAME");
    what->add_option("--actor", options->actor, "Login of the person to forget")->type_name("LOGIN");
    what->require_option(1);
    command.add_flag("--yes", options->yes, "Do not ask");
    command.add_flag("--json", options->as_json, "As one JSON object");
}

} // namespace gem::cli
