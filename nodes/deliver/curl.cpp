#include <nodes/deliver/curl.hpp>

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace node {
namespace {

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) throw std::runtime_error(std::string("libcurl has no ") + name);
}

Curl load() {
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw std::runtime_error(std::string("webhooks need libcurl: ") + ::dlerror());  // NOLINT
  Curl found{};
  find(library, "curl_global_init", found.global_init);
  find(library, "curl_easy_init", found.easy_init);
  find(library, "curl_easy_reset", found.easy_reset);
  find(library, "curl_easy_cleanup", found.easy_cleanup);
  find(library, "curl_easy_setopt", found.easy_setopt);
  find(library, "curl_easy_getinfo", found.easy_getinfo);
  find(library, "curl_easy_perform", found.easy_perform);
  find(library, "curl_easy_strerror", found.easy_strerror);
  find(library, "curl_slist_append", found.slist_append);
  find(library, "curl_slist_free_all", found.slist_free_all);
  if (found.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    throw std::runtime_error("libcurl cannot be initialised");
  return found;
}

}  // namespace

const Curl& curl() {
  static const Curl loaded = load();
  return loaded;
}

}  // namespace node
