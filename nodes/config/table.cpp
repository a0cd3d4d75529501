#include <array>

#include <nodes/config/checks.hpp>
#include <nodes/config/option.hpp>

namespace node {
namespace {

constexpr std::int64_t kib = 1024;
constexpr std::int64_t mib = 1024 * kib;
constexpr std::int64_t gib = 1024 * mib;
constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1000 * ms;
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;

const Option node_options[] = {
    {"name",
     Kind::text,
     "\"zmeshd\"",
     "Name of this node: of its publisher, and the beginning of its members' names (followed by host and "
     "process id where it was not given). Each node needs its own.",
     0,
     0,
     {},
     check_name},
    {"drain_timeout", Kind::duration, "\"10s\"",
     "How long SIGTERM lets handlers finish; then commands, workers and posts under way are ended.", 0, hour},
};

const Option log_options[] = {
    {"level", Kind::text, "\"info\"", "Least important level that is logged.", 0, 0,
     "debug|info|warning|error", nullptr, true},
    {"format", Kind::text, "\"text\"", "Lines for people, or one JSON object per line.", 0, 0, "text|json",
     nullptr, true},
};

const Option admin_options[] = {
    {"listen",
     Kind::text,
     "\"\"",
     "ADDRESS:PORT of /healthz, /readyz, /metrics and /api/v1 (usually 127.0.0.1:8481); empty: none.",
     0,
     0,
     {},
     check_listen},
    {"hosts",
     Kind::texts,
     "[]",
     "Further names by which it may be addressed (Host, Origin); its address and localhost always are.",
     0,
     0,
     {},
     check_host},
    {"insecure", Kind::flag, "false",
     "Accept an address other than loopback, without encryption or authentication."},
};

const Option publisher_options[] = {
    {"journal", Kind::text, "\"\"",
     "Directory of the node's journal; needed by a gateway that publishes and by relays."},
    {"control",
     Kind::text,
     "\"tcp://127.0.0.1:5601\"",
     "Where members attach: tcp://ADDRESS:PORT or ipc://PATH.",
     0,
     0,
     {},
     check_endpoint},
    {"events",
     Kind::text,
     "\"\"",
     "Where the live stream is sent; empty: beside control.",
     0,
     0,
     {},
     check_endpoint},
    {"insecure", Kind::flag, "false",
     "Accept addresses other than loopback, without encryption or authentication."},
    {"durability", Kind::text, "\"disk\"",
     "What a confirmed event survives: disk a power loss, os any crash of the process.", 0, 0, "disk|os"},
    {"groups",
     Kind::texts,
     "[]",
     "Groups that exist from the start and are owed every event: NAME, or NAME=PREFIX,PREFIX.",
     0,
     0,
     {},
     check_group},
    {"journal_size_max", Kind::size, "\"8 GiB\"", "Upper limit of the journal on disk.", mib,
     1024 * 1024 * gib},
    {"segment_size", Kind::size, "\"256 MiB\"",
     "Bytes per journal segment; at most half of journal_size_max.", 64 * kib, 16 * gib},
    {"on_limit", Kind::text, "\"refuse\"",
     "At journal_size_max: refuse new events, or drop_oldest, which groups learn of as expired.", 0, 0,
     "refuse|drop_oldest"},
    {"age_max", Kind::duration, "\"0s\"", "Events older than this are dropped, settled or not; 0s: never.", 0,
     3650 * day},
    {"owed_to",
     Kind::texts,
     "[]",
     "Groups that events are kept for; none: all. What the others have not settled may go at "
     "journal_size_max.",
     0,
     0,
     {},
     check_name},
    {"settled_keep", Kind::duration, "\"0s\"", "Settled events are kept at least this long for replay.", 0,
     3650 * day},
    {"event_size_max", Kind::size, "\"1 MiB\"",
     "Largest encoded event; one that is relayed may have 1 KiB more, for what a relay adds to it.", 1,
     64 * mib},
    {"staging_size_max", Kind::size, "\"16 MiB\"",
     "Bytes that may wait for their commit; at least event_size_max.", 64 * kib, gib},
};

const Option gateway_options[] = {
    {"http",
     Kind::text,
     "\"\"",
     "ADDRESS:PORT to publish and consume over HTTP (usually 127.0.0.1:8480); empty: none.",
     0,
     0,
     {},
     check_listen},
    {"hosts",
     Kind::texts,
     "[]",
     "Further names by which http may be addressed (Host, Origin); its address and localhost always are.",
     0,
     0,
     {},
     check_host},
    {"insecure", Kind::flag, "false",
     "Accept an address other than loopback, without encryption or authentication."},
    {"zmq",
     Kind::text,
     "\"\"",
     "Endpoint to publish over ZeroMQ (REQ or DEALER, MessagePack); empty: none.",
     0,
     0,
     {},
     check_endpoint},
    {"pipe", Kind::text, "\"\"",
     "Path of a named pipe that takes JSON Lines; made when missing; empty: none."},
    {"from",
     Kind::texts,
     "[]",
     "Publishers whose events HTTP consumers get; none: this node's own.",
     0,
     0,
     {},
     check_endpoint},
    {"body_size_max", Kind::size, "\"4 MiB\"", "Largest request body.", kib, gib},
    {"memory_max", Kind::size, "\"32 MiB\"",
     "Bodies of all requests being worked on; beyond it HTTP requests get 429, and ZeroMQ is not read.",
     64 * kib, 16 * gib},
    {"connections_max", Kind::integer, "256", "HTTP connections at once; beyond it they get 503.", 1,
     100'000},
    {"events_max", Kind::integer, "10000", "Events in one request.", 1, 1'000'000},
    {"publish_timeout", Kind::duration, "\"10s\"", "How long a request waits for room before it gets 503.", 0,
     hour},
    {"read_timeout", Kind::duration, "\"10s\"", "A request must have arrived within this.", 10 * ms, hour},
    {"idle_timeout", Kind::duration, "\"1m\"", "A connection without a request is closed after this.",
     10 * ms, day},
    {"groups_max", Kind::integer, "16", "Groups consumed over HTTP at once.", 1, 256},
    {"group_idle_timeout", Kind::duration, "\"1m\"",
     "A group that nobody asks for by HTTP is left after this.", 10 * ms, day},
    {"in_flight_max", Kind::integer, "64",
     "Events of one group that HTTP consumers may have in hand; each has a thread that waits for its answer.",
     1, 1024},
    {"ack_wait", Kind::duration, "\"30s\"",
     "An HTTP consumer must answer within this, else the event comes again.", 10 * ms, day},
    {"backoff", Kind::durations, "[\"100ms\", \"1s\", \"5s\", \"30s\", \"2m\"]",
     "Delays before attempt 2, 3, ... of what HTTP consumers retry; the last repeats."},
    {"attempts_max", Kind::integer, "5", "An event is parked when this many attempts have failed.", 1, 1000},
    {"order", Kind::text, "\"key\"",
     "key: later events of a key wait for one that failed; none: they pass it.", 0, 0, "none|key"},
    {"on_park", Kind::text, "\"go_on\"",
     "When one is parked: later events of its key go_on, or park_key (they are parked behind it).", 0, 0,
     "go_on|park_key"},
};

// What relay, deliver and archive have in common.
#define ZMESH_SOURCE_OPTIONS(concurrency, attempts_max)                                                      \
  {"group", Kind::text, "\"\"", "The durable group (needed).", 0, 0, {}, check_name},                        \
      {"from", Kind::texts, "[]", "Control endpoints of the publishers; none: this node's own.",             \
       0,      0,           {},   check_endpoint},                                                           \
      {"prefixes", Kind::texts, "[]", "Topics that start with any of these; none: every topic.",             \
       0,          0,           {},   check_prefix_text},                                                    \
      {"start",                                                                                              \
       Kind::text,                                                                                           \
       "\"earliest\"",                                                                                       \
       "Where a new group begins: earliest, latest, seq:N, time:RFC3339.",                                   \
       0,                                                                                                    \
       0,                                                                                                    \
       {},                                                                                                   \
       check_start},                                                                                         \
      {"concurrency", Kind::integer, concurrency, "Events handled at once; never two of one key.", 1, 1024}, \
      {"delivery",                                                                                           \
       Kind::text,                                                                                           \
       "\"live\"",                                                                                           \
       "live: from the live stream; direct: only this node's events are sent to it, by fetch.",              \
       0,                                                                                                    \
       0,                                                                                                    \
       "live|direct"},                                                                                       \
      {"event_size_max",                                                                                     \
       Kind::size,                                                                                           \
       "\"1 MiB\"",                                                                                          \
       "Largest event accepted: that of the publishers or more.",                                            \
       1,                                                                                                    \
       64 * mib},                                                                                            \
      {"ack_wait", Kind::duration, "\"30s\"", "A handler that takes longer has failed.", 10 * ms, day},      \
      {"backoff", Kind::durations, "[\"100ms\", \"1s\", \"5s\", \"30s\", \"2m\"]",                           \
       "Delays before attempt 2, 3, ...; the last repeats."},                                                \
      {"order",   Kind::text,                                                                                \
       "\"key\"", "key: later events of a key wait for one that failed; none: they pass it.",                \
       0,         0,                                                                                         \
       "none|key"},                                                                                          \
      {"on_park",                                                                                            \
       Kind::text,                                                                                           \
       "\"go_on\"",                                                                                          \
       "When one is parked: later events of its key go_on, or park_key (they are parked behind it).",        \
       0,                                                                                                    \
       0,                                                                                                    \
       "go_on|park_key"},                                                                                    \
  {                                                                                                          \
    "attempts_max", Kind::integer, attempts_max, "An event is parked when this many attempts have failed.",  \
        1, 1000                                                                                              \
  }

const Option relay_options[] = {
    ZMESH_SOURCE_OPTIONS("64", "1000"),
    {"exclude",
     Kind::texts,
     "[]",
     "Topics that start with any of these are not relayed.",
     0,
     0,
     {},
     check_prefix_text,
     true},
    {"rename",
     Kind::texts,
     "[]",
     "FROM=TO: a topic that starts with FROM starts with TO instead; the first match counts.",
     0,
     0,
     {},
     check_rename,
     true},
    {"remember", Kind::integer, "65536",
     "Newest events of which a duplicate is recognised and not published again.", 0, 10'000'000},
};

const Option deliver_options[] = {
    ZMESH_SOURCE_OPTIONS("4", "500"),
    {"webhook",
     Kind::text,
     "\"\"",
     "http:// or https:// URL to which each event is posted as JSON.",
     0,
     0,
     {},
     check_url,
     true},
    {"secret",
     Kind::text,
     "\"\"",
     "Signs each post: X-Zmesh-Signature: t=UNIXTIME,v1=HMAC-SHA256 of \"TIME.BODY\".",
     0,
     0,
     {},
     nullptr,
     true,
     true},
    {"secret_file", Kind::text, "\"\"", "The secret is the content of this file.", 0, 0, {}, nullptr, true},
    {"timeout", Kind::duration, "\"10s\"", "A webhook must answer within this.", 10 * ms, hour},
    {"exec", Kind::text, "\"\"",
     "Command run by /bin/sh for each event, with its JSON on stdin: 0 handled, 65 park, else retry."},
    {"worker", Kind::text, "\"\"",
     "Command of long-lived workers, `concurrency` of them: a line of JSON in, a line of JSON out."},
};

const Option archive_options[] = {
    ZMESH_SOURCE_OPTIONS("64", "1000"),
    {"directory", Kind::text, "\"\"", "Where the files go (needed); made when missing."},
    {"file_size_max", Kind::size, "\"64 MiB\"", "A file is completed when it has this many compressed bytes.",
     4 * kib, 1024 * gib},
    {"file_age_max", Kind::duration, "\"1h\"", "A file is completed at this age.", 100 * ms, 365 * day},
    {"level", Kind::integer, "6", "Compression: 1 fast to 9 small.", 1, 9},
};

const Section all_sections[] = {
    {"node", false, "The process.", node_options},
    {"log", false, "Logs, on stderr.", log_options},
    {"admin", false, "Health, metrics and state over HTTP.", admin_options},
    {"publisher", false, "The node's own journal, from which groups get what was published here.",
     publisher_options},
    {"gateway", false, "Publish and consume without embedding anything (nodes/GATEWAY.md).", gateway_options},
    {"relay", true, "Events of other publishers, published again from this node's journal.", relay_options},
    {"deliver", true, "Each event of a group to a webhook or a command.", deliver_options},
    {"archive", true, "Events to compressed files of JSON Lines, acknowledged once synced.", archive_options},
};

#undef ZMESH_SOURCE_OPTIONS

std::string spelled(std::string_view section, std::string_view key, char between, bool upper) {
  std::string name(section);
  name += between;
  name += key;
  for (auto& letter : name) {
    if (letter == '_') letter = between;
    if (upper && letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return name;
}

}  // namespace

std::span<const Section> sections() {
  return all_sections;
}

const Section* find_section(std::string_view name) {
  for (const auto& section : all_sections)
    if (section.name == name) return &section;
  return nullptr;
}

const Option* find_option(const Section& section, std::string_view key) {
  for (const auto& option : section.options)
    if (option.key == key) return &option;
  return nullptr;
}

std::string environment_name(const Section& section, const Option& option) {
  return "ZMESH_" + spelled(section.name, option.key, '_', true);
}

std::string flag_name(const Section& section, const Option& option) {
  return "--" + spelled(section.name, option.key, '-', false);
}

std::string_view kind_text(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "a string";
    case Kind::texts:
      return "a list of strings";
    case Kind::flag:
      return "true or false";
    case Kind::integer:
      return "a whole number";
    case Kind::size:
      return "a size in bytes, such as 65536 or \"64 KiB\"";
    case Kind::duration:
      return "a duration, such as \"1.5s\"";
    case Kind::durations:
      return "a list of durations, such as [\"100ms\", \"1s\"]";
  }
  return "";
}

}  // namespace node
