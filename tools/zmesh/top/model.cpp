#include <tools/zmesh/top/model.hpp>

#include <algorithm>
#include <bit>
#include <chrono>

#include <tools/zmesh/text/table.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using Kind = TopColumn::Kind;

const std::vector<TopColumn> topic_columns = {
    {"EVENTS/S", Kind::rate}, {"BYTES/S", Kind::byte_rate}, {"EVENTS", Kind::count}, {"BYTES", Kind::bytes}};
const std::vector<TopColumn> group_columns = {
    {"LAG", Kind::count},      {"SETTLED/S", Kind::rate}, {"FLIGHT", Kind::count}, {"WAITING", Kind::count},
    {"RETRIES/S", Kind::rate}, {"PARKED", Kind::count},   {"OLDEST", Kind::age},   {"MEMBERS", Kind::count}};
const std::vector<TopColumn> publisher_columns = {{"EVENTS/S", Kind::rate}, {"BYTES/S", Kind::byte_rate},
                                                  {"HEAD", Kind::count},    {"JOURNAL", Kind::bytes},
                                                  {"LAG", Kind::count},     {"PARKED", Kind::count},
                                                  {"GROUPS", Kind::count},  {"SESSIONS", Kind::count}};

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char symbol) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(symbol)));
  });
  return text;
}

std::string group_detail(const PublisherLook& look, const mesh::GroupStatus& group) {
  std::vector<std::vector<std::string>> rows = {
      {"publisher", look.name + " at " + look.endpoint},
      {"floor", std::to_string(group.floor)},
      {"head", std::to_string(look.info->head)},
      {"lag", std::to_string(group.lag)},
      {"retried", std::to_string(group.retried) + " attempts failed"},
      {"redelivered", std::to_string(group.redelivered)},
      {"parked", std::to_string(group.parked)},
      {"expired", std::to_string(group.expired)}};
  if (group.oldest_unsettled > 0)
    rows.push_back({"oldest unsettled", "#" + std::to_string(group.oldest_unsettled)});
  for (const auto& prefix : group.prefixes) rows.push_back({"prefix", prefix});
  for (const auto& member : group.members)
    rows.push_back({"member", member.member + ", " + std::to_string(std::popcount(member.slots)) +
                                  " slots, heard of " + duration_text(member.idle) + " ago"});
  if (group.members.empty()) rows.push_back({"member", "nobody"});
  return "group " + group.group + "\n\n" + table(rows);
}

std::string publisher_detail(const PublisherLook& look) {
  std::vector<std::vector<std::string>> rows = {{"endpoint", look.endpoint}};
  if (look.error) rows.push_back({"error", look.error->describe()});
  if (look.info) {
    rows.insert(rows.end(), {{"origin", look.info->origin.hex()},
                             {"incarnation", std::to_string(look.info->incarnation)},
                             {"live stream", look.info->events},
                             {"head", std::to_string(look.info->head)},
                             {"dropped through", std::to_string(look.info->dropped_through)},
                             {"journal", size_text(look.info->journal_bytes)},
                             {"answered in", duration_text(look.answered)}});
  }
  if (!look.journal.empty()) rows.push_back({"journal's directory", look.journal});
  if (look.pid > 0) rows.push_back({"process", std::to_string(look.pid)});
  return "publisher " + look.name + "\n\n" + table(rows);
}

}  // namespace

std::string_view to_string(TopView view) {
  switch (view) {
    case TopView::topics:
      return "topics";
    case TopView::groups:
      return "groups";
    case TopView::publishers:
      return "publishers";
  }
  return "unknown";
}

const std::vector<TopColumn>& top_columns(TopView view) {
  switch (view) {
    case TopView::groups:
      return group_columns;
    case TopView::publishers:
      return publisher_columns;
    case TopView::topics:
      break;
  }
  return topic_columns;
}

int top_column(TopView view, const std::string& title) {
  const auto& columns = top_columns(view);
  for (std::size_t at = 0; at < columns.size(); ++at) {
    if (upper_case(title) == columns[at].title) return static_cast<int>(at);
  }
  return -1;
}

double TopModel::rate(const std::string& key, double value, double seconds) {
  const auto [known, first] = counters_.try_emplace(key, value);
  const auto before = std::exchange(known->second, value);
  return first || value < before || seconds <= 0 ? 0 : (value - before) / seconds;
}

std::deque<double> TopModel::remember(const std::string& key, double value) {
  auto& past = pasts_[key];
  past.push_back(value);
  if (past.size() > past_max) past.pop_front();
  return past;
}

TopRow TopModel::topic_row(const TopicCount& topic, double seconds) {
  const auto key = "topic " + topic.publisher + " " + topic.topic;
  TopRow row;
  row.name = topic.topic;
  row.publisher = topic.publisher;
  const auto events = rate(key, static_cast<double>(topic.events), seconds);
  const auto bytes = rate(key + " bytes", static_cast<double>(topic.bytes), seconds);
  row.values = {events, bytes, static_cast<double>(topic.events), static_cast<double>(topic.bytes)};
  row.past = remember(key, events);
  row.detail = topic.newest;
  return row;
}

TopRow TopModel::group_row(const PublisherLook& look, const mesh::GroupStatus& group, double seconds) {
  const auto key = "group " + look.endpoint + " " + group.group;
  TopRow row;
  row.name = group.group;
  row.publisher = look.name;
  const auto lag = static_cast<double>(group.lag);
  const auto settled = rate(key, static_cast<double>(look.info->head) - lag, seconds);
  const auto retries = rate(key + " retried", static_cast<double>(group.retried), seconds);
  const auto oldest = group.oldest_age ? std::chrono::duration<double>(*group.oldest_age).count() : 0;
  row.values = {lag,
                settled,
                static_cast<double>(group.in_flight),
                static_cast<double>(group.waiting),
                retries,
                static_cast<double>(group.parked),
                oldest,
                static_cast<double>(group.members.size())};
  row.past = remember(key, lag);
  row.detail = group_detail(look, group);
  row.alarming = group.parked > 0 || group.members.empty();
  return row;
}

TopRow TopModel::publisher_row(const PublisherLook& look, std::uint64_t bytes, double seconds) {
  const auto key = "publisher " + look.endpoint;
  TopRow row;
  row.name = look.name;
  row.detail = publisher_detail(look);
  if (!look.info) {
    row.values.assign(publisher_columns.size(), 0);
    row.past = remember(key, 0);
    row.alarming = row.silent = true;
    return row;
  }
  double lag = 0, parked = 0;
  for (const auto& group : look.groups) {
    lag = std::max(lag, static_cast<double>(group.lag));
    parked += static_cast<double>(group.parked);
  }
  const auto events = rate(key, static_cast<double>(look.info->head), seconds);
  const auto bytes_per_second = rate(key + " bytes", static_cast<double>(bytes), seconds);
  row.values = {events,
                bytes_per_second,
                static_cast<double>(look.info->head),
                static_cast<double>(look.info->journal_bytes),
                lag,
                parked,
                static_cast<double>(look.info->group_count),
                static_cast<double>(look.info->session_count)};
  row.past = remember(key, events);
  row.alarming = parked > 0;
  return row;
}

TopSnapshot TopModel::sample(const std::vector<PublisherLook>& looks, const std::vector<TopicCount>& topics,
                             mesh::Duration since_last) {
  const auto seconds = std::chrono::duration<double>(since_last).count();
  TopSnapshot snapshot;
  snapshot.samples = ++samples_;
  snapshot.at = std::chrono::system_clock::now().time_since_epoch().count();
  for (const auto& topic : topics)
    snapshot.rows[static_cast<int>(TopView::topics)].push_back(topic_row(topic, seconds));
  std::map<std::string, std::uint64_t> bytes;
  for (const auto& topic : topics) bytes[topic.publisher] += topic.bytes;
  for (const auto& look : looks) {
    if (!look.answers())
      snapshot.silent.push_back(look.name == look.endpoint ? look.name : look.name + " at " + look.endpoint);
    snapshot.rows[static_cast<int>(TopView::publishers)].push_back(
        publisher_row(look, bytes[look.name], seconds));
    for (const auto& group : look.groups)
      snapshot.rows[static_cast<int>(TopView::groups)].push_back(group_row(look, group, seconds));
  }
  return snapshot;
}

}  // namespace zmesh
