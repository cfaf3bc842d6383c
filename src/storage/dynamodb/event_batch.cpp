// What can be done with a batch before its turn to be stored.
#include "storage/dynamodb/event_writer.hpp"
#include "storage/event_rules.hpp"
#include "storage/payload_codec.hpp"

namespace gem::dynamodb {

PreparedBatch prepare_batch(std::vector<Event> batch, bool matching) {
    thread_local PayloadCodec codec;
    PreparedBatch prepared{.events = std::move(batch), .payloads = {}, .rejected = {}, .matching = matching};
    prepared.payloads.resize(prepared.events.size());
    for (std::size_t i = 0; i < prepared.events.size(); ++i) {
        auto& event = prepared.events[i];
        if (auto reason = reason_to_reject(event))
            prepared.rejected.push_back({.index = i, .reason = std::move(*reason)});
        else
            prepared.payloads[i] = codec.compress(event.payload.text());
        event.payload = JsonText();
    }
    return prepared;
}

Unit unit_of(Event const& event) {
    return {.shard = shard_of(ascii_lower(event.repo_name), repository_key(event.repo_id, event.repo_name)),
            .hour = to_unix(event.created_at) / 3600};
}

} // namespace gem::dynamodb
