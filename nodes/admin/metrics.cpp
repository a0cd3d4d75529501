#include <nodes/admin/metrics.hpp>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace node {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<prometheus::ClientMetric::Label>;
using namespace std::chrono_literals;

class Families {
 public:
  void counter(std::string name, std::string help, std::uint64_t value, Labels labels = {}) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = static_cast<double>(value);
    add(std::move(name), std::move(help), MetricType::Counter, std::move(metric));
  }

  void gauge(std::string name, std::string help, double value, Labels labels = {}) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    add(std::move(name), std::move(help), MetricType::Gauge, std::move(metric));
  }

  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  void add(std::string name, std::string help, MetricType type, prometheus::ClientMetric metric) {
    for (auto& family : families_) {
      if (family.name != name) continue;
      family.metric.push_back(std::move(metric));
      return;
    }
    families_.push_back({std::move(name), std::move(help), type, {std::move(metric)}});
  }

  std::vector<MetricFamily> families_;
};

double in_seconds(mesh::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

void add_publisher(Families& out, mesh::Publisher& publisher) {
  const auto stats = publisher.stats();
  out.counter("zmesh_publisher_events_published_total", "Events accepted by publish.", stats.published);
  out.counter("zmesh_publisher_events_committed_total", "Events in the journal.", stats.committed);
  out.counter("zmesh_publisher_events_failed_total", "Events whose commit failed.", stats.failed);
  out.counter("zmesh_publisher_committed_bytes_total", "Committed events, as encoded.", stats.bytes);
  out.counter("zmesh_publisher_commits_total", "Journal transactions with events.", stats.commits);
  out.counter("zmesh_publisher_events_sent_total", "Events sent on the live stream.", stats.sent);
  out.counter("zmesh_publisher_events_fetched_total", "Events sent in answer to fetches.", stats.fetched);
  out.counter("zmesh_publisher_redeliveries_total", "Redeliveries sent.", stats.redelivered);
  out.counter("zmesh_publisher_attempts_failed_total", "Failed attempts.", stats.retried);
  out.counter("zmesh_publisher_events_parked_total", "Events that were parked.", stats.parked);
  out.counter("zmesh_publisher_events_expired_total",
              "Seqs that retention took from groups that had not settled them.", stats.expired);
  out.counter("zmesh_publisher_requests_refused_total", "Requests of members that were refused.",
              stats.refused);
  out.gauge("zmesh_publisher_staged_bytes", "Bytes waiting for their commit.",
            static_cast<double>(stats.staged_bytes));
  out.gauge("zmesh_publisher_head_seq", "Last committed seq.", static_cast<double>(stats.head));
  if (const auto info = publisher.info(2s)) {
    out.gauge("zmesh_journal_bytes", "Bytes of the journal's event segments.",
              static_cast<double>(info->journal_bytes));
    out.gauge("zmesh_journal_bytes_max", "Limit of the journal.",
              static_cast<double>(info->journal_bytes_max));
    out.gauge("zmesh_journal_owed_bytes",
              "Of the journal, what may not be dropped to make room: at the limit publishing is refused.",
              static_cast<double>(info->journal_owed_bytes));
    if (info->journal_full_in) {
      out.gauge("zmesh_journal_full_in_seconds",
                "When that limit is reached if what is owed goes on growing as in the last minute.",
                std::chrono::duration<double>(*info->journal_full_in).count());
    }
  }
  const auto groups = publisher.groups(2s);
  if (!groups) return;
  for (const auto& group : groups->groups) {
    const Labels labels{{"group", group.group}};
    out.gauge("zmesh_group_lag_events", "Seqs at or below head that are not settled.",
              static_cast<double>(group.lag), labels);
    out.gauge("zmesh_group_waiting_events", "Events waiting for their retry.",
              static_cast<double>(group.waiting), labels);
    out.gauge("zmesh_group_in_flight_redeliveries", "Redeliveries in members' hands.",
              static_cast<double>(group.in_flight), labels);
    out.gauge("zmesh_group_parked_events", "Events in the parking lot.", static_cast<double>(group.parked),
              labels);
    out.gauge("zmesh_group_paused", "1 while an operator keeps it paused.", group.paused ? 1 : 0, labels);
    out.gauge("zmesh_group_members", "Members attached.", static_cast<double>(group.members.size()), labels);
    out.gauge("zmesh_group_oldest_unsettled_age_seconds",
              "Age of the oldest event that is not settled; 0: all are.",
              group.oldest_age ? in_seconds(*group.oldest_age) : 0, labels);
    out.counter("zmesh_group_events_expired_total", "Seqs that retention took.", group.expired, labels);
  }
}

void add_gateway(Families& out, const Gateway& gateway) {
  const auto& counters = gateway.counters();
  const std::pair<const char*, const PublishCounters*> ways[] = {
      {"http", &counters.http}, {"zmq", &counters.zmq}, {"pipe", &counters.pipe}};
  for (const auto& [way, count] : ways) {
    const Labels labels{{"by", way}};
    out.counter("zmesh_gateway_publish_requests_total", "Requests to publish.", count->requests, labels);
    out.counter("zmesh_gateway_events_committed_total", "Events published by the gateway.", count->events,
                labels);
    out.counter("zmesh_gateway_events_refused_total", "Events that were not taken: not valid, or no room.",
                count->refused, labels);
    out.counter("zmesh_gateway_events_failed_total", "Events whose commit failed.", count->failed, labels);
  }
  out.counter("zmesh_gateway_events_delivered_total", "Events handed to HTTP consumers.", counters.delivered);
  out.counter("zmesh_gateway_answers_total", "Answers of HTTP consumers.", counters.acked,
              {{"outcome", "ack"}});
  out.counter("zmesh_gateway_answers_total", "", counters.retried, {{"outcome", "retry"}});
  out.counter("zmesh_gateway_answers_total", "", counters.parked, {{"outcome", "park"}});
  out.counter("zmesh_gateway_unanswered_total", "Deliveries without an answer within ack_wait.",
              counters.unanswered);
  const auto* http = gateway.http_stats();
  if (http == nullptr) return;
  out.gauge("zmesh_gateway_http_connections", "HTTP connections.", static_cast<double>(http->connections));
  out.gauge("zmesh_gateway_http_body_bytes", "Request bodies in memory.",
            static_cast<double>(http->body_bytes));
  out.counter("zmesh_gateway_http_requests_total", "HTTP requests.", http->requests);
  out.counter("zmesh_gateway_http_requests_refused_total", "HTTP requests refused unread.",
              http->refused_requests);
  out.counter("zmesh_gateway_http_connections_refused_total", "HTTP connections beyond connections_max.",
              http->refused_connections);
}

void add_role(Families& out, const RoleStatus& role) {
  const Labels labels{{"role", role.role}, {"group", role.group}};
  const auto& total = role.stats.total;
  out.counter("zmesh_role_events_received_total", "Events received for handlers.", total.received, labels);
  out.counter("zmesh_role_received_bytes_total", "Bytes of the events received.", total.received_bytes,
              labels);
  out.counter("zmesh_role_events_settled_total", "Events acknowledged.", total.settled, labels);
  out.counter("zmesh_role_attempts_failed_total", "Attempts that ended in a retry.", total.retried, labels);
  out.counter("zmesh_role_events_parked_total", "Events this node has parked.", total.parked, labels);
  out.counter("zmesh_role_gaps_total", "Losses of the live stream, noticed and repaired.", total.gaps,
              labels);
  out.counter("zmesh_role_reconnects_total", "Connections that had to be revived.", total.reconnects, labels);
  out.gauge("zmesh_role_queued_events", "Events waiting for a handler.",
            static_cast<double>(role.stats.queued), labels);
  out.gauge("zmesh_role_running_handlers", "Handlers at work.", static_cast<double>(role.stats.running),
            labels);
  double attached = 0;
  for (const auto& link : role.stats.links) attached += link.origin ? 1 : 0;
  out.gauge("zmesh_role_publishers", "Publishers it takes from.",
            static_cast<double>(role.stats.links.size()), labels);
  out.gauge("zmesh_role_publishers_attached", "Of them, those that it has been attached to.", attached,
            labels);
  for (const auto& [name, count] : role.counts)
    out.counter("zmesh_" + role.role + "_" + name + "_total", "Of the role " + role.role + ": " + name + ".",
                count, {{"group", role.group}});
}

std::uint64_t status_kib(std::string_view field) {
  std::ifstream file("/proc/self/status");
  std::string line;
  while (std::getline(file, line))
    if (line.starts_with(field)) return std::strtoull(line.c_str() + field.size(), nullptr, 10);
  return 0;
}

}  // namespace

std::string metrics_text(const View& view) {
  Families out;
  out.gauge("zmesh_node_info", "The node; always 1.", 1, {{"name", view.name}, {"version", ZMESH_VERSION}});
  out.gauge("zmesh_node_ready", "1: it is ready.", view.not_ready().empty() ? 1 : 0);
  out.gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
            static_cast<double>(status_kib("VmRSS:") * 1024));
  out.gauge("process_threads", "Threads.", static_cast<double>(status_kib("Threads:")));
  if (view.publisher != nullptr) add_publisher(out, *view.publisher);
  if (view.gateway != nullptr) add_gateway(out, *view.gateway);
  for (const auto& role : view.roles()) add_role(out, role);
  return out.text();
}

}  // namespace node
