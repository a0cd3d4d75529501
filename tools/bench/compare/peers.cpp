// How each peer is set up: its best reasonable settings for this work, at its durability.
#include <tools/bench/compare/peer.hpp>

namespace zmesh {
namespace {

ServerPlan redis_plan(const std::string& directory, int port, const std::string& sync) {
  return {{"redis-server", directory + "/redis.conf"},
          {{"redis.conf", "bind 127.0.0.1\nport " + std::to_string(port) + "\ndir " + directory +
                              "\nlogfile " + directory + "/redis.log\nprotected-mode yes\nsave \"\"\n" +
                              "appendonly yes\nappendfsync " + sync + "\nauto-aof-rewrite-percentage 0\n"}}};
}

ServerPlan redis_everysec_plan(const std::string& directory, int port) {
  return redis_plan(directory, port, "everysec");
}

ServerPlan redis_always_plan(const std::string& directory, int port) {
  return redis_plan(directory, port, "always");
}

ServerPlan nats_plan(const std::string& directory, int port) {
  return {{"nats-server", "-c", directory + "/nats.conf"},
          {{"nats.conf", "host: 127.0.0.1\nport: " + std::to_string(port) + "\nlog_file: \"" + directory +
                             "/nats.log\"\njetstream { store_dir: \"" + directory + "/store\" }\n"}}};
}

ServerPlan rabbit_plan(const std::string& directory, int port) {
  // A name, a cookie and a port mapper of its own: another node of this machine is not touched.
  const auto mapper = std::to_string(free_port());
  const auto distribution = std::to_string(free_port());
  const std::string script =
      "epmd -address 127.0.0.1 & until epmd -names >/dev/null 2>&1; do sleep 0.05; done; "
      "exec /usr/lib/rabbitmq/bin/rabbitmq-server";
  return {
      {"env", "HOME=" + directory, "ERL_EPMD_PORT=" + mapper, "RABBITMQ_DIST_PORT=" + distribution,
       "RABBITMQ_NODENAME=bench" + std::to_string(port) + "@localhost",
       "RABBITMQ_CONFIG_FILE=" + directory + "/rabbitmq.conf", "RABBITMQ_MNESIA_BASE=" + directory + "/data",
       "RABBITMQ_LOG_BASE=" + directory + "/log", "RABBITMQ_PID_FILE=" + directory + "/pid",
       "RABBITMQ_ENABLED_PLUGINS_FILE=" + directory + "/plugins",
       "RABBITMQ_FEATURE_FLAGS_FILE=" + directory + "/flags", "RABBITMQ_CONF_ENV_FILE=/dev/null", "sh", "-c",
       script},
      {{"rabbitmq.conf", "listeners.tcp.1 = 127.0.0.1:" + std::to_string(port) +
                             "\ntcp_listen_options.nodelay = true\nlog.console = false\n"
                             "vm_memory_high_watermark.relative = 0.6\ndisk_free_limit.absolute = 100MB\n"},
       {"plugins", "[].\n"}}};
}

}  // namespace

const std::vector<Peer>& peers() {
  static const std::vector<Peer> all = {
      {"nats", "NATS JetStream, file storage, synced every 2 minutes; asynchronous publishes, ack-all",
       "nats", false, 200'000, nats_plan, "nats-server --version"},
      {"redis-everysec", "Redis Streams, appendfsync everysec; pipelined, acknowledged in batches", "redis",
       false, 300'000, redis_everysec_plan, "redis-server --version"},
      {"redis-always",
       "Redis Streams, appendfsync always; pipelined transactions of 500, acknowledged in batches", "redis",
       true, 150'000, redis_always_plan, ""},
      {"rabbitmq", "RabbitMQ quorum queue, persistent; confirms in flight, acknowledged in batches", "rabbit",
       true, 40'000, rabbit_plan, "dpkg-query -W -f '${Version}' rabbitmq-server"},
  };
  return all;
}

}  // namespace zmesh
