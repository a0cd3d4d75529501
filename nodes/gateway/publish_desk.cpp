#include <nodes/gateway/publish_desk.hpp>

#include <nodes/gateway/answers.hpp>
#include <nodes/gateway/incoming.hpp>

namespace node {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// How often a request that found no room looks again. Room comes with every commit.
constexpr auto look_again = 2ms;

}  // namespace

struct PublishDesk::Job {
  http::ExchangePtr exchange;
  Incoming incoming;
  std::vector<mesh::Receipt> receipts{};
  std::optional<mesh::Error> stopped{};  ///< why what follows the receipts was not taken
  Clock::time_point deadline{};
};

PublishDesk::PublishDesk(mesh::Publisher& publisher, CommitWatch& commits, http::Loop& loop,
                         const GatewaySettings& settings, PublishCounters& counters, Topics& topics)
    : publisher_(publisher),
      commits_(commits),
      loop_(loop),
      settings_(settings),
      counters_(counters),
      topics_(topics),
      origin_(publisher.identity().origin.hex()) {}

void PublishDesk::publish(http::ExchangePtr exchange) {
  ++counters_.requests;
  auto incoming = Incoming::read(exchange->request(), settings_.event_size_max, settings_.events_max);
  if (!incoming.error.text.empty()) {
    ++counters_.refused;
    return exchange->reply(error_answer(incoming.error, incoming.line));
  }
  auto job = std::make_shared<Job>();
  job->exchange = std::move(exchange);
  job->incoming = std::move(incoming);
  job->deadline = Clock::now() + settings_.publish_timeout;
  job->receipts.reserve(job->incoming.events.size());
  advance(job);
}

void PublishDesk::advance(const std::shared_ptr<Job>& job) {
  const auto& events = job->incoming.events;
  while (job->receipts.size() < events.size()) {
    auto receipt = publisher_.try_publish(events[job->receipts.size()]);
    if (receipt) {
      job->receipts.push_back(std::move(*receipt));
      continue;
    }
    if (receipt.error().code == mesh::Errc::staging_full && Clock::now() < job->deadline)
      return loop_.after(look_again, [this, job] { advance(job); });
    job->stopped = receipt.error();
    break;
  }
  if (job->receipts.empty()) return finish(job);
  commits_.add(job->receipts.back(), [this, job] { loop_.post([this, job] { finish(job); }); });
}

void PublishDesk::finish(const std::shared_ptr<Job>& job) {
  std::optional<mesh::Error> error;
  std::string seqs;
  const auto& events = job->incoming.events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0) seqs += ',';
    const auto outcome = i < job->receipts.size() ? job->receipts[i].poll() : std::nullopt;
    if (outcome && *outcome) {
      seqs += std::to_string(**outcome);
      ++counters_.events;
      topics_.count(events[i].topic, events[i].payload.size(), **outcome);
      continue;
    }
    seqs += "null";
    ++(i < job->receipts.size() ? counters_.failed : counters_.refused);
    if (error) continue;
    if (outcome)
      error = outcome->error();
    else
      error =
          job->stopped ? *job->stopped : mesh::fail(mesh::Errc::timeout, "the node ended before the commit");
  }
  http::Response response;
  response.body = "{";
  if (error) {
    response = error_answer(*error);
    response.body = "{";
    append_error(response.body, mesh::to_string(error->code), error->text);
    response.body += ',';
  }
  response.body += "\"origin\":\"" + origin_ + "\",";
  response.body += job->incoming.lines ? "\"seqs\":[" + seqs + "]}\n" : "\"seq\":" + seqs + "}\n";
  job->exchange->reply(std::move(response));
}

}  // namespace node
