#include "base/process_identity.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>

#include <fmt/format.h>
#include <unistd.h>

namespace gem {

namespace {

std::string random_text() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

/// The start of the machine and the PID namespace; nothing where the system does not tell.
std::optional<std::string> machine() {
    std::string boot;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
    std::error_code error;
    auto const space = std::filesystem::read_symlink("/proc/self/ns/pid", error).string();
    if (boot.size() < 16 || error) return std::nullopt;
    std::string digits; // of `pid:[4026531836]`
    for (char const c : space) {
        if (c >= '0' && c <= '9') digits += c;
    }
    std::erase(boot, '-');
    return boot.substr(0, 16) + digits;
}

/// Field 22 of /proc/PID/stat, in clock ticks since the machine started; empty if there is no such process.
std::string start_of(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string text(std::istreambuf_iterator<char>(file), {});
    auto const name_ends = text.rfind(')'); // the name in parentheses may hold anything
    if (name_ends == std::string::npos) return {};
    std::string_view rest(text);
    rest.remove_prefix(name_ends + 1);
    constexpr int fields_before = 19;
    for (int field = 0; field <= fields_before; ++field) {
        auto const blank = rest.find(' ');
        if (blank == std::string_view::npos) return {};
        rest.remove_prefix(blank + 1);
    }
    return std::string(rest.substr(0, rest.find(' ')));
}

std::string make_identity() {
    auto const place = machine();
    auto const start = start_of(::getpid());
    if (!place || start.empty()) return fmt::format("{}.{}.0", random_text(), ::getpid());
    return fmt::format("{}.{}.{}", *place, ::getpid(), start);
}

} // namespace

std::string const& process_identity() {
    static std::string const identity = make_identity();
    return identity;
}

bool has_surely_ended(std::string_view identity) {
    auto const place = machine();
    if (!place || !identity.starts_with(*place + '.')) return false;
    identity.remove_prefix(place->size() + 1);
    pid_t pid = 0;
    auto const [end, error] = std::from_chars(identity.data(), identity.data() + identity.size(), pid);
    if (error != std::errc() || end == identity.data() + identity.size() || *end != '.' || pid <= 0) return false;
    identity.remove_prefix(static_cast<std::size_t>(end - identity.data()) + 1);
    auto const start = identity.substr(0, identity.find('~')); // what a collector adds after a lost lease
    if (::kill(pid, 0) != 0) return errno == ESRCH;
    auto const running = start_of(pid);
    return !running.empty() && running != start;
}

} // namespace gem
