// Any bytes as an archive and as an answer of the Events API: never a crash, and every event that comes out is one that
// can be stored. Run by tools/fuzz.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "domain/event_type.hpp"
#include "github/archive_reader.hpp"
#include "github/event_parser.hpp"

namespace {

void check(gem::Event const& event) {
    bool const storable = !event.id.empty() && event.id.size() <= 128 && gem::is_event_type(event.type) &&
                          (event.repo_id || !event.repo_name.empty()) && gem::to_unix(event.created_at) >= 0 &&
                          event.payload.text().size() <= gem::EventParser::max_payload &&
                          gem::is_json(event.payload.text());
    if (!storable) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const bytes(reinterpret_cast<char const*>(data), size);
    gem::ArchiveReader reader(gem::bytes_in_memory(bytes), gem::EventSource::archive, {.events = 3});
    for (auto batch = reader.next_batch(); !batch.empty(); batch = reader.next_batch()) {
        for (auto const& event : batch) check(event);
    }
    gem::EventParser parser;
    if (auto const page = parser.parse_page(bytes, gem::EventSource::poll)) {
        for (auto const& event : page->events) check(event);
    }
    return 0;
}
