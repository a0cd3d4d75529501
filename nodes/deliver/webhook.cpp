#include <nodes/deliver/webhook.hpp>

#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include <nodes/deliver/curl.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;

/// Of the answer, so much is kept for the reason.
constexpr std::size_t answer_kept_max = 300;

std::size_t keep_answer(const char* data, std::size_t, std::size_t size, void* kept) {
  auto& text = *static_cast<std::string*>(kept);
  text.append(data, std::min(size, answer_kept_max - std::min(answer_kept_max, text.size())));
  return size;
}

/// Hands the body out once. libcurl would silently post again on a kept connection that was closed without an
/// answer; without a way to begin the body anew it fails instead, so that the next post is a counted attempt.
std::size_t read_body(char* data, std::size_t, std::size_t size, void* body) {
  auto& rest = *static_cast<std::string_view*>(body);
  const auto count = rest.copy(data, size);
  rest.remove_prefix(count);
  return count;
}

/// libcurl calls this about once a second: other than 0 ends the post.
int abort_wanted(void* aborting, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(aborting)->load() ? 1 : 0;
}

/// A header's value must not end its line.
std::string header_text(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return clean;
}

class Headers {
 public:
  ~Headers() { curl().slist_free_all(list_); }

  void add(const std::string& line) { list_ = curl().slist_append(list_, line.c_str()); }

  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

mesh::Outcome judge(long status, std::string answer, std::optional<mesh::Duration> retry_after) {
  if (status >= 200 && status < 300) return mesh::ack();
  while (!answer.empty() && answer.back() <= ' ') answer.pop_back();
  auto reason = "the webhook answered " + std::to_string(status) + (answer.empty() ? "" : ": " + answer);
  if (status == 429 || status == 503) return mesh::retry(std::move(reason), retry_after);
  if (status >= 400 && status < 500 && status != 408) return mesh::park(std::move(reason));
  return mesh::retry(std::move(reason));
}

}  // namespace

struct Webhook::State {
  const std::string agent;
  std::mutex mutex;
  std::vector<CURL*> idle{};
  std::atomic<bool> aborting{false};

  CURL* take() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        auto* handle = idle.back();
        idle.pop_back();
        return handle;
      }
    }
    return curl().easy_init();
  }

  void give_back(CURL* handle) {
    curl().easy_reset(handle);  // its connections stay
    const std::lock_guard lock(mutex);
    idle.push_back(handle);
  }
};

Webhook::Webhook(std::string agent) : state_(new State{.agent = std::move(agent), .mutex = {}}) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  curl();
}

Webhook::~Webhook() {
  for (auto* handle : state_->idle) curl().easy_cleanup(handle);
}

void Webhook::abort() {
  state_->aborting = true;
}

mesh::Outcome Webhook::post(const WebhookSettings& settings, const mesh::Event& event,
                            const std::string& body) {
  auto* handle = state_->take();
  if (handle == nullptr) return mesh::retry("libcurl has no handle left");
  Headers headers;
  headers.add("Content-Type: application/json");
  headers.add("Expect:");
  headers.add("X-Zmesh-Event: " + event.origin().hex() + "/" + std::to_string(event.seq()));
  headers.add("X-Zmesh-Topic: " + header_text(event.topic()));
  headers.add("X-Zmesh-Attempt: " + std::to_string(event.attempt()));
  if (!settings.secret.empty()) {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    headers.add("X-Zmesh-Signature: " + signature(settings.secret, now.count(), body));
  }
  std::string_view rest = body;
  std::string answer;
  char problem[CURL_ERROR_SIZE] = "";
  const auto timeout_ms = static_cast<long>(std::max<std::int64_t>(1, settings.timeout / 1ms));
  curl().easy_setopt(handle, CURLOPT_URL, settings.url.c_str());
  curl().easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl().easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl().easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
  curl().easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
  curl().easy_setopt(handle, CURLOPT_USERAGENT, state_->agent.c_str());
  curl().easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl().easy_setopt(handle, CURLOPT_POST, 1L);
  curl().easy_setopt(handle, CURLOPT_READFUNCTION, read_body);
  curl().easy_setopt(handle, CURLOPT_READDATA, &rest);
  curl().easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl().easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep_answer);
  curl().easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
  curl().easy_setopt(handle, CURLOPT_ERRORBUFFER, problem);
  curl().easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl().easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, abort_wanted);
  curl().easy_setopt(handle, CURLOPT_XFERINFODATA, &state_->aborting);
  const auto code = curl().easy_perform(handle);
  long status = 0;
  curl_off_t retry_after = 0;
  curl().easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl().easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
  state_->give_back(handle);
  if (code != CURLE_OK)
    return mesh::retry(std::string("the webhook could not be reached: ") +
                       (problem[0] != '\0' ? problem : curl().easy_strerror(code)));
  std::optional<mesh::Duration> delay;
  if (retry_after > 0) delay = std::chrono::seconds(std::min<curl_off_t>(retry_after, 86'400));
  return judge(status, std::move(answer), delay);
}

std::string signature(const std::string& secret, std::int64_t unix_time, std::string_view body) {
  const auto time = std::to_string(unix_time);
  const auto* key = reinterpret_cast<const unsigned char*>(secret.data());
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key, secret.size());
  for (const auto part : {std::string_view(time), std::string_view("."), body})
    crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  unsigned char digest[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_final(&state, digest);
  char hex[2 * sizeof digest + 1];
  sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
  return "t=" + time + ",v1=" + hex;
}

}  // namespace node
