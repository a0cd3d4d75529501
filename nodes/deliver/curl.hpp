// libcurl, loaded when the first webhook wants it: it and what it needs would be half of the memory of a node
// that has none.
#pragma once

#include <curl/curl.h>
// Macros that check types, for calls by these names only.
#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace node {

struct Curl {
  decltype(&curl_global_init) global_init;
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_perform) easy_perform;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
};

/// Throws std::runtime_error where the library is not installed. Any thread.
const Curl& curl();

}  // namespace node
