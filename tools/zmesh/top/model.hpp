// What `zmesh top` shows, as values: rows of topics, groups and publishers, with their rates and pasts.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include <tools/zmesh/admin/look.hpp>
#include <tools/zmesh/top/topics.hpp>

namespace zmesh {

enum class TopView { topics, groups, publishers };
std::string_view to_string(TopView view);

struct TopRow {
  std::string name;            ///< of the topic, group or publisher
  std::string publisher;       ///< empty in the view of publishers
  std::vector<double> values;  ///< one per column of the view
  std::deque<double> past;     ///< of the view's spark column, oldest first
  std::string detail;          ///< several lines, shown when the row is opened
  bool alarming = false;       ///< parked events, nobody attends, no answer
  bool silent = false;         ///< a publisher that does not answer: its values are not known
};

/// Everything at one time.
struct TopSnapshot {
  std::vector<TopRow> rows[3];  ///< by TopView
  std::uint64_t samples = 0;    ///< taken so far; rates are there from the second on
  mesh::WallTime at = 0;
  std::vector<std::string> silent;  ///< publishers that do not answer: "NAME at ENDPOINT"
};

struct TopColumn {
  const char* title;  ///< also the name to sort by, in lower case
  enum class Kind { count, rate, bytes, byte_rate, age } kind;
};

/// The columns of values of a view; the first one that is a rate or a lag is what the sparkline shows.
const std::vector<TopColumn>& top_columns(TopView view);

/// Index of the column by its title, whatever its case; -1: there is none.
int top_column(TopView view, const std::string& title);

/// Makes snapshots of looks; remembers what rates and sparklines need.
class TopModel {
 public:
  TopSnapshot sample(const std::vector<PublisherLook>& looks, const std::vector<TopicCount>& topics,
                     mesh::Duration since_last);

 private:
  static constexpr std::size_t past_max = 60;

  /// How fast a counter grows; 0 the first time and when it began anew.
  double rate(const std::string& key, double value, double seconds);
  std::deque<double> remember(const std::string& key, double value);
  TopRow topic_row(const TopicCount& topic, double seconds);
  TopRow group_row(const PublisherLook& look, const mesh::GroupStatus& group, double seconds);
  /// `bytes` of payloads that came from it by the live stream.
  TopRow publisher_row(const PublisherLook& look, std::uint64_t bytes, double seconds);

  std::map<std::string, double> counters_;
  std::map<std::string, std::deque<double>> pasts_;
  std::uint64_t samples_ = 0;
};

}  // namespace zmesh
