// `db shell [SQL]`: SQLite's own shell over our file, with the functions that show payloads.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "app/providers.hpp"
#include "cli/command.hpp"

namespace gem::cli {

namespace {

struct DbShellOptions {
    std::string sql;
    bool write = false;
};

constexpr auto library_name = "libgem_sqlite_functions.so";

/// The library of functions beside this program, or where it is installed.
std::optional<std::filesystem::path> find_library() {
    std::error_code error;
    auto const directory = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    if (error) return std::nullopt;
    for (auto const& candidate : {directory / library_name, directory / "storage" / "sqlite" / library_name,
                                  directory.parent_path() / "lib" / "github-events-monitor" / library_name}) {
        if (std::filesystem::exists(candidate, error)) return candidate;
    }
    return std::nullopt;
}

int shell(Context const& context, DbShellOptions const& options) {
    auto const& config = context.settings.values.database;
    if (config.provider != "sqlite" || config.db_path == ":memory:") {
        return context.failed(fmt::format("db shell opens the file of the provider sqlite; this is {}, {}",
                                          config.provider, config.db_path));
    }
    if (auto const there = require_database(config); !there) return context.failed(there.error());
    auto const library = find_library();
    if (!library) {
        return context.failed(
            fmt::format("expected {} beside the program; build the target gem_sqlite_functions", library_name));
    }
    // The suffix is left out: sqlite3 adds it, and needs none of our path's dots.
    std::vector<std::string> arguments = {"sqlite3", "-cmd", fmt::format(".load '{}'", library->string())};
    if (!options.write) arguments.emplace_back("-readonly");
    arguments.push_back(std::filesystem::absolute(config.db_path).string());
    if (!options.sql.empty()) arguments.push_back(options.sql);
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    std::signal(SIGPIPE, SIG_DFL); // what main() ignores would be inherited
    std::signal(SIGXFSZ, SIG_DFL);
    ::execvp("sqlite3", pointers.data());
    return context.failed(
        errno == ENOENT ? std::string("expected the program sqlite3 in the PATH; install it (apt-get install sqlite3)")
                        : fmt::format("cannot start sqlite3: {}", std::strerror(errno)));
}

} // namespace

void add_db_shell(CommandLine& line, CLI::App& db) {
    using enum SettingGroup;
    auto options = std::make_shared<DbShellOptions>();
    auto& command =
        line.add(db, "shell", "Open sqlite3 on the database, with our functions loaded", {storage},
                 "Opens for reading; who writes past the program makes its counts wrong (`db rebuild`). Examples:\n"
                 "  github-events-monitor db shell\n"
                 "  github-events-monitor db shell \"SELECT type, count(*) FROM events GROUP BY type\"",
                 [options](Context const& context) { return shell(context, *options); });
    command.add_option("SQL", options->sql, "Run this and leave");
    command.add_flag("--write", options->write, "Open for writing");
}

} // namespace gem::cli
