#include "domain/commit_summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "domain/repo_name.hpp"

namespace gem {

namespace {

using Words = std::vector<std::string>;
using WordList = std::initializer_list<std::string_view>;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_character(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || static_cast<unsigned char>(c) > 127;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// Lower case.
Words words_of(std::string_view text) {
    Words words;
    std::string word;
    for (char const c : text) {
        if (is_word_character(c)) {
            word += c;
        } else if (!word.empty()) {
            words.push_back(ascii_lower(word));
            word.clear();
        }
    }
    if (!word.empty()) words.push_back(ascii_lower(word));
    return words;
}

bool has_any(Words const& words, WordList wanted) {
    return std::ranges::any_of(wanted, [&](std::string_view one) { return std::ranges::count(words, one) > 0; });
}

bool has_pair(Words const& words, std::string_view first, std::string_view second) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i - 1] == first && words[i] == second) return true;
    }
    return false;
}

/// `Reviewed-by: Z`, `Refs #133`, `BREAKING CHANGE: …`
bool is_footer(std::string_view line) {
    if (line.starts_with("BREAKING CHANGE: ")) return true;
    std::size_t end = 0;
    while (end < line.size() && (is_letter(line[end]) || is_digit(line[end]) || line[end] == '-')) ++end;
    if (end == 0 || !is_letter(line.front())) return false;
    auto const rest = line.substr(end);
    return (rest.starts_with(": ") || rest.starts_with(" #")) && rest.size() > 2;
}

/// A footer paragraph starts with a footer, after an empty line.
bool has_breaking_footer(std::string_view message) {
    bool after_empty = false;
    bool among_footers = false;
    bool first = true;
    for (auto const line : lines_of(message)) {
        if (trimmed(line).empty()) {
            after_empty = !first;
            among_footers = false;
            continue;
        }
        if (after_empty && is_footer(line)) among_footers = true;
        bool const breaking = line.starts_with("BREAKING CHANGE: ") || line.starts_with("BREAKING-CHANGE: ");
        if (among_footers && breaking) return true;
        after_empty = false;
        first = false;
    }
    return false;
}

/// Reads `type(scope)!: text`.
void read_conventional(std::string_view subject, CommitMessage& message) {
    std::size_t at = 0;
    while (at < subject.size() && (is_letter(subject[at]) || (at > 0 && (is_digit(subject[at]) || subject[at] == '-'))))
        ++at;
    if (at == 0) return;
    auto const type = subject.substr(0, at);
    auto rest = subject.substr(at);
    if (rest.starts_with('(')) {
        auto const close = rest.find(')');
        if (close == std::string_view::npos || close == 1) return;
        rest.remove_prefix(close + 1);
    }
    bool const mark = rest.starts_with('!');
    if (mark) rest.remove_prefix(1);
    if (!rest.starts_with(": ") || trimmed(rest.substr(2)).empty()) return;
    message.type = ascii_lower(type);
    message.breaking = mark;
}

struct TypeCategory {
    std::string_view type;
    std::string_view category;
};
constexpr std::array<TypeCategory, 11> type_categories = {{{"feat", "feature"},
                                                           {"fix", "bugfix"},
                                                           {"docs", "documentation"},
                                                           {"test", "testing"},
                                                           {"perf", "performance"},
                                                           {"refactor", "refactor"},
                                                           {"style", "style"},
                                                           {"build", "build"},
                                                           {"ci", "ci"},
                                                           {"chore", "chore"},
                                                           {"revert", "revert"}}};

std::string_view category_of_type(std::string_view type) {
    auto const* const found = std::ranges::find(type_categories, type, &TypeCategory::type);
    return found == type_categories.end() ? std::string_view() : found->category;
}

void add_by_words(Words const& words, std::set<std::string>& categories) {
    auto const add = [&](std::string_view category, WordList wanted) {
        if (has_any(words, wanted)) categories.emplace(category);
    };
    add("feature", {"add", "adds", "added", "feature", "features", "implement", "implements", "implemented",
                    "introduce", "introduces", "introduced"});
    add("bugfix", {"fix", "fixes", "fixed", "fixing", "bug", "bugs", "bugfix", "hotfix"});
    add("documentation", {"doc", "docs", "documentation", "readme", "javadoc"});
    add("testing", {"test", "tests", "testing"});
    add("performance", {"performance", "perf", "optimize", "optimise", "optimized", "faster"});
    add("refactor", {"refactor", "refactors", "refactored", "refactoring"});
    add("dependencies", {"dependency", "dependencies", "bump", "bumps"});
    if (has_pair(words, "speed", "up")) categories.emplace("performance");
}

std::string_view category_of(FileKind kind) {
    switch (kind) {
    case FileKind::documentation:
        return "documentation";
    case FileKind::testing:
        return "testing";
    case FileKind::configuration:
        return "configuration";
    case FileKind::database:
        return "database";
    case FileKind::infrastructure:
        return "infrastructure";
    case FileKind::dependencies:
        return "dependencies";
    case FileKind::code:
        break;
    }
    return {};
}

// --- Files -----------------------------------------------------------------------------------------------------------

struct Path {
    explicit Path(std::string_view path) : whole(ascii_lower(path)) {
        std::string_view rest(whole);
        for (auto slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
            folders.emplace_back(rest.substr(0, slash));
            rest.remove_prefix(slash + 1);
        }
        name = rest;
        auto const dot = name.rfind('.');
        if (dot != std::string::npos && dot > 0) extension = name.substr(dot + 1);
        stem = name.substr(0, dot == std::string::npos || dot == 0 ? name.size() : dot);
    }
    [[nodiscard]] bool below(WordList wanted) const {
        return std::ranges::any_of(folders, [&](auto const& one) { return std::ranges::count(wanted, one) > 0; });
    }
    [[nodiscard]] bool is(WordList wanted) const { return std::ranges::count(wanted, name) > 0; }
    [[nodiscard]] bool of_type(WordList wanted) const { return std::ranges::count(wanted, extension) > 0; }

    std::string whole;
    std::vector<std::string> folders;
    std::string name;
    std::string stem;
    std::string extension;
};

bool is_lock_file(Path const& path) {
    return path.is({"package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum", "packages.lock.json",
                    "gradle.lockfile", "bun.lockb", "package.resolved"}) ||
           path.extension == "lock";
}

bool is_manifest(Path const& path) {
    bool const requirements = path.stem.starts_with("requirements") && path.of_type({"txt", "in"});
    return requirements || path.of_type({"csproj", "gemspec"}) ||
           path.is({"package.json", "pyproject.toml", "setup.py", "setup.cfg", "pipfile", "go.mod", "cargo.toml",
                    "gemfile", "composer.json", "pom.xml", "build.gradle", "build.gradle.kts", "vcpkg.json",
                    "conanfile.txt", "conanfile.py", "package.swift", "mix.exs"});
}

bool is_database(Path const& path) {
    return path.extension == "sql" || path.stem == "schema" || path.below({"migrations", "migration", "migrate"});
}

bool is_ci(Path const& path) {
    return path.whole.starts_with(".github/workflows/") || path.below({".circleci", ".buildkite"}) ||
           path.is({".gitlab-ci.yml", ".travis.yml", "jenkinsfile", "azure-pipelines.yml", "appveyor.yml",
                    ".cirrus.yml", "bitbucket-pipelines.yml"});
}

bool is_dockerfile(Path const& path) {
    return path.stem == "dockerfile" || path.extension == "dockerfile" || path.name.starts_with("dockerfile.");
}

bool is_infrastructure(Path const& path) {
    return is_ci(path) || is_dockerfile(path) || path.stem.starts_with("docker-compose") || path.stem == "compose" ||
           path.of_type({"tf", "tfvars"}) ||
           path.below({"terraform", "ansible", "kubernetes", "k8s", "helm", "charts", "deploy"});
}

bool is_test(Path const& path) {
    auto const& stem = path.stem;
    return path.below({"test", "tests", "spec", "specs", "__tests__", "testdata", "testing"}) ||
           stem.starts_with("test_") || stem.ends_with("_test") || stem.ends_with("_spec") || stem.ends_with(".test") ||
           stem.ends_with(".spec") || (path.of_type({"java", "kt", "cs", "scala"}) && stem.ends_with("test")) ||
           (path.of_type({"java", "kt", "cs", "scala"}) && stem.ends_with("tests"));
}

bool is_documentation(Path const& path) {
    return path.below({"doc", "docs", "documentation"}) ||
           path.of_type({"md", "markdown", "rst", "adoc", "asciidoc"}) ||
           std::ranges::count(WordList{"readme", "changelog", "changes", "license", "copying", "authors",
                                       "contributing", "notice", "news"},
                              path.stem) > 0;
}

bool is_configuration(Path const& path) {
    return path.of_type({"yml", "yaml", "toml", "ini", "cfg", "conf", "properties", "env", "editorconfig"}) ||
           path.name.starts_with('.');
}

bool is_security_path(std::string_view text) {
    Path const path(text);
    return path.name == "security.md" || path.below({"auth", "crypto"});
}

// --- Security, performance -------------------------------------------------------------------------------------------

std::size_t run_of(std::string_view text, std::size_t at, bool (*fits)(char)) {
    std::size_t length = 0;
    while (at + length < text.size() && fits(text[at + length])) ++length;
    return length;
}

/// A CVE, GHSA or CWE id, as a word of its own.
bool has_advisory_id(std::string_view message) {
    auto const text = ascii_lower(message);
    auto const alphanumeric = [](char c) { return is_letter(c) || is_digit(c); };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i > 0 && is_word_character(text[i - 1])) continue;
        std::string_view const rest = std::string_view(text).substr(i);
        if (rest.starts_with("cve-") && run_of(rest, 4, is_digit) == 4 && rest.substr(8).starts_with('-') &&
            run_of(rest, 9, is_digit) >= 4)
            return true;
        if (rest.starts_with("cwe-") && run_of(rest, 4, is_digit) >= 1) return true;
        if (rest.starts_with("ghsa-") && run_of(rest, 5, alphanumeric) == 4 && rest.substr(9).starts_with('-') &&
            run_of(rest, 10, alphanumeric) == 4 && rest.substr(14).starts_with('-') &&
            run_of(rest, 15, alphanumeric) == 4)
            return true;
    }
    return false;
}

bool is_security_relevant(std::string_view message, std::vector<CommitFile> const& files) {
    if (has_advisory_id(message)) return true;
    auto const words = words_of(message);
    if (has_any(words, {"security", "vulnerability", "exploit", "xss", "csrf"}) || has_pair(words, "sql", "injection"))
        return true;
    return !files.empty() &&
           std::ranges::all_of(files, [](CommitFile const& file) { return is_security_path(file.filename); });
}

std::string performance_impact(CommitMessage const& message) {
    auto const words = words_of(message.subject);
    if (message.type == "perf" || has_any(words, {"optimize", "faster"}) || has_pair(words, "speed", "up"))
        return "positive";
    return has_any(words, {"slower", "regression"}) ? "negative" : "unknown";
}

// --- Text ------------------------------------------------------------------------------------------------------------

/// At most 80 characters: 77 and `...`, never half a character.
std::string shortened(std::string_view text) {
    std::size_t characters = 0;
    std::size_t cut = text.size();
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) continue;
        if (characters == 77) cut = i;
        ++characters;
    }
    if (characters <= 80) return std::string(text);
    return std::string(text.substr(0, cut)) + "...";
}

std::string short_text(std::string_view subject, std::vector<CommitFile> const& files) {
    if (!subject.empty()) return shortened(subject);
    if (files.empty()) return "Empty commit";
    if (files.size() == 1) return shortened(fmt::format("Change {}", files.front().filename));
    return shortened(fmt::format("Change {} and {} more", files.front().filename, files.size() - 1));
}

std::string plural(std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

} // namespace

CommitMessage read_commit_message(std::string_view message) {
    CommitMessage read;
    auto const text = trimmed(message);
    read.subject = trimmed(text.substr(0, text.find('\n')));
    auto const& subject = read.subject;
    read.revert = subject.starts_with("Revert \"");
    for (std::string_view const form : {"Merge branch ", "Merge branches ", "Merge pull request #", "Merge tag ",
                                        "Merge commit ", "Merge remote-tracking branch ", "Merge remote branch "})
        read.merge = read.merge || subject.starts_with(form);
    if (!read.merge && !read.revert) read_conventional(subject, read);
    read.breaking = read.breaking || has_breaking_footer(text);
    return read;
}

FileKind kind_of_file(std::string_view text) {
    Path const path(text);
    if (is_manifest(path) || is_lock_file(path)) return FileKind::dependencies;
    if (is_infrastructure(path)) return FileKind::infrastructure;
    if (is_database(path)) return FileKind::database;
    if (is_test(path)) return FileKind::testing;
    if (is_documentation(path)) return FileKind::documentation;
    return is_configuration(path) ? FileKind::configuration : FileKind::code;
}

bool is_critical_file(std::string_view text) {
    Path const path(text);
    return is_manifest(path) || is_lock_file(path) || is_dockerfile(path) || is_ci(path) || is_database(path);
}

bool is_generated_file(std::string_view text) {
    Path const path(text);
    return is_lock_file(path) || path.below({"vendor", "node_modules", "third_party", "dist", "generated"}) ||
           path.stem.ends_with(".min") || path.stem.ends_with(".pb") || path.stem.ends_with("_pb2") ||
           path.stem.ends_with(".generated");
}

std::vector<std::string> commit_categories(CommitMessage const& message, std::vector<CommitFile> const& files) {
    if (message.merge) return {"merge"};
    if (message.revert) return {"revert"};
    if (auto const category = category_of_type(message.type); !category.empty()) return {std::string(category)};
    std::set<std::string> categories;
    add_by_words(words_of(message.subject), categories);
    if (categories.empty()) {
        for (auto const& file : files) categories.emplace(category_of(kind_of_file(file.filename)));
        categories.erase("");
    }
    if (categories.empty()) return {"other"};
    return {categories.begin(), categories.end()};
}

CommitSummary summarize(Commit const& commit, std::vector<CommitFile> const& files) {
    auto message = read_commit_message(commit.message);
    message.merge = message.merge || commit.parents.size() > 1;
    CommitSummary summary;
    double changes = 0;
    double shown = 0;
    double complexity = 0;
    std::int64_t critical = 0;
    bool code_changed = false;
    for (auto const& file : files) {
        auto const counted = static_cast<double>(file.changes) * (is_generated_file(file.filename) ? 0.1 : 1.0);
        shown += static_cast<double>(file.changes);
        changes += counted;
        complexity += std::min(10.0, counted / 10);
        critical += is_critical_file(file.filename) ? 1 : 0;
        code_changed = code_changed || kind_of_file(file.filename) != FileKind::documentation;
    }
    // The stats know of lines whose files GitHub does not show.
    if (commit.stats) changes += std::max(0.0, static_cast<double>(commit.stats->total_changes) - shown);
    auto const count = commit.files_changed.value_or(static_cast<std::int64_t>(files.size()));
    auto const tenth = [](double value) { return std::round(value * 10) / 10; };
    summary.short_text = short_text(message.subject, files);
    summary.categories = commit_categories(message, files);
    summary.impact_score = tenth(std::min(50.0, changes / 10) + std::min(30.0, 3.0 * static_cast<double>(count)) +
                                 std::min(20.0, 10.0 * static_cast<double>(critical)));
    summary.complexity_score = tenth(std::min(100.0, complexity));
    summary.breaking_changes = message.breaking;
    summary.security_relevant = is_security_relevant(commit.message, files);
    summary.performance_impact = performance_impact(message);
    bool const high = message.breaking || (summary.security_relevant && code_changed) || changes > 500 || count > 20;
    summary.risk_level = high ? "high" : changes > 100 || count > 5 ? "medium" : "low";
    auto const stats = commit.stats.value_or(CommitStats{});
    summary.detailed =
        fmt::format("{}: {} changed, {}, {}; {} risk", fmt::join(summary.categories, ", "), plural(count, "file"),
                    plural(stats.additions, "addition"), plural(stats.deletions, "deletion"), summary.risk_level);
    return summary;
}

} // namespace gem
