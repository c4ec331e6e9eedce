#pragma once

// For tests: hosts of their own (network namespaces) on one Ethernet segment, a bridge in a further namespace. Needs
// root and iproute2. Everything is removed by the destructor. Only unit tests include this.

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

namespace tandem::address {

class TestNetwork {
 public:
  /// Why there can be none here; empty when there can.
  static std::string impossible() {
    if (::geteuid() != 0) return "needs root for network namespaces";
    if (std::system("ip -V >/dev/null 2>&1") != 0) return "needs iproute2";
    return {};
  }

  /// Hosts 1 to `hosts` with 192.168.1.(109 + n)/24, fd00:1::n/64 and a link-local address on eth0.
  explicit TestNetwork(int hosts) : hosts_(hosts) {
    static int networks = 0;
    prefix_ = "tdm" + std::to_string(::getpid()) + "x" + std::to_string(++networks) + "h";
    shell("ip netns add " + name(0) + " && ip -n " + name(0) +
          " link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0 && ip -n " + name(0) +
          " link set br0 up");
    for (int i = 1; i <= hosts; ++i) {
      const std::string at = "ip -n " + name(i) + " ";
      const std::string number = std::to_string(i);
      shell("ip netns add " + name(i) + " && " + at + "link set lo up && ip -n " + name(0) + " link add p" + number +
            " type veth peer name eth0 address 02:00:00:00:0" + number + ":01 netns " + name(i));
      shell("ip -n " + name(0) + " link set p" + number + " master br0 up && ip netns exec " + name(i) +
            " sysctl -qw net.ipv6.conf.eth0.accept_dad=0 && " + at + "link set eth0 up && " + at +
            "addr add 192.168.1." + std::to_string(109 + i) + "/24 dev eth0 && " + at + "addr add fd00:1::" + number +
            "/64 dev eth0 nodad");
    }
  }
  ~TestNetwork() {
    for (int i = 0; i <= hosts_; ++i) shell("ip netns del " + name(i));
  }
  TestNetwork(const TestNetwork&) = delete;
  TestNetwork& operator=(const TestNetwork&) = delete;

  /// Host 0 is the switch.
  std::string name(int host) const { return prefix_ + std::to_string(host); }
  /// Calls `work` on a thread that lives in the host; sockets and threads made there stay there.
  void on(int host, const std::function<void()>& work) const { start_on(host, work).join(); }
  std::thread start_on(int host, std::function<void()> work) const {
    return std::thread([path = "/run/netns/" + name(host), work = std::move(work)] {
      const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd < 0 || ::setns(fd, CLONE_NEWNET) != 0) std::abort();
      ::close(fd);
      work();
    });
  }
  /// What `command` prints in the host.
  std::string output(int host, const std::string& command) const {
    std::string out;
    FILE* pipe = ::popen(("ip netns exec " + name(host) + " " + command + " 2>&1").c_str(), "re");
    if (pipe == nullptr) return out;
    std::array<char, 4096> block;
    while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe)) out.append(block.data(), got);
    ::pclose(pipe);
    return out;
  }
  std::string addresses(int host, const std::string& link = "eth0") const {
    return output(host, "ip addr show " + link);
  }

 private:
  static void shell(const std::string& command) {
    if (std::system(command.c_str()) != 0) std::fprintf(stderr, "failed: %s\n", command.c_str());
  }
  std::string prefix_;
  int hosts_;
};

/// Polls `condition` until it holds; false after `seconds`.
inline bool eventually(const std::function<bool()>& condition, int seconds = 10) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace tandem::address
