#include <tools/zmesh/registry/where.hpp>

#include <filesystem>

#include <tools/zmesh/registry/registry.hpp>

namespace zmesh {
namespace {

bool same_path(const std::string& left, const std::string& right) {
  std::error_code ignored;
  return !left.empty() && !right.empty() && std::filesystem::equivalent(left, right, ignored);
}

}  // namespace

mesh::Result<Where> find_where(const std::string& text) {
  const auto entries = registry_entries();
  if (text.starts_with('@')) {
    for (const auto& entry : entries) {
      if (entry.name == text.substr(1)) return Where{entry.control, entry.journal, entry.pid};
    }
    return mesh::fail(mesh::Errc::unreachable,
                      "no node '" + text.substr(1) + "' on this machine (zmesh publishers lists them)");
  }
  const bool endpoint = text.find("://") != std::string::npos;
  for (const auto& entry : entries) {
    if (endpoint ? entry.control == text : same_path(entry.journal, text))
      return Where{entry.control, entry.journal, entry.pid};
  }
  return endpoint ? Where{text, "", 0} : Where{"", text, 0};
}

mesh::Result<mesh::Admin> connect_admin(const std::string& text, mesh::Duration timeout) {
  const auto where = find_where(text);
  if (!where) return where.error();
  return mesh::Admin::connect(where->endpoint.empty() ? text : where->endpoint, timeout);
}

}  // namespace zmesh
