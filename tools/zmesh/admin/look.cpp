#include <tools/zmesh/admin/look.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

#include <tools/zmesh/registry/registry.hpp>
#include <tools/zmesh/registry/where.hpp>

namespace zmesh {
namespace {

mesh::WallTime wall_now() {
  return std::chrono::system_clock::now().time_since_epoch().count();
}

}  // namespace

mesh::Duration clock_lead(mesh::WallTime theirs, mesh::WallTime asked, mesh::WallTime answered) {
  if (theirs == 0) return mesh::Duration{0};
  if (theirs > answered) return mesh::Duration(theirs - answered);
  return mesh::Duration(std::min<mesh::WallTime>(theirs - asked, 0));
}

PublisherProbe::PublisherProbe(std::string endpoint, std::string name, std::string journal,
                               std::int64_t pid) {
  known_.endpoint = std::move(endpoint);
  known_.name = name.empty() ? known_.endpoint : std::move(name);
  known_.journal = std::move(journal);
  known_.pid = pid;
}

PublisherLook PublisherProbe::look(mesh::Duration timeout) {
  const auto start = std::chrono::steady_clock::now();
  auto look = known_;
  const auto failed = [&](const mesh::Error& error) {
    admin_.reset();
    look.error = error;
    look.info.reset();
    return look;
  };
  if (!admin_) {
    auto admin = mesh::Admin::connect(look.endpoint, timeout);
    if (!admin) return failed(admin.error());
    admin_ = std::move(*admin);
  }
  const auto asked_at = wall_now();
  auto info = admin_->info();
  if (!info) return failed(info.error());
  look.clock_ahead = clock_lead(info->time, asked_at, wall_now());
  auto groups = admin_->groups();
  if (!groups) return failed(groups.error());
  look.info = std::move(*info);
  look.info->head = std::max(look.info->head, groups->head);
  look.groups = std::move(groups->groups);
  look.answered = std::chrono::steady_clock::now() - start;
  look.name = known_.name = look.info->name;
  return look;
}

mesh::Result<std::vector<PublisherProbe>> make_probes(const std::vector<std::string>& where) {
  std::vector<PublisherProbe> probes;
  if (where.empty()) {
    for (const auto& entry : registry_entries())
      probes.emplace_back(entry.control, entry.name, entry.journal, entry.pid);
    return probes;
  }
  for (const auto& text : where) {
    const auto found = find_where(text);
    if (!found) return found.error();
    const auto endpoint = found->endpoint.empty() ? text : found->endpoint;
    probes.emplace_back(endpoint, text.starts_with('@') ? text.substr(1) : "", found->journal, found->pid);
  }
  return probes;
}

std::vector<PublisherLook> look_at(std::vector<PublisherProbe>& probes, mesh::Duration timeout) {
  std::vector<PublisherLook> looks(probes.size());
  std::vector<std::thread> threads;
  threads.reserve(probes.size());
  for (std::size_t at = 0; at < probes.size(); ++at) {
    threads.emplace_back([&, at] { looks[at] = probes[at].look(timeout); });
  }
  for (auto& thread : threads) thread.join();
  return looks;
}

}  // namespace zmesh
