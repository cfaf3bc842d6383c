#include "support/fault_proxy.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "support/loopback.hpp"

namespace gem::test {

namespace {

namespace json = boost::json;

void without_delay(int socket) {
    int const on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// Closing it will reset the connection.
void will_reset(int socket) {
    linger const at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool receive(int socket, std::string& buffer) {
    std::array<char, 16384> piece{};
    auto const size = ::recv(socket, piece.data(), piece.size(), 0);
    if (size <= 0) return false;
    buffer.append(piece.data(), static_cast<std::size_t>(size));
    return true;
}

std::string header(std::string_view head, std::string_view name) {
    auto const lower = [](std::string_view text) {
        std::string out(text);
        for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return out;
    };
    auto const start = lower(head).find("\r\n" + lower(name) + ":");
    if (start == std::string::npos) return {};
    auto value = head.substr(head.find(':', start) + 1);
    value = value.substr(0, value.find("\r\n"));
    while (value.starts_with(' ')) value.remove_prefix(1);
    return std::string(value);
}

std::size_t content_length(std::string_view head) {
    auto const text = header(head, "Content-Length");
    return text.empty() ? 0 : std::stoul(text);
}

std::string response(unsigned status, std::string_view body) {
    return fmt::format("HTTP/1.1 {} Said\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{}",
                       status, body.size(), body);
}

std::string refusal(unsigned status, std::string_view code) {
    return response(
        status, fmt::format(R"({{"__type":"com.amazonaws.dynamodb.v20120810#{}","message":"by the proxy"}})", code));
}

/// DynamoDB Local sends a long answer in pieces: `body` becomes the whole, and `head` says how long it is.
bool read_pieces(int socket, std::string& buffer, std::string& head, std::string& body) {
    auto const have = [&](std::size_t size) {
        while (buffer.size() < size) {
            if (!receive(socket, buffer)) return false;
        }
        return true;
    };
    for (std::size_t size = 1; size > 0;) {
        std::size_t end = 0;
        while ((end = buffer.find("\r\n")) == std::string::npos) {
            if (!receive(socket, buffer)) return false;
        }
        size = std::stoul(buffer.substr(0, end), nullptr, 16);
        if (!have(end + 2 + size + 2)) return false;
        body.append(buffer, end + 2, size);
        buffer.erase(0, end + 2 + size + 2);
    }
    auto const from = head.find("Transfer-Encoding:");
    head.replace(from, head.find("\r\n", from) - from, fmt::format("Content-Length: {}", body.size()));
    return true;
}

/// A message of the other side: its head with the blank line, its body. False at its end.
bool read_message(int socket, std::string& buffer, std::string& head, std::string& body, bool greet) {
    std::size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
        if (!receive(socket, buffer)) return false;
    }
    head = buffer.substr(0, end + 4);
    buffer.erase(0, end + 4);
    if (greet && header(head, "Expect") == "100-continue") send_all(socket, "HTTP/1.1 100 Continue\r\n\r\n");
    body.clear();
    if (header(head, "Transfer-Encoding") == "chunked") return read_pieces(socket, buffer, head, body);
    auto const size = content_length(head);
    while (buffer.size() < size) {
        if (!receive(socket, buffer)) return false;
    }
    body = buffer.substr(0, size);
    buffer.erase(0, size);
    return true;
}

} // namespace

struct FaultProxy::Request {
    std::string head;
    std::string body;
    std::string operation;
};

FaultRates FaultRates::all(double share) {
    FaultRates rates;
    for (std::size_t kind = 1; kind < fault_kinds; ++kind) {
        rates.share[static_cast<Fault>(kind)] = share / static_cast<double>(fault_kinds - 1);
    }
    return rates;
}

FaultProxy::FaultProxy(std::string const& backend, FaultRates rates, std::uint64_t seed)
    : backend_port_(static_cast<std::uint16_t>(std::stoi(backend.substr(backend.rfind(':') + 1)))),
      rates_(std::move(rates)), dice_(seed) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 128);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

FaultProxy::~FaultProxy() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        std::scoped_lock const lock(mutex_);
        for (int const socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join(); // nobody adds one any more
    ::close(listener_);
}

std::string FaultProxy::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void FaultProxy::set_rates(FaultRates rates) {
    std::scoped_lock const lock(mutex_);
    rates_ = std::move(rates);
}

void FaultProxy::set_script(std::function<std::optional<Fault>(ProxiedCall const&)> script) {
    std::scoped_lock const lock(mutex_);
    script_ = std::move(script);
}

std::map<Fault, int> FaultProxy::made() const {
    std::scoped_lock const lock(mutex_);
    std::map<Fault, int> all;
    for (std::size_t kind = 0; kind < fault_kinds; ++kind) all[static_cast<Fault>(kind)] = made_[kind];
    return all;
}

void FaultProxy::wait_until_idle() const {
    while (busy_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

double FaultProxy::random() {
    std::scoped_lock const lock(mutex_);
    return std::uniform_real_distribution<double>(0, 1)(dice_);
}

Fault FaultProxy::choose(ProxiedCall const& call) {
    std::scoped_lock const lock(mutex_);
    auto chosen = Fault::none;
    auto const scripted = script_ ? script_(call) : std::nullopt;
    auto dice = std::uniform_real_distribution<double>(0, 1)(dice_);
    if (scripted) {
        chosen = *scripted;
    } else {
        for (auto const& [fault, share] : rates_.share) {
            if (dice < share) {
                chosen = fault;
                break;
            }
            dice -= share;
        }
    }
    ++made_[static_cast<std::size_t>(chosen)];
    return chosen;
}

void FaultProxy::accept_all() {
    while (!stopping_) {
        int const client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        without_delay(client);
        std::scoped_lock const lock(mutex_);
        open_.push_back(client);
        threads_.emplace_back([this, client] { serve(client); });
    }
}

void FaultProxy::serve(int client) {
    int backend = -1;
    std::string buffer;
    Request request;
    while (!stopping_ && read_message(client, buffer, request.head, request.body, true)) {
        ++busy_;
        auto const target = header(request.head, "X-Amz-Target");
        request.operation = target.substr(target.find('.') + 1);
        bool const goes_on = answer(client, backend, request);
        --busy_;
        if (!goes_on) break;
    }
    std::scoped_lock const lock(mutex_);
    std::erase(open_, client);
    ::close(client);
    if (backend >= 0) ::close(backend);
}

std::string FaultProxy::forward(int& backend, Request const& request) const {
    auto head = request.head;
    if (auto const at = head.find("Expect:"); at != std::string::npos) head.erase(at, head.find("\r\n", at) + 2 - at);
    // Once more on a new connection: DynamoDB Local may have closed the kept one.
    for (int tries = 0; tries < 2; ++tries) {
        if (backend < 0) {
            backend = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            without_delay(backend);
            auto const address = loopback(backend_port_);
            if (::connect(backend, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) break;
        }
        std::string buffer;
        std::string answer_head;
        std::string answer_body;
        if (send_all(backend, head + request.body) && read_message(backend, buffer, answer_head, answer_body, false)) {
            return answer_head + answer_body;
        }
        ::close(backend);
        backend = -1;
    }
    return {};
}

void FaultProxy::set_observer(std::function<void(ProxiedCall const&, std::string_view)> observer) {
    std::scoped_lock const lock(mutex_);
    observer_ = std::move(observer);
}

bool FaultProxy::answer(int client, int& backend, Request const& request) {
    std::chrono::milliseconds delay{};
    std::uint64_t number = 0;
    {
        std::scoped_lock const lock(mutex_);
        delay = rates_.delay;
        number = requests_++;
    }
    auto const pass_on = [&] {
        auto const bytes = forward(backend, request);
        return bytes.empty() ? refusal(500, "InternalServerError") : bytes;
    };
    ProxiedCall const call{.operation = request.operation, .body = request.body, .number = number};
    switch (choose(call)) {
    case Fault::none: {
        auto const bytes = pass_on();
        std::scoped_lock const lock(mutex_);
        if (observer_) observer_(call, bytes);
        return send_all(client, bytes);
    }
    case Fault::throttle:
        return send_all(client, refusal(400, "ProvisionedThroughputExceededException"));
    case Fault::server_error:
        return send_all(client, refusal(500, "InternalServerError"));
    case Fault::reset:
        will_reset(client);
        return false;
    case Fault::slow: {
        auto const bytes = pass_on();
        std::this_thread::sleep_for(delay);
        return send_all(client, bytes);
    }
    case Fault::unprocessed:
        return answer_batch(client, backend, request);
    case Fault::lost_answer:
        static_cast<void>(pass_on());
        will_reset(client);
        return false;
    case Fault::late: {
        // Reset now, so that the client goes on before this is done.
        ::shutdown(client, SHUT_RDWR);
        std::this_thread::sleep_for(delay);
        static_cast<void>(pass_on());
        return false;
    }
    case Fault::damaged: {
        auto bytes = pass_on();
        auto const body = bytes.find("\r\n\r\n") + 4;
        if (body < bytes.size()) bytes[body + (bytes.size() - body) / 2] ^= 0x01;
        return send_all(client, bytes);
    }
    }
    return false;
}

bool FaultProxy::answer_batch(int client, int& backend, Request const& request) {
    bool const writes = request.operation == "BatchWriteItem";
    if (!writes && request.operation != "BatchGetItem") {
        auto const bytes = forward(backend, request);
        return send_all(client, bytes.empty() ? refusal(500, "InternalServerError") : bytes);
    }
    auto body = json::parse(request.body).as_object();
    json::object undone;
    for (auto& [table, content] : body.at("RequestItems").as_object()) {
        auto& list = writes ? content.as_array() : content.as_object().at("Keys").as_array();
        json::array left;
        json::array kept;
        for (auto& member : list) (random() < 0.5 ? left : kept).push_back(member);
        list = std::move(kept);
        if (left.empty()) continue;
        if (writes) {
            undone[table] = std::move(left);
        } else {
            auto rest = content.as_object();
            rest["Keys"] = std::move(left);
            undone[table] = std::move(rest);
        }
    }
    auto& tables = body.at("RequestItems").as_object();
    for (auto entry = tables.begin(); entry != tables.end();) {
        auto const& list = writes ? entry->value().as_array() : entry->value().as_object().at("Keys").as_array();
        entry = list.empty() ? tables.erase(entry) : std::next(entry);
    }
    json::object answer;
    if (!tables.empty()) {
        Request part = request;
        part.body = json::serialize(body);
        auto const old = "Content-Length: " + std::to_string(request.body.size());
        part.head.replace(part.head.find(old), old.size(), "Content-Length: " + std::to_string(part.body.size()));
        auto const bytes = forward(backend, part);
        auto const head = bytes.substr(0, bytes.find("\r\n\r\n"));
        if (bytes.empty() || head.find(" 200 ") == std::string::npos) {
            return send_all(client, bytes.empty() ? refusal(500, "InternalServerError") : bytes);
        }
        answer = json::parse(bytes.substr(head.size() + 4)).as_object();
    } else if (!writes) {
        auto& responses = (answer["Responses"] = json::object()).as_object();
        for (auto const& [table, content] : undone) responses[table] = json::array();
    }
    answer[writes ? "UnprocessedItems" : "UnprocessedKeys"] = std::move(undone);
    return send_all(client, response(200, json::serialize(answer)));
}

} // namespace gem::test
